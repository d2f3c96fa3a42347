/** Whatever JSON arrives: no throw, and never an event that a broker or sink would choke on. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapCloudTrail } from "../../src/mappers/index.ts";
import { anyText, changed, changes, json, mutated, nested, pathsOf } from "./any-json.ts";
import { expectValidEvent } from "./expect-valid-event.ts";
import { context, HIDDEN, POOL_ID } from "./records.ts";

const FOLDER = new URL("../fixtures/cloudtrail/", import.meta.url);

const fixtures: readonly unknown[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".in.json"))
  .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")));

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
