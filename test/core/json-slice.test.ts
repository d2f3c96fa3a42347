import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { itemTexts, memberText } from "../../src/core/json-slice.ts";
import { isReadReliably } from "../support/misread-keys.ts";

/** What is hard about the neighbours of a value: quotes, braces and commas within strings, escapes before a quote. */
const awkward = [
  "",
  "data",
  "}",
  "]",
  ",",
  ":",
  '"',
  "\\",
  '\\"',
  '{"data":1}',
  "é😀",
  "\u0000",
  "\ud800",
  "__proto__",
];
const text = fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: "binary", maxLength: 8 }));

/** A string as some writers write it: any character may be a \uXXXX. */
const writtenString = fc.tuple(text, fc.infiniteStream(fc.boolean())).map(([value, coins]) => {
  let written = "";
  for (const unit of value.split("")) {
    const plain = JSON.stringify(unit).slice(1, -1);
    const escaped = `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
    written += coins.next().value ? escaped : plain;
  }
  return `"${written}"`;
});
const space = fc.stringMatching(/^[ \n\r\t]{0,3}$/);
const writtenNumber = fc.oneof(
  fc.constantFrom("0", "-0", "1e5", "-1.5E-3", "12345678901234567890", "1.0", "1E+400"),
  fc.integer().map(String),
);

const { value: writtenValue } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("null", "true", "false"),
    writtenNumber,
    writtenString,
    tie("array"),
    tie("object"),
  ),
  array: fc
    .tuple(space, fc.array(fc.tuple(space, tie("value"), space), { maxLength: 4 }))
    .map(([inner, items]) => `[${items.length === 0 ? inner : items.map((item) => item.join("")).join(",")}]`),
  object: fc
    .tuple(space, fc.array(fc.tuple(space, writtenString, space, space, tie("value"), space), { maxLength: 4 }))
    .map(([inner, members]) => {
      const texts = members.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`);
      return `{${members.length === 0 ? inner : texts.join(",")}}`;
    }),
}));

interface WrittenMember {
  readonly key: string;
  readonly value: string;
  readonly text: string;
}
const members = fc.array(
  fc
    .tuple(space, writtenString, space, space, writtenValue, space)
    .map(([a, key, b, c, value, d]): WrittenMember => ({ key, value, text: `${a}${key}${b}:${c}${value}${d}` })),
  { maxLength: 6 },
);

describe("memberText", () => {
  it("gives each member's very text, of several with one name the last, whatever stands around it", () => {
    fc.assert(
      fc.property(space, space, space, members, (before, inner, after, list) => {
        const json = `${before}{${list.length === 0 ? inner : list.map((one) => one.text).join(",")}}${after}`;
        fc.pre(isReadReliably(json));
        const last = new Map(list.map(({ key, value }) => [String(JSON.parse(key)), value]));
        for (const [name, value] of last) expect(memberText(json, name)).toBe(value);
        const parsed: unknown = JSON.parse(json);
        for (const [name, value] of Object.entries(parsed ?? {})) {
          expect(JSON.parse(memberText(json, name) ?? "undefined")).toEqual(value);
        }
        expect(memberText(json, "no member is called so")).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"data":12345678901234567890}', "12345678901234567890"],
    ['{"data":1.0}', "1.0"],
    ['{"data": [1 , 2] ,"x":1}', "[1 , 2]"],
    ['{"data":{"a":1,"a":2}}', '{"a":1,"a":2}'],
    ['{"data":1,"data":2}', "2"],
    ['{"d\\u0061ta":"x"}', '"x"'],
    ['{"x":{"data":1}}', undefined],
    ['{"x":"\\"data\\":1"}', undefined],
    ['{"x":"\\\\","data":"\\\\\\""}', '"\\\\\\""'],
    ["{}", undefined],
    [" { \n } ", undefined],
    ['{"data":null}', "null"],
    ['{"data":true\n}', "true"],
  ])("of %s takes %s", (json, wanted) => {
    expect(memberText(json, "data")).toBe(wanted);
  });
});

describe("itemTexts", () => {
  it("gives each item's very text, whatever stands around it", () => {
    fc.assert(
      fc.property(space, space, fc.array(fc.tuple(space, writtenValue, space)), (before, inner, items) => {
        const list = items.length === 0 ? inner : items.map((item) => item.join("")).join(",");
        const json = `${before}[${list}]${inner}`;
        fc.pre(isReadReliably(json));
        expect(itemTexts(json)).toEqual(items.map(([, value]) => value));
        expect(itemTexts(json).map((one) => JSON.parse(one))).toEqual(JSON.parse(json));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["[]", []],
    [" [ ] ", []],
    ["[1]", ["1"]],
    ["[ 1 , 1 ]", ["1", "1"]],
    ["[[],[[]],{}]", ["[]", "[[]]", "{}"]],
    ['["]",",","\\"]"]', ['"]"', '","', '"\\"]"']],
  ])("of %s takes %j", (json, wanted) => {
    expect(itemTexts(json)).toEqual(wanted);
  });
});

describe("deep nesting", () => {
  const DEPTH = 100_000;

  it.each([
    ["lists", "[".repeat(DEPTH) + "]".repeat(DEPTH)],
    ["objects", `${'{"a":'.repeat(DEPTH)}0${"}".repeat(DEPTH)}`],
    ["both", `${'[{"a":'.repeat(DEPTH / 2)}0${"}]".repeat(DEPTH / 2)}`],
  ])("of 100,000 %s overflows no stack", (_, deep) => {
    expect(memberText(`{"x":${deep},"data":${deep} }`, "data") === deep).toBe(true);
    expect(itemTexts(`[ ${deep} ,1]`).map((item) => item.length)).toEqual([deep.length, 1]);
  });
});
