import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isObject } from "../../src/core/json.ts";
import type { Member, Members } from "../../src/events/members.ts";
import { pickMembers } from "../../src/mappers/pick-members.ts";
import { HIDDEN } from "./records.ts";

/** What is picked of one member that holds the value. */
function pick(member: Member, value: unknown): unknown {
  const picked = pickMembers({ name: member }, { name: value });
  return isObject(picked) ? picked.name : picked;
}

const many = (count: number) => Array.from({ length: count }, (_, at) => `v${at}`);

describe("a member", () => {
  it.each<[Member, unknown, unknown]>([
    ["text", "x", "x"],
    ["text", "x".repeat(5000), "x".repeat(2048)],
    ["text", `${"x".repeat(2047)}🦊`, "x".repeat(2047)],
    ["boolean", true, true],
    ["boolean", false, false],
    ["boolean", "true", true],
    ["boolean", "false", false],
    ["integer", 0, 0],
    ["integer", -3, -3],
    ["integer", 3600.0, 3600],
    ["integer", "5", 5],
    ["integer", "-5", -5],
    ["number", 0.5, 0.5],
    ["number", "2.75", 2.75],
    ["time", "May 6, 2026, 9:03:20 AM", "2026-05-06T09:03:20Z"],
    ["time", "2026-05-06T11:03:20+02:00", "2026-05-06T09:03:20Z"],
    ["time", 1_778_058_200, "2026-05-06T09:03:20Z"],
    ["texts", ["a", "b"], ["a", "b"]],
    ["texts", ["a", HIDDEN, "", 7, null, ["b"], `x${HIDDEN}`, "c"], ["a", "c"]],
    ["texts", many(300), many(200)],
    ["texts", ["x".repeat(5000)], ["x".repeat(2048)]],
    ["textMap", { stage: "live", none: "" }, { stage: "live", none: "" }],
    ["textMap", { a: "1", b: HIDDEN, [HIDDEN]: "2", c: 3, d: null, "": "4", ["x".repeat(257)]: "5" }, { a: "1" }],
    ["textMap", JSON.parse('{"__proto__":"x","constructor":"y"}'), { constructor: "y" }],
    ["textMap", { long: "x".repeat(5000) }, { long: "x".repeat(2048) }],
    [{ object: { a: "text", b: "integer" } }, { a: "x", b: "y", c: "z" }, { a: "x" }],
    [{ list: { a: "text" } }, [{ a: "x" }, HIDDEN, { a: HIDDEN }, {}, { a: "y" }], [{ a: "x" }, { a: "y" }]],
    [{ list: { a: "text" } }, many(300).map((a) => ({ a })), many(200).map((a) => ({ a }))],
  ])("declared %j", (member, value, expected) => {
    expect(pick(member, value)).toStrictEqual(expected);
  });

  it.each<[Member, readonly unknown[]]>([
    ["text", ["", HIDDEN, `a${HIDDEN}`, 7, true, null, undefined, ["x"], { x: "x" }]],
    ["boolean", ["yes", "TRUE", "", 1, 0, null, HIDDEN, [true]]],
    [
      "integer",
      [1.5, "1.5", "", " 5", "5 ", "0x5", "1e3", "9".repeat(16), 2 ** 53, Number.POSITIVE_INFINITY, true, null],
    ],
    ["number", ["", "1e3", "NaN", "Infinity", Number.NaN, Number.NEGATIVE_INFINITY, null, [1]]],
    ["time", ["soon", "", HIDDEN, -1, null, {}]],
    ["texts", ["a", "", HIDDEN, [], [HIDDEN], [7], { 0: "a", length: 1 }, null]],
    ["textMap", [{}, HIDDEN, "a", ["a"], { a: 7 }, { a: HIDDEN }, JSON.parse('{"__proto__":"x"}'), null]],
    [{ object: { a: "text" } }, [{}, HIDDEN, "a", { a: HIDDEN }, { a: 7 }, { b: "x" }, [{ a: "x" }], null]],
    [{ list: { a: "text" } }, [[], HIDDEN, {}, { a: "x" }, [HIDDEN], [{}], [{ a: 7 }], [[{ a: "x" }]], null]],
  ])("declared %j is lost where it is no such thing", (member, values) => {
    for (const value of values) expect(pick(member, value), JSON.stringify(value)).toBeUndefined();
  });

  it("has no more than a hundred entries, from the first", () => {
    const entries = many(150).map((name): [string, string] => [name, "x"]);
    expect(pick("textMap", Object.fromEntries(entries))).toStrictEqual(Object.fromEntries(entries.slice(0, 100)));
  });

  it("is never minus zero, which JSON would lose", () => {
    expect(pick("integer", -0)).toBe(0);
    expect(pick("number", "-0")).toBe(0);
  });
});

describe("members", () => {
  it.each([null, undefined, HIDDEN, "", 7, true, [], [{ a: "x" }]])("are none in %j", (source) => {
    expect(pickMembers({ a: "text", 0: "text" }, source)).toBeUndefined();
  });

  it("are never inherited", () => {
    const inherited = Object.fromEntries<Member>([["constructor", { object: { name: "text" } }]]);
    expect(pickMembers(inherited, {})).toBeUndefined();
    expect(pickMembers({ a: "text" }, Object.create({ a: "x" }))).toBeUndefined();
    expect(pickMembers({ a: "text" }, JSON.parse('{"__proto__":{"a":"x"}}'))).toBeUndefined();
  });

  it("come in the order of their declaration", () => {
    expect(JSON.stringify(pickMembers({ a: "text", b: "text" }, { b: "2", c: "3", a: "1" }))).toBe('{"a":"1","b":"2"}');
  });
});

describe("whatever the source", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const { members } = fc.letrec<{ members: Members; member: Member }>((tie) => ({
    members: fc.dictionary(name, tie("member"), { maxKeys: 4 }),
    member: fc.oneof(
      { maxDepth: 3, depthIdentifier: "members" },
      fc.constantFrom<Member>("text", "boolean", "integer", "number", "time", "texts", "textMap"),
      tie("members").map((object): Member => ({ object })),
      tie("members").map((list): Member => ({ list })),
    ),
  }));
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(
      HIDDEN,
      `x${HIDDEN}`,
      "true",
      "12",
      "2026-05-06T09:03:20Z",
      "x".repeat(3000),
      -0,
      1e308,
      "",
    ),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const { source } = fc.letrec<{ source: unknown }>((tie) => ({
    source: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.dictionary(fc.oneof(name, fc.constantFrom("__proto__", HIDDEN, "other")), tie("source"), {
        noNullPrototype: true,
      }),
      fc.array(tie("source"), { maxLength: 4 }),
    ),
  }));

  it("what is picked is of the declared kinds, plain JSON, and shows nothing hidden", () => {
    fc.assert(
      fc.property(members, source, (declared, value) => {
        const before = JSON.stringify(value);
        const picked = pickMembers(declared, value);
        expect(JSON.stringify(value)).toBe(before);
        if (picked === undefined) return;
        expect(Object.keys(picked).length).toBeGreaterThan(0);
        expect(nonconforming(declared, picked)).toEqual([]);
        const json = JSON.stringify(picked);
        expect(json).not.toContain(HIDDEN);
        expect(JSON.parse(json)).toStrictEqual(picked);
        expect(pickMembers(declared, picked), "picked again").toStrictEqual(picked);
      }),
      { numRuns: 2000 },
    );
  });

  it("what is not declared changes nothing", () => {
    fc.assert(
      fc.property(members, fc.dictionary(name, source), source, (declared, value, other) => {
        const more = { other, ...value, yetAnother: other };
        expect(pickMembers(declared, more)).toStrictEqual(pickMembers(declared, value));
      }),
    );
  });
});

/** Paths at which a picked value is not what was declared. */
function nonconforming(members: Members, value: unknown, path = ""): readonly string[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [`${path}: no members`];
  return Object.entries(value).flatMap(([name, one]) => {
    const member = members[name];
    return member === undefined
      ? [`${path}.${name}: not declared`]
      : nonconformingMember(member, one, `${path}.${name}`);
  });
}

function nonconformingMember(member: Member, value: unknown, path: string): readonly string[] {
  if (typeof member === "object" && "object" in member) return nonconforming(member.object, value, path);
  if (typeof member === "object") {
    return Array.isArray(value) && value.length > 0 && value.length <= 200
      ? value.flatMap((item, at) => nonconforming(member.list, item, `${path}[${at}]`))
      : [`${path}: no list`];
  }
  return isScalar(member, value) ? [] : [`${path}: no ${member}`];
}

function isScalar(kind: Member, value: unknown): boolean {
  const isText = (one: unknown): boolean => typeof one === "string" && one !== "" && one.length <= 2048;
  switch (kind) {
    case "text":
      return isText(value);
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return Number.isFinite(value);
    case "time":
      return typeof value === "string" && /Z$/.test(value) && !Number.isNaN(Date.parse(value));
    case "texts":
      return Array.isArray(value) && value.length > 0 && value.every(isText);
    default:
      return isObject(value) && Object.values(value).every((one) => one === "" || isText(one));
  }
}
