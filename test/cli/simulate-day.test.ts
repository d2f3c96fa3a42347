import { describe, expect, it } from "vitest";
import { simulateDay } from "../../src/cli/simulate/day.ts";
import type { SimulatedPost } from "../../src/cli/simulate/posts.ts";
import { isObject, type JsonObject, member } from "../../src/core/json.ts";
import { unwrap } from "../../src/ingest/unwrap.ts";
import { type Mapping, mapCloudTrail, type Road } from "../../src/mappers/index.ts";

const START_MS = Date.UTC(2026, 4, 4, 6, 30, 12, 345);
const DAY_MS = 24 * 60 * 60 * 1000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS";

function day(seed: number, users = 5): readonly SimulatedPost[] {
  return simulateDay({ seed, users, startMs: START_MS });
}

function mappingsOf({ route, body }: SimulatedPost): readonly Mapping[] {
  const road: Road = route === "/ingest/eventbridge" ? "eventbridge" : "cloudtrail";
  return unwrap(JSON.parse(JSON.stringify(body))).map((one) => {
    if (one.kind === "ignored") return one;
    if (one.kind !== "record") return expect.fail(`a ${one.kind}, which no user makes`);
    return mapCloudTrail(one.record, {
      road,
      envelope: one.envelope,
      includeReads: false,
      onlyPools: null,
      fallbackId: () => expect.fail("a record without an id"),
      poolOfClient: () => undefined,
    });
  });
}

function typesOf(mappings: readonly Mapping[]): readonly string[] {
  return mappings.flatMap((mapping) => (mapping.kind === "event" ? mapping.attributes.type : []));
}

function recordsOf({ body }: SimulatedPost): readonly JsonObject[] {
  const records = member(body, "Records") ?? [member(body, "detail")];
  return Array.isArray(records) ? records.filter(isObject) : [];
}

const DAYS: readonly (readonly [seed: number, users: number])[] = [
  [0, 5],
  [1, 1],
  [7, 5],
  [20_260_504, 40],
  [2 ** 32 - 1, 17],
  [Number.MAX_SAFE_INTEGER, 3],
];

describe.each(DAYS)("the day of seed %i with %i users", (seed, users) => {
  const posts = day(seed, users);
  const told = posts.flatMap((post) => recordsOf(post).map((record, at) => ({ record, ...post.told[at] })));

  it("makes exactly the events it says it makes", () => {
    for (const post of posts) expect(typesOf(mappingsOf(post))).toEqual(post.expect);
  });

  it("wraps what EventBridge sends as EventBridge does", () => {
    for (const { route, body, told: notes } of posts.filter((post) => post.route === "/ingest/eventbridge")) {
      expect(notes, route).toHaveLength(1);
      const detail = member(body, "detail");
      const service = member(detail, "eventType") === "AwsServiceEvent";
      expect(body).toEqual({
        version: "0",
        id: expect.stringMatching(UUID),
        "detail-type": `AWS ${service ? "Service Event" : "API Call"} via CloudTrail`,
        source: "aws.cognito-idp",
        account: "210987654321",
        time: member(detail, "eventTime"),
        region: "eu-central-1",
        resources: [],
        detail,
      });
      // A rule passes on no reads.
      expect(member(detail, "readOnly")).toBe(false);
    }
  });

  it("posts the rest as files of several records", () => {
    const files = posts.filter(({ route }) => route === "/ingest/cloudtrail");
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(Object.keys(JSON.parse(JSON.stringify(file.body)))).toEqual(["Records"]);
    for (const post of posts) expect(recordsOf(post)).toHaveLength(post.told.length);
  });

  it("has whole records, in whole seconds of one day", () => {
    for (const { record } of told) {
      expect(record).toMatchObject({
        eventVersion: "1.11",
        eventID: expect.stringMatching(UUID),
        requestID: expect.stringMatching(UUID),
        eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        awsRegion: "eu-central-1",
        recipientAccountId: "210987654321",
        sourceIPAddress: expect.any(String),
      });
      const atMs = Date.parse(String(record.eventTime));
      expect(atMs).toBeGreaterThanOrEqual(Math.floor(START_MS / 1000) * 1000);
      expect(atMs).toBeLessThan(START_MS + DAY_MS);
    }
  });

  it("sends records again by the other road, as they were, and no others", () => {
    const first = new Map<unknown, unknown>();
    for (const { record, again } of told) {
      expect(first.has(record.eventID)).toBe(again);
      if (again) expect(record).toEqual(first.get(record.eventID));
      first.set(record.eventID, record);
    }
    const againBy = (route: SimulatedPost["route"]) =>
      posts.filter((post) => post.route === route && post.told.some(({ again }) => again)).length;
    expect(againBy("/ingest/eventbridge")).toBeGreaterThan(0);
    expect(againBy("/ingest/cloudtrail")).toBeGreaterThan(0);
  });

  it("shows nothing that AWS hides", () => {
    const secret =
      /^(.*password|.*code|.*token|refresh_token|session|username|_csrf|auth.*Parameters|userAttributes)$/i;
    const look = (value: unknown, name: string): void => {
      if (Array.isArray(value)) for (const one of value) look(one, name);
      else if (isObject(value)) for (const [key, one] of Object.entries(value)) look(one, key);
      else if (secret.test(name)) expect(value, name).toBe(HIDDEN);
    };
    for (const { record } of told) {
      for (const part of ["requestParameters", "responseElements", "additionalEventData"]) look(record[part], part);
    }
  });
});

describe("simulateDay", () => {
  it("tells the same day to the same seed", () => {
    expect(day(11, 9)).toEqual(day(11, 9));
  });

  it("gives every seed ids of its own", () => {
    const idsOf = (seed: number) => new Set(day(seed).flatMap((post) => recordsOf(post).map(({ eventID }) => eventID)));
    const ids = [0, 1, 2, 2 ** 32, 2 ** 32 + 1].flatMap((seed) => [...idsOf(seed)]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has every kind of story with five users, whatever the seed", () => {
    for (const seed of [3, 4, 5]) {
      const posts = day(seed);
      const acts = new Set(posts.flatMap(({ told }) => told.map(({ action }) => action)));
      const types = new Set(posts.flatMap(({ expect: each }) => each.map((type) => type.split("cognito-idp.")[1])));
      const reasons = new Set(posts.flatMap(mappingsOf).flatMap((one) => (one.kind === "ignored" ? one.reason : [])));

      for (const action of STORY_ACTIONS) expect(acts, `seed ${seed}`).toContain(action);
      for (const type of STORY_TYPES) expect(types, `seed ${seed}`).toContain(type);
      expect(reasons).toEqual(new Set(["read", "foreign_event_source"]));
    }
  });
});

const STORY_ACTIONS = [
  "SignUp",
  "AdminCreateUser",
  "ConfirmSignUp",
  "AdminConfirmSignUp",
  "Confirm_POST",
  "RespondToAuthChallenge",
  "Login_GET",
  "Signup_POST",
  "Token_POST",
  "Logout",
  "ListUsers",
  "StartInstances",
];

const STORY_TYPES = [
  "user.signed_up",
  "user.created",
  "user.confirmed",
  "session.challenged",
  "session.started",
  "session.start_failed",
  "session.refreshed",
  "session.ended",
  "token.issued",
  "password.reset_requested",
  "password.reset_failed",
  "password.reset",
  "group.member_added",
  "group.member_removed",
  "mfa.preference_changed",
  "user.updated",
  "user.disabled",
  "session.all_revoked",
  "user.deleted",
  "user.delete_failed",
  "action.admin_archive_user",
];
