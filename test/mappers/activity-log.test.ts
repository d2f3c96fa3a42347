import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isObject, type JsonObject } from "../../src/core/json.ts";
import { ACTIVITY_LOGS } from "../../src/events/catalog/activity-logs.ts";
import { mapActivityLog } from "../../src/mappers/activity-log.ts";
import type { MappedEvent } from "../../src/mappers/mapping.ts";
import { changes, json, mutated, nested } from "./any-json.ts";
import { expectValidEvent } from "./expect-valid-event.ts";
import { asOutput, expectCloudEvent, fixturePairs } from "./fixture-pairs.ts";
import { POOL_ID, SUB, summary } from "./records.ts";
import { logContext, POOL_ARN } from "./road-contexts.ts";

const pairs = fixturePairs("activity-log");
const logs = pairs.map(({ input }) => input).filter(isObject);

function activity(message: JsonObject, members: JsonObject = {}): JsonObject {
  return {
    eventTimestamp: "1777896009250",
    eventSource: "USER_ACTIVITY",
    logLevel: "INFO",
    message: { eventId: "e-1", eventType: "SignIn", eventResponse: "Pass", userSub: SUB, ...message },
    logSourceId: { userPoolId: POOL_ID },
    ...members,
  };
}

function notification(details: unknown): JsonObject {
  return { eventSource: "USER_NOTIFICATION", logLevel: "ERROR", message: { details } };
}

function eventOf(log: unknown, context = logContext()): MappedEvent {
  const mapping = mapActivityLog(log, context);
  if (mapping.kind === "ignored") throw new Error(`ignored: ${mapping.reason}`);
  return mapping;
}

describe("fixtures", () => {
  it.each(pairs)("$name", ({ input, output }) => {
    const mapping = mapActivityLog(input, logContext());
    expect(asOutput(mapping)).toStrictEqual(output);
    expectValidEvent(mapping);
    if (mapping.kind === "event") expectCloudEvent(mapping);
  });
});

describe("the type", () => {
  it.each([
    ["SignIn", "sign_in"],
    ["SignUp", "sign_up"],
    ["ForgotPassword", "forgot_password"],
    ["PasswordChange", "password_change"],
    ["ResendCode", "resend_code"],
    ["PasskeyAdd", "passkey_add"],
    [null, "unknown"],
    ["no name", "unknown"],
  ])("of %s", (eventType, name) => {
    const endings: readonly (readonly [unknown, string])[] = [
      ["Pass", "passed success"],
      ["PASS", "passed success"],
      ["Fail", "failed failure"],
      ["fail", "failed failure"],
      ["InProgress", "in_progress unknown"],
      ["", "in_progress unknown"],
      [null, "in_progress unknown"],
      ["Throttled", "in_progress unknown"],
    ];
    for (const [eventResponse, ending] of endings) {
      const mapping = mapActivityLog(activity({ eventType, eventResponse }), logContext());
      expect(summary(mapping)).toBe(`activity.${name}_${ending}`);
    }
    const row = Object.entries(ACTIVITY_LOGS).find(([kind]) => kind === eventType)?.[1];
    if (row === undefined) return;
    const types = [row.passed.type, row.failed.type, row.inProgress.type];
    expect(types).toEqual([`activity.${name}_passed`, `activity.${name}_failed`, `activity.${name}_in_progress`]);
  });

  it.each([[null], [[]], ["USER_ACTIVITY"], [{}], [{ eventSource: "OTHER" }], [{ eventSource: 7, message: {} }]])(
    "of %j is none",
    (log) => {
      expect(mapActivityLog(log, logContext())).toEqual({ kind: "ignored", reason: "not_a_record" });
    },
  );

  it("of a foreign pool is none where only configured pools count", () => {
    const context = logContext({ onlyPools: new Set(["eu-west-1_Foreign01"]) });
    expect(mapActivityLog(activity({}), context)).toEqual({ kind: "ignored", reason: "pool_not_configured" });
  });
});

describe("an event of a log", () => {
  it("has an id of its own for each ending", () => {
    expect(eventOf(activity({ eventResponse: "InProgress" })).attributes.id).toBe("e-1:InProgress");
    expect(eventOf(activity({})).attributes.id).toBe("e-1:Pass");
  });

  it("has a hash for an id where the log has none, the same for the same log only", () => {
    const id = (message: JsonObject, members: JsonObject = {}) => eventOf(activity(message, members)).attributes.id;
    const one = id({ eventId: null, city: "Lund" });
    expect(id({ eventId: null, city: "Lund" })).toBe(one);
    expect(id({ eventId: null, city: "Ystad" })).not.toBe(one);
    expect(id({ eventId: null, city: "Lund" }, { eventTimestamp: "1" })).not.toBe(one);
    expect(id({ eventId: null, city: "Lund" }, { logSourceId: { userPoolId: "eu-west-1_Other" } })).not.toBe(one);
  });

  it("takes a message of any depth", () => {
    const deep = nested("x", 20_000);
    expect(() => mapActivityLog(activity({ eventId: null, city: deep, challenges: deep }), logContext())).not.toThrow();
    expect(() => mapActivityLog({ eventSource: "USER_ACTIVITY", message: deep }, logContext())).not.toThrow();
  });

  it.each([
    ["Wed Jul 17 17:25:55 UTC 2024", "2024-07-17T17:25:55Z"],
    ["Thu Feb 29 00:00:00 GMT 2024", "2024-02-29T00:00:00Z"],
    ["2026-05-04T12:00:07+02:00", "2026-05-04T10:00:07Z"],
    ["Wed Jul 17 17:25:55 CEST 2024", "2026-05-04T12:00:09.250Z"],
    ["Wed Feb 30 17:25:55 UTC 2024", "2026-05-04T12:00:09.250Z"],
    ["Wed Foo 17 17:25:55 UTC 2024", "2026-05-04T12:00:09.250Z"],
    [null, "2026-05-04T12:00:09.250Z"],
  ])("of %s has its time", (creationDate, time) => {
    expect(eventOf(activity({ creationDate })).attributes.time).toBe(time);
  });

  it("has no time where nothing tells one", () => {
    expect(eventOf(activity({}, { eventTimestamp: "soon" })).attributes).not.toHaveProperty("time");
    expect(eventOf(activity({}, { eventTimestamp: 1777896009250 })).attributes.time).toBe("2026-05-04T12:00:09.250Z");
  });

  it("leaves out what says nothing", () => {
    const nothing = {
      idpName: "",
      city: "null",
      country: null,
      riskLevel: "",
      hasContextData: "maybe",
      challenges: [],
    };
    const { data } = eventOf(activity({ ...nothing, ipAddress: "null", requestId: "", clientId: "null" }));
    for (const name of ["request", "response", "actor", "client"]) expect(data).not.toHaveProperty(name);
  });

  it("keeps of a challenge's response only how it ended", () => {
    const challenges = [
      { challengeName: "Mfa", challengeResponse: "Success" },
      { ChallengeName: "Password", ChallengeResponse: "canary-password" },
      { challengeResponse: "canary-code" },
      "canary",
    ];
    const { data } = eventOf(activity({ challenges }));
    expect(data.response).toEqual({
      challenges: [{ challengeName: "Mfa", challengeResponse: "Success" }, { challengeName: "Password" }],
    });
  });

  it("keeps out what no catalog names", () => {
    const unknown = { password: "canary-1", session: "canary-2", idToken: { raw: "canary-3" }, details: "canary-4" };
    expect(JSON.stringify(eventOf(activity(unknown)))).not.toContain("canary");
    const log = { ...notification("failed"), ...unknown };
    expect(JSON.stringify(eventOf(log))).not.toContain("canary");
  });

  it("proves the user only by a sign-in that passed", () => {
    expect(eventOf(activity({})).attributes).toMatchObject({ authtype: "app_user", authid: SUB });
    expect(eventOf(activity({ userSub: "" })).attributes.authtype).toBe("unknown");
    expect(eventOf(activity({ eventResponse: "Fail" })).attributes.authtype).toBe("unknown");
    expect(eventOf(activity({ eventType: "SignUp" })).attributes.authtype).toBe("unknown");
  });

  it("has the ARN of the configured pool", () => {
    const { attributes } = eventOf(activity({}), logContext({ accountId: undefined, poolArn: () => POOL_ARN }));
    expect(attributes.source).toBe(POOL_ARN);
  });
});

describe("the details of a notification", () => {
  it.each([
    ["Sending to mara@example.com failed", "Sending to *** failed"],
    ["to:o'brien+shop@mail.example.co.uk,x@y", "to:***,***"],
    ["mara%40example.com", "***"],
    ["tel +49 1555 0003281.", "tel ***."],
    ["(555) 010-9988 is opted out", "*** is opted out"],
    ["+15550109988", "***"],
    ["code 481516", "code ***"],
    ["status 400, retry 2", "status 400, retry 2"],
    [`request ${SUB} to 4915550003281`, `request ${SUB} to ***`],
    ["HIDDEN_DUE_TO_SECURITY_REASONSmara@example.com", "***"],
    [`${"🦊".repeat(600)}`, "🦊".repeat(512)],
  ])("%s", (details, message) => {
    expect(eventOf(notification(details)).data.error).toEqual({ code: "NotificationError", message });
  });

  it.each([[""], [null], [7], [{ details: "x" }], ["HIDDEN_DUE_TO_SECURITY_REASONS"]])("%j are none", (details) => {
    expect(eventOf(notification(details)).data.error).toEqual({ code: "NotificationError" });
  });

  it("never show an address, wherever it stands", () => {
    const local = fc.stringMatching(/^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,20}$/);
    const around = fc.string();
    fc.assert(
      fc.property(around, local, around, (before, name, after) => {
        const { error } = eventOf(notification(`${before} ${name}@q7x.example ${after}`)).data;
        expect(error?.message ?? "").not.toContain("q7x.example");
      }),
    );
  });

  it("are masked in time that grows with their length", () => {
    for (const part of ["1(", "1 ", "a", "@", "+((", "0-"]) {
      expect(eventOf(notification(part.repeat(200_000))).data.error?.code).toBe("NotificationError");
    }
  }, 5_000);
});

describe("any JSON", () => {
  it("is taken", () => {
    fc.assert(fc.property(json, (value) => expectValidEvent(mapActivityLog(value, logContext()))));
  });

  it("is taken in any member", () => {
    const names = ["eventId", "eventType", "userSub", "userName", "clientId", "creationDate", "eventResponse"]
      .concat("riskLevel", "riskDecision", "challenges", "deviceName", "ipAddress", "requestId", "idpName", "city")
      .concat("compromisedCredentialDetected", "eventFeedbackDate", "hasContextData", "details", "userPoolId");
    const message = fc.record(Object.fromEntries(names.map((name) => [name, json])), { requiredKeys: [] });
    const log = fc.record({
      eventSource: fc.constantFrom("USER_ACTIVITY", "USER_NOTIFICATION", "USER_CONSENT"),
      eventTimestamp: json,
      message: fc.oneof({ weight: 5, arbitrary: message }, json),
      logSourceId: fc.oneof(json, fc.constant({ userPoolId: POOL_ID })),
    });
    fc.assert(
      fc.property(log, json, json, (value, accountId, region) => {
        const told = { accountId: String(JSON.stringify(accountId)), region: String(JSON.stringify(region)) };
        expectValidEvent(mapActivityLog(value, logContext(told)));
      }),
      { numRuns: 500 },
    );
  });

  it("is taken in place of any node of a fixture", () => {
    fc.assert(
      fc.property(fc.constantFrom(...logs), changes, (log, list) => {
        const value = mutated(log, list);
        const before = JSON.stringify(value);
        const mapping = mapActivityLog(value, logContext());
        expectValidEvent(mapping);
        expect(JSON.stringify(value), "the record stays as it is").toBe(before);
        expect(mapActivityLog(value, logContext())).toEqual(mapping);
      }),
      { numRuns: 1000 },
    );
  });
});
