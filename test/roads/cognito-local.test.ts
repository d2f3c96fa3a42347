/** An emulated Cognito calls a real gateway as its Lambda functions: README.md of cognito-local, "Lambda triggers". */
import {
  ConfirmSignUpCommand,
  CreateUserPoolClientCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseEvent } from "../../src/events/index.ts";
import { CODE, type CognitoLocal, startCognitoLocal } from "../support/cognito-local.ts";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { waitUntil } from "../support/wait.ts";

const PASSWORD = "c4n4ry-Passw0rd!";
const TRIGGERS = ["PreSignUp", "CustomMessage", "PostConfirmation", "PostAuthentication", "PreTokenGeneration"];

const place = makePlace();
let gateway: GatewayProcess;
let cognito: CognitoLocal;

beforeAll(async () => {
  gateway = await place.start();
  cognito = await startCognitoLocal(place, { lambdaUrl: gateway.url, triggers: TRIGGERS });
}, 60_000);

afterAll(async () => {
  await cognito?.stop();
  await place.remove();
});

describe("cognito-local", () => {
  it("signs a user up, confirms and signs in, and the typed events come out", async () => {
    const poolId = await cognito.createPool({ AutoVerifiedAttributes: ["email"] });
    const { UserPoolClient } = await cognito.client.send(
      new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: "app" }),
    );
    const ClientId = UserPoolClient?.ClientId ?? "";
    const UserAttributes = [{ Name: "email", Value: "mara@example.com" }];
    const { UserSub } = await cognito.client.send(
      new SignUpCommand({ ClientId, Username: "mara@example.com", Password: PASSWORD, UserAttributes }),
    );
    await cognito.client.send(
      new ConfirmSignUpCommand({ ClientId, Username: "mara@example.com", ConfirmationCode: CODE }),
    );
    const { AuthenticationResult } = await cognito.client.send(
      new InitiateAuthCommand({
        ClientId,
        AuthFlow: "USER_PASSWORD_AUTH",
        AuthParameters: { USERNAME: "mara@example.com", PASSWORD },
      }),
    );
    // The emulator was content with the answers of all its functions.
    expect(AuthenticationResult?.AccessToken).toBeTruthy();

    const lines = () => gateway.stdout().split("\n").slice(0, -1);
    await waitUntil(() => lines().length >= 5, "five events are printed");
    const events = lines().map((line) => parseEvent(JSON.parse(line)));
    expect(events.map(({ type }) => type.replace("com.amazon.cognito-idp.", "")).toSorted()).toEqual([
      "lambda_trigger.custom_message_sign_up",
      "lambda_trigger.post_authentication_authentication",
      "lambda_trigger.post_confirmation_confirm_sign_up",
      "lambda_trigger.pre_sign_up_sign_up",
      "lambda_trigger.token_generation_authentication",
    ]);
    for (const event of events) expect(event).toMatchObject({ road: "trigger", userpoolid: poolId });
    const confirmed = events.find(({ type }) => type.endsWith("post_confirmation_confirm_sign_up"));
    expect(confirmed).toMatchObject({
      outcome: "success",
      subject: `user/${UserSub}`,
      data: { user: { sub: UserSub, attributes: { email: "mara@example.com" } } },
    });
    for (const secret of [PASSWORD, CODE]) expect(gateway.stdout() + gateway.stderr()).not.toContain(secret);
  });
});
