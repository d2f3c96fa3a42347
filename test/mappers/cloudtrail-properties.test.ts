/** Whatever JSON arrives: no throw, and never an event that a broker or sink would choke on. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isObject } from "../../src/core/json.ts";
import { mapCloudTrail } from "../../src/mappers/index.ts";
import { expectValidEvent } from "./expect-valid-event.ts";
import { context, HIDDEN, POOL_ID } from "./records.ts";

const FOLDER = new URL("../fixtures/cloudtrail/", import.meta.url);

const fixtures: readonly unknown[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".in.json"))
  .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")));

function nested(value: unknown, depth: number): unknown {
  let result = value;
  for (let level = 0; level < depth; level++) result = level % 2 === 0 ? [result] : { user: result };
  return result;
}

const nasty = fc.constantFrom<unknown>(
  null,
  "",
  HIDDEN,
  `a${HIDDEN}b`,
  "HIDDEN_DUE_TO\u0007_SECURITY_REASONS",
  [HIDDEN],
  "\u0000\u001f\u007f\u0085",
  "\ud800 \udc00 \uffff \u{1fffe}",
  "x".repeat(100_000),
  "🦊".repeat(300),
  POOL_ID,
  302,
  -0,
  1e308,
  "2026-05-04T12:00:00+99:00",
  "AwsServiceEvent",
  "Unknown",
  nested("deep", 200),
  JSON.parse('{"__proto__":{"name":"x"},"constructor":"x","toString":null,"hasOwnProperty":1}'),
  [{ name: "__proto__", value: "x" }],
);

const anyText = fc.string({ unit: "binary" });
const json = fc.oneof(nasty, anyText, fc.jsonValue(), fc.object({ key: anyText, values: [anyText, fc.integer()] }));

/** The paths of all nodes of a value; each path a list of member names. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const children = Array.isArray(value) || isObject(value) ? Object.entries(value) : [];
  return [path, ...children.flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

type Change = { readonly kind: "replace" | "delete" | "duplicate"; readonly with: unknown };

/** A copy with the node at the path replaced, left out, or written as a list of itself twice. */
function changed(value: unknown, [key, ...rest]: readonly string[], change: Change): unknown {
  if (key === undefined) return change.kind === "duplicate" ? [value, value] : change.with;
  const entries = Object.entries(value ?? {}).flatMap(([name, child]): [string, unknown][] => {
    if (name !== key) return [[name, child]];
    return rest.length === 0 && change.kind === "delete" ? [] : [[name, changed(child, rest, change)]];
  });
  return Array.isArray(value) ? entries.map(([, child]) => child) : Object.fromEntries(entries);
}

const changes = fc.array(
  fc.record({
    at: fc.nat(),
    change: fc.record({ kind: fc.constantFrom<Change["kind"]>("replace", "delete", "duplicate"), with: json }),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutated(record: unknown, list: readonly { readonly at: number; readonly change: Change }[]): unknown {
  return list.reduce((value, { at, change }) => {
    const paths = pathsOf(value);
    return changed(value, paths[at % paths.length] ?? [], change);
  }, record);
}

const contexts = fc.record({
  includeReads: fc.boolean(),
  onlyPools: fc.constantFrom(null, new Set<string>(), new Set([POOL_ID])),
  envelope: fc.record(
    { id: anyText, account: anyText, region: anyText, time: fc.oneof(anyText, fc.constant("2026-05-04T12:00:00Z")) },
    { requiredKeys: [] },
  ),
});

describe("mapCloudTrail", () => {
  it("takes any JSON", () => {
    fc.assert(
      fc.property(json, contexts, (value, changes) => expectValidEvent(mapCloudTrail(value, context(changes)))),
      { numRuns: 500 },
    );
  });

  it("takes any members in a record", () => {
    const members = Object.fromEntries(
      ["eventName", "eventType", "eventTime", "eventID", "awsRegion", "recipientAccountId", "errorCode"]
        .concat("errorMessage", "userIdentity", "requestParameters", "responseElements", "additionalEventData")
        .concat("addendum", "requestID", "userAgent", "sourceIPAddress")
        .map((name) => [name, json]),
    );
    fc.assert(
      fc.property(fc.record(members, { requiredKeys: [] }), contexts, (record, changes) => {
        const full = { ...record, eventSource: "cognito-idp.amazonaws.com" };
        expectValidEvent(mapCloudTrail(full, context(changes)));
      }),
      { numRuns: 500 },
    );
  });

  it("takes fixtures with any of their nodes changed", () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), changes, contexts, (record, list, changedContext) => {
        const value = mutated(record, list);
        const before = JSON.stringify(value);
        const mapping = mapCloudTrail(value, context(changedContext));
        expectValidEvent(mapping);
        expect(JSON.stringify(value), "the record stays as it is").toBe(before);
        expect(mapCloudTrail(value, context(changedContext)), "the same record, the same event").toEqual(mapping);
      }),
      { numRuns: 2000 },
    );
  });

  it("loses only the member that has the wrong type", () => {
    const record = JSON.parse(readFileSync(new URL("admin-create-user-visible.in.json", FOLDER), "utf8"));
    const typeOf = (value: unknown) => {
      const mapping = mapCloudTrail(value, context());
      return mapping.kind === "event" ? mapping.attributes.type : mapping.reason;
    };
    for (const path of pathsOf(record)) {
      // These decide what the event is; an error code that is no string is none.
      if (path.length === 0 || ["eventSource", "eventName", "errorCode"].includes(path[0] ?? "")) continue;
      for (const wrong of [null, 7, [], {}, HIDDEN, nested(1, 200)]) {
        const value = changed(record, path, { kind: "replace", with: wrong });
        expect(typeOf(value), path.join(".")).toBe("com.amazon.cognito-idp.user.created");
      }
    }
  });
});
