import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { member } from "../../src/core/json.ts";
import { USERS_POLL } from "../../src/events/catalog/users-poll.ts";
import type { MappedEvent } from "../../src/mappers/mapping.ts";
import { mapUserDifference } from "../../src/mappers/user-difference.ts";
import { toUserSnapshot, type UserSnapshot } from "../../src/mappers/user-snapshot.ts";
import { changes, json, mutated } from "./any-json.ts";
import { expectValidEvent } from "./expect-valid-event.ts";
import { asOutput, expectCloudEvent, fixturePairs } from "./fixture-pairs.ts";
import { POOL_ID, SUB } from "./records.ts";
import { usersContext } from "./road-contexts.ts";

const pairs = fixturePairs("users");

function looks(input: unknown): readonly [UserSnapshot | undefined, UserSnapshot | undefined] {
  return [toUserSnapshot(member(input, "before")), toUserSnapshot(member(input, "after"))];
}

const USER: UserSnapshot = {
  sub: SUB,
  username: "jo",
  status: "CONFIRMED",
  enabled: true,
  attributes: { sub: SUB, email: "jo@example.com" },
  createdAt: "2026-05-04T12:00:00Z",
  modifiedAt: "2026-05-04T12:00:00Z",
};

function eventOf(before: UserSnapshot | undefined, after: UserSnapshot | undefined): MappedEvent {
  const event = mapUserDifference(before, after, usersContext);
  if (event === undefined) throw new Error("no difference");
  return event;
}

function kindOf(before: UserSnapshot | undefined, after: UserSnapshot | undefined): string {
  return eventOf(before, after).attributes.type.slice("com.amazon.cognito-idp.user.".length);
}

describe("fixtures", () => {
  it.each(pairs)("$name", ({ input, output }) => {
    const event = mapUserDifference(...looks(input), usersContext);
    expect(asOutput(event)).toStrictEqual(output);
    if (event === undefined) return;
    expectValidEvent(event);
    expectCloudEvent(event);
  });

  it("have every kind of difference", () => {
    const types = pairs.map(({ output }) => member(member(output, "attributes"), "type"));
    for (const { type } of Object.values(USERS_POLL)) expect(types).toContain(`com.amazon.cognito-idp.${type}`);
  });
});

describe("the kind", () => {
  it.each<[string, Partial<UserSnapshot>, Partial<UserSnapshot>]>([
    ["disabled", { enabled: true, status: "UNCONFIRMED" }, { enabled: false, status: "CONFIRMED" }],
    ["enabled", { enabled: false, status: "UNCONFIRMED" }, { enabled: true, status: "CONFIRMED" }],
    ["confirmed", { status: "UNCONFIRMED" }, { status: "CONFIRMED", attributes: { sub: SUB } }],
    ["confirmed", { status: "FORCE_CHANGE_PASSWORD" }, { status: "CONFIRMED" }],
    ["updated", { status: "CONFIRMED" }, { status: "RESET_REQUIRED" }],
    ["updated", {}, { attributes: { sub: SUB } }],
    ["updated", {}, { username: "joanna" }],
    ["updated", {}, { modifiedAt: "2026-05-04T12:00:01Z" }],
  ])("%s: the first that fits", (kind, before, after) => {
    expect(kindOf({ ...USER, ...before }, { ...USER, ...after })).toBe(kind);
  });

  it("created and deleted carry the user, and no changes", () => {
    for (const event of [eventOf(undefined, USER), eventOf(USER, undefined)]) {
      expect(event.data.user).toEqual(USER);
      expect(event.data).not.toHaveProperty("changes");
    }
  });

  it("is none where nothing differs, however AWS ordered it", () => {
    const attributes = { email: "jo@example.com", sub: SUB };
    expect(mapUserDifference(USER, { ...USER, attributes }, usersContext)).toBeUndefined();
    expect(mapUserDifference(USER, structuredClone(USER), usersContext)).toBeUndefined();
    expect(mapUserDifference(undefined, undefined, usersContext)).toBeUndefined();
  });
});

describe("the event", () => {
  it("lists every difference, in the order of the paths", () => {
    const { username, ...after } = USER;
    const changed = { ...after, enabled: false, status: "RESET_REQUIRED", attributes: { sub: SUB, "custom:tier": "" } };
    expect(eventOf(USER, changed).data.changes).toEqual([
      { path: "attributes.custom:tier", to: "" },
      { path: "attributes.email", from: "jo@example.com" },
      { path: "enabled", from: true, to: false },
      { path: "status", from: "CONFIRMED", to: "RESET_REQUIRED" },
      { path: "username", from: "jo" },
    ]);
  });

  it("has the time of the change, or that of the look", () => {
    const { modifiedAt, ...timeless } = USER;
    expect(eventOf(undefined, USER).attributes.time).toBe(modifiedAt);
    expect(eventOf(undefined, timeless).attributes.time).toBe(usersContext.time);
    expect(eventOf(USER, undefined).attributes.time).toBe(usersContext.time);
  });

  it("has the same id for the same news only", () => {
    const later = { ...USER, modifiedAt: "2026-05-04T13:00:00Z" };
    const id = (before: UserSnapshot | undefined, after: UserSnapshot | undefined) =>
      eventOf(before, after).attributes.id;
    const reordered = { ...USER, attributes: { email: "jo@example.com", sub: SUB } };
    expect(id(undefined, reordered)).toBe(id(undefined, USER));
    // There and back: the state is that of before, the time is not.
    expect(id(later, { ...USER, modifiedAt: "2026-05-04T14:00:00Z" })).not.toBe(id(undefined, USER));
    const ids = [id(undefined, USER), id(USER, undefined), id(USER, later), id({ ...USER, enabled: false }, USER)];
    expect(new Set([...ids, id(undefined, { ...USER, sub: "other" })]).size).toBe(5);
  });
});

describe("a snapshot", () => {
  const item = { Username: "jo", Attributes: [{ Name: "sub", Value: SUB }], Enabled: true, UserStatus: "CONFIRMED" };

  it.each([
    [1777896126.25, "2026-05-04T12:02:06.250Z"],
    [new Date("2026-05-04T12:02:06.000Z"), "2026-05-04T12:02:06Z"],
    [new Date("2026-05-04T12:02:06.250Z"), "2026-05-04T12:02:06.250Z"],
    ["2026-05-04T14:02:06+02:00", "2026-05-04T12:02:06Z"],
    [new Date(Number.NaN), undefined],
    [new Date(8.64e15), undefined],
    ["soon", undefined],
    [null, undefined],
  ])("takes a date as %s", (UserLastModifiedDate, modifiedAt) => {
    expect(toUserSnapshot({ ...item, UserLastModifiedDate })?.modifiedAt).toBe(modifiedAt);
  });

  it("survives being kept as JSON", () => {
    const snapshot = toUserSnapshot({ ...item, UserCreateDate: new Date(0), UserLastModifiedDate: 1 });
    expect(JSON.parse(JSON.stringify(snapshot))).toStrictEqual(snapshot);
  });

  it.each([
    [null],
    [[]],
    ["jo"],
    [{}],
    [{ ...item, Attributes: null }],
    [{ ...item, Attributes: [{ Name: "email" }] }],
  ])("of %j is none: there is no sub", (value) => {
    expect(toUserSnapshot(value)).toBeUndefined();
  });
});

describe("any JSON", () => {
  const users = pairs.flatMap(({ input }) => [member(input, "before"), member(input, "after")]);
  const user = fc.oneof(
    json,
    fc.tuple(fc.constantFrom(...users), changes).map(([value, list]) => mutated(value, list)),
    fc.record(
      {
        Username: json,
        Attributes: fc.tuple(json, json).map((values) => [{ Name: "sub", Value: SUB }, ...values]),
        Enabled: fc.oneof(fc.boolean(), json),
        UserStatus: json,
        UserCreateDate: fc.oneof(json, fc.date({ noInvalidDate: false }), fc.double()),
        UserLastModifiedDate: fc.oneof(json, fc.date({ noInvalidDate: false }), fc.double()),
      },
      { requiredKeys: ["Attributes"] },
    ),
  );

  it("is taken for a user before and after", () => {
    fc.assert(
      fc.property(user, user, (before, after) => {
        const event = mapUserDifference(toUserSnapshot(before), toUserSnapshot(after), usersContext);
        if (event === undefined) return;
        expectValidEvent(event);
        expect(event.attributes.userpoolid).toBe(POOL_ID);
      }),
      { numRuns: 2000 },
    );
  });
});
