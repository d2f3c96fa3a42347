import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAttributes } from "../../src/core/cloudevent-attributes.ts";
import { isObject } from "../../src/core/json.ts";
import { mapTriggerMeshUser, type TriggerMeshEvent } from "../../src/mappers/triggermesh.ts";
import { changes, json, mutated } from "./any-json.ts";
import { asOutput, expectCloudEvent, fixturePairs } from "./fixture-pairs.ts";
import { POOL_ID } from "./records.ts";
import { POOL_ARN, usersContext } from "./road-contexts.ts";

const pairs = fixturePairs("triggermesh");

function eventOf(user: unknown): TriggerMeshEvent {
  const mapping = mapTriggerMeshUser(user, usersContext);
  if (mapping.kind === "ignored") throw new Error(`ignored: ${mapping.reason}`);
  return mapping;
}

describe("fixtures", () => {
  it.each(pairs)("$name", ({ input, output }) => {
    const mapping = mapTriggerMeshUser(input, usersContext);
    expect(asOutput(mapping)).toStrictEqual(output);
    if (mapping.kind === "event") expectCloudEvent(mapping);
  });
});

it("writes the members in the order of Go's struct, and no others", () => {
  const names = "Attributes Enabled MFAOptions UserCreateDate UserLastModifiedDate UserStatus Username".split(" ");
  expect(Object.keys(eventOf({ Username: "jo", UserMFASettingList: [], Enabled: true }).data)).toEqual(names);
});

it.each([
  [1777896126, "2026-05-04T12:02:06Z"],
  [1777896126.25, "2026-05-04T12:02:06.25Z"],
  [1777896126.5, "2026-05-04T12:02:06.5Z"],
  [1777896126.001, "2026-05-04T12:02:06.001Z"],
  [1777896120, "2026-05-04T12:02:00Z"],
  ["2026-05-04T12:02:06.000Z", "2026-05-04T12:02:06Z"],
  [new Date("2026-05-04T12:02:06.630Z"), "2026-05-04T12:02:06.63Z"],
  [new Date(Number.NaN), null],
  [undefined, null],
])("writes the date %s as Go does", (UserCreateDate, expected) => {
  expect(eventOf({ UserCreateDate }).data.UserCreateDate).toBe(expected);
});

it("has the same id for the same user only", () => {
  const id = (user: object) => eventOf(user).attributes.id;
  expect(id({ Username: "jo", UserLastModifiedDate: 1 })).toBe(id({ UserLastModifiedDate: 1, Username: "jo" }));
  expect(id({ Username: "jo", UserLastModifiedDate: 1 })).not.toBe(id({ Username: "jo", UserLastModifiedDate: 2 }));
});

it("takes any JSON for a user", () => {
  const fixtures = pairs.map(({ input }) => input);
  const user = fc.oneof(
    json,
    fc.tuple(fc.constantFrom(...fixtures), changes).map(([value, list]) => mutated(value, list)),
    fc.record({ Attributes: json, MFAOptions: json, Enabled: json, UserCreateDate: json, Username: json }),
  );
  fc.assert(
    fc.property(user, (value) => {
      const mapping = mapTriggerMeshUser(value, usersContext);
      expect(mapping.kind === "event").toBe(isObject(value));
      if (mapping.kind === "ignored") return;
      expect(checkAttributes(Object.entries(mapping.attributes)).ok).toBe(true);
      expect(mapping.attributes).toMatchObject({
        type: "com.amazon.cognito-idp.sync_trigger",
        source: POOL_ARN,
        subject: POOL_ID,
      });
      expect(JSON.parse(JSON.stringify(mapping.data))).toStrictEqual(mapping.data);
    }),
    { numRuns: 500 },
  );
});
