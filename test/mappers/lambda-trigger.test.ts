import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isObject, type JsonObject } from "../../src/core/json.ts";
import { LAMBDA_TRIGGERS } from "../../src/events/catalog/lambda-triggers.ts";
import { mapLambdaTrigger } from "../../src/mappers/lambda-trigger.ts";
import type { MappedEvent } from "../../src/mappers/mapping.ts";
import { anyText, changes, json, mutated } from "./any-json.ts";
import { expectValidEvent } from "./expect-valid-event.ts";
import { asOutput, expectCloudEvent, fixturePairs } from "./fixture-pairs.ts";
import { CLIENT_ID, POOL_ID, SUB, summary } from "./records.ts";
import { POOL_ARN, triggerContext } from "./road-contexts.ts";

const pairs = fixturePairs("lambda-trigger");
const events = pairs.map(({ input }) => input).filter(isObject);

function trigger(triggerSource: unknown, request: JsonObject = {}, members: JsonObject = {}): JsonObject {
  return {
    version: "1",
    triggerSource,
    region: "eu-central-1",
    userPoolId: POOL_ID,
    userName: "jo",
    callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId: CLIENT_ID },
    request: { userAttributes: { sub: SUB }, ...request },
    response: {},
    ...members,
  };
}

function eventOf(event: unknown, context = triggerContext()): MappedEvent {
  const mapping = mapLambdaTrigger(event, context);
  if (mapping.kind === "ignored") throw new Error(`ignored: ${mapping.reason}`);
  return mapping;
}

describe("fixtures", () => {
  it.each(pairs)("$name", ({ input, output }) => {
    const mapping = mapLambdaTrigger(input, triggerContext());
    expect(asOutput(mapping)).toStrictEqual(output);
    expectValidEvent(mapping);
    if (mapping.kind === "event") expectCloudEvent(mapping);
  });

  it("have every trigger source of the catalog", () => {
    const sources = events.map(({ triggerSource }) => triggerSource);
    expect(sources).toEqual(expect.arrayContaining(Object.keys(LAMBDA_TRIGGERS)));
  });
});

/** Written down a second time on purpose: consumers filter by these types. */
const TYPES = `
PreSignUp_SignUp pre_sign_up_sign_up unknown unauthenticated
PreSignUp_AdminCreateUser pre_sign_up_admin_create_user unknown unknown
PreSignUp_ExternalProvider pre_sign_up_external_provider unknown unknown
PostConfirmation_ConfirmSignUp post_confirmation_confirm_sign_up success unknown
PostConfirmation_ConfirmForgotPassword post_confirmation_confirm_forgot_password success unknown
PreAuthentication_Authentication pre_authentication_authentication unknown unknown
PostAuthentication_Authentication post_authentication_authentication success app_user
DefineAuthChallenge_Authentication define_auth_challenge_authentication unknown unknown
CreateAuthChallenge_Authentication create_auth_challenge_authentication unknown unknown
VerifyAuthChallengeResponse_Authentication verify_auth_challenge_response_authentication unknown unknown
TokenGeneration_HostedAuth token_generation_hosted_auth unknown app_user
TokenGeneration_Authentication token_generation_authentication unknown app_user
TokenGeneration_NewPasswordChallenge token_generation_new_password_challenge unknown app_user
TokenGeneration_AuthenticateDevice token_generation_authenticate_device unknown app_user
TokenGeneration_RefreshTokens token_generation_refresh_tokens unknown app_user
TokenGeneration_ClientCredentials token_generation_client_credentials unknown unknown
UserMigration_Authentication user_migration_authentication unknown unknown
UserMigration_ForgotPassword user_migration_forgot_password unknown unknown
CustomMessage_SignUp custom_message_sign_up unknown unknown
CustomMessage_AdminCreateUser custom_message_admin_create_user unknown unknown
CustomMessage_ResendCode custom_message_resend_code unknown unknown
CustomMessage_ForgotPassword custom_message_forgot_password unknown unknown
CustomMessage_UpdateUserAttribute custom_message_update_user_attribute unknown unknown
CustomMessage_VerifyUserAttribute custom_message_verify_user_attribute unknown unknown
CustomMessage_Authentication custom_message_authentication unknown unknown
CustomEmailSender_SignUp custom_email_sender_sign_up unknown unknown
CustomEmailSender_Authentication custom_email_sender_authentication unknown unknown
CustomEmailSender_ForgotPassword custom_email_sender_forgot_password unknown unknown
CustomEmailSender_ResendCode custom_email_sender_resend_code unknown unknown
CustomEmailSender_UpdateUserAttribute custom_email_sender_update_user_attribute unknown unknown
CustomEmailSender_VerifyUserAttribute custom_email_sender_verify_user_attribute unknown unknown
CustomEmailSender_AdminCreateUser custom_email_sender_admin_create_user unknown unknown
CustomEmailSender_AccountTakeOverNotification custom_email_sender_account_take_over_notification unknown unknown
CustomSMSSender_SignUp custom_sms_sender_sign_up unknown unknown
CustomSMSSender_ForgotPassword custom_sms_sender_forgot_password unknown unknown
CustomSMSSender_ResendCode custom_sms_sender_resend_code unknown unknown
CustomSMSSender_VerifyUserAttribute custom_sms_sender_verify_user_attribute unknown unknown
CustomSMSSender_UpdateUserAttribute custom_sms_sender_update_user_attribute unknown unknown
CustomSMSSender_Authentication custom_sms_sender_authentication unknown unknown
CustomSMSSender_AdminCreateUser custom_sms_sender_admin_create_user unknown unknown
InboundFederation_ExternalProvider inbound_federation_external_provider unknown unknown
`;

const rows = TYPES.trim()
  .split("\n")
  .map((line) => line.split(" "));

const OTHER_ROWS = [
  ["VerifyAuthChallenge_Authentication", "verify_auth_challenge_response_authentication", "unknown", "unknown"],
  ["CustomSmsSender_ResendCode", "custom_sms_sender_resend_code", "unknown", "unknown"],
  ["CustomVoiceSender_SignUp", "custom_voice_sender_sign_up", "unknown", "unknown"],
  ["PostDeletion_DeleteUser", "post_deletion_delete_user", "success", "unknown"],
  ["TokenGeneration_Impersonation", "token_generation_impersonation", "unknown", "app_user"],
  ["constructor", "constructor", "unknown", "unknown"],
  ["1st_Trigger", "unknown", "unknown", "unknown"],
];

describe("trigger sources", () => {
  it("are these and no others", () => {
    expect(Object.keys(LAMBDA_TRIGGERS).toSorted()).toEqual(rows.map(([source]) => source).toSorted());
    expect(rows).toHaveLength(41);
  });

  it.each([...rows, ...OTHER_ROWS])("%s", (source = "", type, outcome, authtype) => {
    const mapping = mapLambdaTrigger(trigger(source), triggerContext());
    expect(summary(mapping)).toBe(`lambda_trigger.${type} ${outcome}`);
    expect(mapping).toMatchObject({ attributes: { action: source, authtype } });
    const row = Object.entries(LAMBDA_TRIGGERS).find(([name]) => name === source)?.[1];
    if (row !== undefined) expect(row.type).toBe(`lambda_trigger.${type}`);
  });

  it.each(["with space", "Ümlaut", "x".repeat(129), "HIDDEN_DUE_TO_SECURITY_REASONS"])("%s is no name", (source) => {
    const mapping = mapLambdaTrigger(trigger(source), triggerContext());
    expect(summary(mapping)).toBe("lambda_trigger.unknown unknown");
    expect(mapping).toMatchObject({ attributes: { action: "unknown" } });
  });

  it.each([[null], ["PreSignUp_SignUp"], [[trigger("PreSignUp_SignUp")]], [{}], [trigger("")], [trigger(7)]])(
    "%j is no record",
    (event) => {
      expect(mapLambdaTrigger(event, triggerContext())).toEqual({ kind: "ignored", reason: "not_a_record" });
    },
  );
});

describe("a trigger's event", () => {
  it("has the ARN of the configured pool", () => {
    const arn = `arn:aws-cn:cognito-idp:cn-north-1:111122223333:userpool/${POOL_ID}`;
    const { attributes, data } = eventOf(trigger("PreSignUp_SignUp"), triggerContext({ poolArn: () => arn }));
    expect(attributes.source).toBe(arn);
    expect(data.userPool).toEqual({ id: POOL_ID, arn, region: "cn-north-1", accountId: "111122223333" });
  });

  it("leaves out the account that nobody tells", () => {
    const { attributes, data } = eventOf(trigger("PreSignUp_SignUp"), triggerContext({ accountId: "?" }));
    expect(attributes.source).toBe(POOL_ARN.replace("210987654321", ""));
    expect(data.userPool).not.toHaveProperty("accountId");
  });

  it("is of a configured pool where only those count", () => {
    const foreign = triggerContext({ onlyPools: new Set(["eu-west-1_Foreign01"]) });
    const ignored = { kind: "ignored", reason: "pool_not_configured" };
    expect(mapLambdaTrigger(trigger("PreSignUp_SignUp"), foreign)).toEqual(ignored);
    expect(mapLambdaTrigger(trigger("PreSignUp_SignUp", {}, { userPoolId: null }), foreign).kind).toBe("event");
  });

  it("knows a signed-in user only by sub", () => {
    const { attributes } = eventOf(trigger("PostAuthentication_Authentication", { userAttributes: {} }));
    expect(attributes).toMatchObject({ subject: "user/jo", partitionkey: "jo", authtype: "unknown" });
    expect(attributes).not.toHaveProperty("authid");
  });

  it.each([[undefined], [null], [{}], [{ clientId: "CLIENT_ID_NOT_APPLICABLE" }], [{ clientId: 7 }]])(
    "has no client with callerContext %j",
    (callerContext) => {
      const { attributes, data } = eventOf(trigger("CustomMessage_AdminCreateUser", {}, { callerContext }));
      expect(attributes).not.toHaveProperty("clientid");
      expect(data).not.toHaveProperty("client");
    },
  );

  it("has no time of its own", () => {
    const { attributes, data } = eventOf(
      trigger("PreSignUp_SignUp"),
      triggerContext({ time: undefined, requestId: undefined }),
    );
    expect(attributes).not.toHaveProperty("time");
    expect(data.record).toEqual({ kind: "trigger", id: attributes.id });
  });
});

/** Contract and docs: none of these may leave the gateway. */
const REQUEST_SECRETS = [
  ["password", "code", "challengeAnswer", "codeParameter", "linkParameter", "challengeMetadata"],
  ["privateChallengeParameters", "publicChallengeParameters", "validationData", "clientMetadata", "attributes"],
].flat();
const RESPONSE_SECRETS = [
  ["privateChallengeParameters", "publicChallengeParameters", "challengeMetadata", "claimsOverrideDetails"],
  [
    "claimsAndScopeOverrideDetails",
    "smsMessage",
    "emailMessage",
    "emailSubject",
    "userAttributesToMap",
    "tokenResponse",
  ],
  ["idToken", "samlResponse", "password", "code"],
].flat();

describe("secrets", () => {
  const canaries = (names: readonly string[], shape: (canary: string) => unknown) =>
    Object.fromEntries(names.map((name) => [name, shape(`canary-${name}`)]));
  const shapes: readonly (readonly [string, (canary: string) => unknown])[] = [
    ["texts", (canary) => canary],
    ["maps", (canary) => ({ [canary]: canary, idToken: canary, access_token: { value: canary } })],
    ["lists", (canary) => [canary, { challengeName: "SMS_MFA", challengeMetadata: canary }]],
  ];

  it.each(shapes)("as %s never reach an event", (_, shape) => {
    for (const source of [...Object.keys(LAMBDA_TRIGGERS), ...OTHER_ROWS.map(([name = ""]) => name)]) {
      const fixture = events.find(({ triggerSource }) => triggerSource === source) ?? trigger(source);
      const { request, response } = fixture;
      const planted = {
        ...fixture,
        ...canaries(["password", "code", "session"], shape),
        request: { ...(isObject(request) && request), ...canaries(REQUEST_SECRETS, shape) },
        response: { ...(isObject(response) && response), ...canaries(RESPONSE_SECRETS, shape) },
      };
      expect(JSON.stringify(mapLambdaTrigger(planted, triggerContext())), source).not.toContain("canary");
    }
  });

  it("of a session's challenges neither", () => {
    const session = [{ challengeName: "A", challengeResult: true, challengeMetadata: "canary", answer: "canary" }];
    const { data } = eventOf(trigger("DefineAuthChallenge_Authentication", { session }));
    expect(data.request).toEqual({ session: [{ challengeName: "A", challengeResult: true }] });
  });
});

describe("any JSON", () => {
  const contexts = fc.record({
    time: fc.oneof(anyText, fc.constant(undefined)),
    accountId: anyText,
    onlyPools: fc.constantFrom(null, new Set<string>(), new Set([POOL_ID])),
    poolArn: fc.constantFrom(
      () => undefined,
      () => POOL_ARN,
    ),
  });

  it("is taken", () => {
    fc.assert(
      fc.property(json, contexts, (value, changes) =>
        expectValidEvent(mapLambdaTrigger(value, triggerContext(changes))),
      ),
    );
  });

  it("is taken in any member", () => {
    const names = ["region", "userPoolId", "userName", "callerContext", "request", "response", "version"];
    const members = fc.record(Object.fromEntries(names.map((name) => [name, json])), { requiredKeys: [] });
    const sources = fc.oneof(fc.constantFrom(...Object.keys(LAMBDA_TRIGGERS)), anyText);
    fc.assert(
      fc.property(sources, members, contexts, (triggerSource, rest, changes) =>
        expectValidEvent(mapLambdaTrigger({ ...rest, triggerSource }, triggerContext(changes))),
      ),
      { numRuns: 500 },
    );
  });

  it("is taken in place of any node of a fixture", () => {
    fc.assert(
      fc.property(fc.constantFrom(...events), changes, contexts, (event, list, changed) => {
        const value = mutated(event, list);
        const before = JSON.stringify(value);
        const mapping = mapLambdaTrigger(value, triggerContext(changed));
        expectValidEvent(mapping);
        expect(JSON.stringify(value), "the record stays as it is").toBe(before);
        expect(mapLambdaTrigger(value, triggerContext(changed))).toEqual(mapping);
      }),
      { numRuns: 1000 },
    );
  });
});
