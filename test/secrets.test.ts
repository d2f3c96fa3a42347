/**
 * No secret of a user reaches an event, a log line or a metric. A canary stands in every member that the SDK's model
 * calls sensitive, in every member that the contract names, and in what AWS normally hides; none may come out.
 */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { LAMBDA_TRIGGERS } from "../src/events/catalog/lambda-triggers.ts";
import { type ModelNode, modelOf, SDK_ACTIONS } from "./events/sdk-model.ts";
import { cloudTrailRecord } from "./support/records.ts";
import { openTestGateway, post } from "./support/test-gateway.ts";

const CANARY = "c4n4ry";

/** Sensitive to AWS, and what poolcast is for: who, by which app, and the attributes. */
const KEPT = new Set(["clientId", "username", "userAttributes", "attributes"]);

/** Named by the contract, whatever the model says. */
const SECRET_NAMES =
  /^(?:code|session|clientMetadata|validationData|contextData|userContextData|challengeResponses|authParameters|challengeParameters|providerDetails|credential|deviceSecretVerifierConfig|preSignedUrl)$|password|secret|token(?!Type|Validity|ValidityUnits|Settings)|assertion/i;
/** Their names hold a word of that list, and they are settings. */
const SETTINGS =
  /^(?:passwordPolicy|passwordHistorySize|temporaryPasswordValidityDays|tokenValidityUnits|(?:access|id|refresh)Token|enableTokenRevocation|refreshTokenRotation|softwareToken\w*|preTokenGeneration\w*|passwordReset\w*|\w*TokenValidity|\w*SecretId|\w*SecretDescriptor|passwordHashingAlgorithm|generateSecret|forceAlias\w*)$/i;

/** A value of the model's shape in which everything secret is a canary. */
function filled(node: ModelNode, name: string, secret: boolean): unknown {
  if (KEPT.has(name)) return undefined;
  const hidden = secret || node.sensitive || (SECRET_NAMES.test(name) && !SETTINGS.test(name));
  switch (node.kind) {
    case "structure": {
      const members = [...node.members].map(([inner, child]) => [inner, filled(child, inner, hidden)]);
      return Object.fromEntries(members);
    }
    case "list":
      return node.item && [filled(node.item, name, hidden)];
    case "map":
      return { [hidden ? `${CANARY}-key` : "key"]: hidden ? CANARY : "plain" };
    case "boolean":
      return true;
    case "number":
      return 7;
    default:
      return hidden ? `${CANARY}-${name}` : "plain";
  }
}

describe("secrets", () => {
  it.each(SDK_ACTIONS)("of %s reach no event, log line or metric, successful or failed", async (action) => {
    const { input, output } = modelOf(action);
    const gateway = await openTestGateway("includeReads: true");
    const records = [{}, { errorCode: "InvalidParameterException", errorMessage: "no" }].map((ending) =>
      cloudTrailRecord(randomUUID(), {
        eventName: action,
        requestParameters: filled(input, "", false),
        responseElements: filled(output, "", false),
        ...ending,
      }),
    );
    const response = await gateway.request("/ingest/cloudtrail", post(JSON.stringify({ Records: records })));
    expect(await response.json()).toMatchObject({ accepted: 2 });
    const out = await everythingOut(gateway);
    expect(out).not.toContain(CANARY);
  });

  it.each([
    "Token_POST",
    "Login_POST",
    "Signup_POST",
    "SAML2Response_POST",
    "OAuth2Response_GET",
    "login_POST",
    "Mfa_POST",
    "Logout",
  ])("of the page %s reach no event, log line or metric", async (eventName) => {
    const fields = [
      "password",
      "code",
      "refresh_token",
      "client_secret",
      "SAMLResponse",
      "RelayState",
      "state",
      "nonce",
      "_csrf",
      "cognitoAsfData",
      "code_verifier",
      "id_token_hint",
      "session",
      "assertion",
      "access_token",
    ];
    const form = Object.fromEntries(fields.map((field) => [field, [`${CANARY}-${field}`]]));
    const gateway = await openTestGateway("includeReads: true");
    const record = cloudTrailRecord(randomUUID(), {
      eventName,
      eventType: "AwsServiceEvent",
      requestParameters: null,
      responseElements: null,
      additionalEventData: {
        requestParameters: {
          ...form,
          redirect_uri: [`https://app.example/cb?code=${CANARY}#access_token=${CANARY}`],
          client_id: ["7f3kq2v9c1m8d5t6r4s0w2x1yz"],
        },
        responseParameters: { status: 302 },
        userPoolId: "eu-central-1_Kq3vX9TzP",
      },
    });
    const response = await gateway.request("/ingest/cloudtrail", post(JSON.stringify(record)));
    expect(await response.json()).toMatchObject({ accepted: 1 });
    expect(await everythingOut(gateway)).not.toContain(CANARY);
  });

  it.each(Object.keys(LAMBDA_TRIGGERS))(
    "of the trigger %s reach no event, log line or metric",
    async (triggerSource) => {
      const secret = (name: string) => `${CANARY}-${name}`;
      const map = { inner: CANARY, [`${CANARY}-key`]: "value" };
      const event = {
        version: "1",
        triggerSource,
        region: "eu-central-1",
        userPoolId: "eu-central-1_Kq3vX9TzP",
        userName: "ada",
        callerContext: { awsSdkVersion: "3", clientId: "7f3kq2v9c1m8d5t6r4s0w2x1yz" },
        request: {
          userAttributes: { sub: "c1f0a7de-3b52-4a56-9a5e-2f6b7f0d8e11" },
          password: secret("password"),
          code: secret("code"),
          challengeAnswer: secret("answer"),
          privateChallengeParameters: map,
          publicChallengeParameters: map,
          validationData: map,
          clientMetadata: map,
          session: [
            { challengeName: "CUSTOM_CHALLENGE", challengeResult: true, challengeMetadata: secret("metadata") },
          ],
          attributes: { tokenResponse: map, idToken: map, samlResponse: map },
        },
        response: {
          publicChallengeParameters: map,
          privateChallengeParameters: map,
          challengeMetadata: secret("metadata"),
          smsMessage: secret("sms"),
          emailMessage: secret("mail"),
          claimsOverrideDetails: { claimsToAddOrOverride: map },
        },
      };
      const gateway = await openTestGateway();
      const wrapped = {
        event,
        context: { requestId: "7d0a", time: "2026-05-04T07:31:09Z", accountId: "210987654321" },
      };
      const response = await gateway.request(
        "/ingest/cognito",
        post(JSON.stringify(wrapped), { "webhook-id": "7d0a" }),
      );
      expect(await response.json()).toMatchObject({ accepted: 1 });
      expect(await everythingOut(gateway)).not.toContain(CANARY);
    },
  );

  it("are in what the test posts, so that their absence means something", () => {
    const planted = SDK_ACTIONS.filter((action) => {
      const { input, output } = modelOf(action);
      return JSON.stringify([filled(input, "", false), filled(output, "", false)]).includes(CANARY);
    });
    expect(planted.length).toBeGreaterThan(60);
  });
});

async function everythingOut(gateway: Awaited<ReturnType<typeof openTestGateway>>): Promise<string> {
  const events = (await gateway.committed()).map(({ json }) => json);
  const metrics = await (await gateway.request("/metrics")).text();
  const ready = await (await gateway.request("/readyz")).text();
  return [...events, gateway.log(), metrics, ready].join("\n");
}
