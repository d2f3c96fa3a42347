import { describe, expect, it } from "vitest";
import { mapCloudTrail } from "../../src/mappers/index.ts";
import { apiRecord, CLIENT_ID, context, eventOf, HIDDEN, POOL_ID, SUB } from "./records.ts";

describe("what is ignored", () => {
  const foreign = { eventSource: "signin.amazonaws.com", eventType: "AwsConsoleSignIn" };

  it.each<[unknown, string]>([
    [null, "not_a_record"],
    ["SignUp", "not_a_record"],
    [[apiRecord("SignUp")], "not_a_record"],
    [{}, "not_a_record"],
    [{ eventSource: ["cognito-idp.amazonaws.com"] }, "not_a_record"],
    [JSON.parse('{"__proto__":{"eventSource":"cognito-idp.amazonaws.com"}}'), "not_a_record"],
    [foreign, "foreign_event_source"],
    [{ ...foreign, userAgent: "poolcast" }, "foreign_event_source"],
    [{ eventCategory: "Insight" }, "insight"],
    [apiRecord("ListUsers", { eventCategory: "Insight", userAgent: "poolcast" }), "insight"],
    [apiRecord("ListUsers", { userAgent: "POOLCAST/1" }), "own_call"],
    [apiRecord("ListUsers", { requestParameters: { userPoolId: "eu-west-1_Foreign01" } }), "read"],
    [apiRecord("SignUp", { requestParameters: { userPoolId: "eu-west-1_Foreign01" } }), "pool_not_configured"],
  ])("%j: %s", (record, reason) => {
    const onlyPools = new Set([POOL_ID]);
    expect(mapCloudTrail(record, context({ onlyPools }))).toEqual({ kind: "ignored", reason });
  });
});

describe("an event", () => {
  it("asks for an id only where the record has none", () => {
    let asked = 0;
    const fallbackId = () => `made-${++asked}`;
    const { attributes, data } = eventOf(apiRecord("SignUp"), { fallbackId, envelope: { id: "envelope" } });
    expect(attributes.id).toBe(data.record.id);
    expect(asked).toBe(0);
    for (const eventID of [undefined, null, "", HIDDEN, 7, "\u0000"]) {
      const made = eventOf(apiRecord("SignUp", { eventID }), { fallbackId, envelope: { id: "envelope" } });
      expect(made.attributes.id).toBe(`made-${asked}`);
      expect(made.data.record).toEqual({ kind: "cloudtrail" });
    }
    expect(asked).toBe(6);
  });

  it("carries the road it came by", () => {
    expect(eventOf(apiRecord("SignUp"), { road: "lookup" }).attributes.road).toBe("lookup");
  });

  it.each<[Readonly<Record<string, unknown>>, string | undefined, string | undefined]>([
    [{ username: "jo", groupName: "staff", clientId: CLIENT_ID, userPoolId: POOL_ID }, "user/jo", "jo"],
    [{ groupName: "staff", clientId: CLIENT_ID, userPoolId: POOL_ID }, "group/staff", CLIENT_ID],
    [{ groupName: "staff", userPoolId: POOL_ID }, "group/staff", POOL_ID],
    [{ clientId: CLIENT_ID, userPoolId: POOL_ID }, `client/${CLIENT_ID}`, CLIENT_ID],
    [{ userPoolId: POOL_ID }, `user_pool/${POOL_ID}`, POOL_ID],
    [{}, undefined, undefined],
  ])("with %j has its subject and partition key", (requestParameters, subject, partitionkey) => {
    const { attributes } = eventOf(apiRecord("UpdateGroup", { requestParameters }));
    expect(attributes.subject).toBe(subject);
    expect(attributes.partitionkey).toBe(partitionkey);
  });

  it("keeps long names within the limit", () => {
    const { attributes, data } = eventOf(apiRecord("SignUp", { requestParameters: { username: "🦊".repeat(5000) } }));
    expect(attributes.subject).toHaveLength(511);
    expect(data.user?.username).toBe("🦊".repeat(256));
  });

  it("keeps the beginning of a long message, without what was hidden", () => {
    const errorMessage = `${HIDDEN}${"x".repeat(1023)}🦊`;
    const { error } = eventOf(apiRecord("SignUp", { errorCode: "E", errorMessage })).data;
    expect(error).toEqual({ code: "E", message: "x".repeat(1023) });
    expect(eventOf(apiRecord("SignUp", { errorCode: "E", errorMessage: HIDDEN })).data.error).toEqual({ code: "E" });
    expect(eventOf(apiRecord("SignUp", { errorCode: HIDDEN })).data.error).toEqual({ code: "unknown" });
    expect(eventOf(apiRecord("SignUp", { errorCode: 7 })).data.error).toBeUndefined();
  });

  it("takes the time of the envelope where the record's is none", () => {
    const envelope = { time: "2026-05-04T12:00:09Z" };
    expect(eventOf(apiRecord("SignUp"), { envelope }).attributes.time).toBe("2026-05-04T12:00:07Z");
    expect(eventOf(apiRecord("SignUp", { eventTime: "?" }), { envelope }).attributes.time).toBe(envelope.time);
    expect(eventOf(apiRecord("SignUp", { eventTime: "?" })).attributes).not.toHaveProperty("time");
  });

  it("never shows a secret, though the record does", () => {
    const secrets = ["Pa55word", "eyJ.access", "eyJ.id", "123456", "hush", "AYAB.session"];
    const [password, accessToken, idToken, code, clientSecret, session] = secrets;
    const record = apiRecord("RespondToAuthChallenge", {
      requestParameters: { clientId: CLIENT_ID, password, session, challengeResponses: { SMS_MFA_CODE: code } },
      responseElements: {
        authenticationResult: { accessToken, idToken },
        session,
        userPoolClient: { clientSecret },
      },
      additionalEventData: { sub: SUB, requestParameters: { code: [code], password: [password] } },
    });
    const text = JSON.stringify(eventOf(record));
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});
