/** Who the user is: a real gateway asks an emulated Cognito about the subs and clients of hand-made CloudTrail records. */
import { randomUUID } from "node:crypto";
import {
  AdminDeleteUserCommand,
  AdminUpdateUserAttributesCommand,
  ConfirmSignUpCommand,
  CreateUserPoolClientCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseEvent } from "../../src/events/index.ts";
import { CODE, type CognitoLocal, startCognitoLocal } from "../support/cognito-local.ts";
import { type AwsAnswer, awsError, type FakeAws, forward, startFakeAws } from "../support/fake-aws.ts";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { waitUntil } from "../support/wait.ts";

const PASSWORD = "c4n4ry-Passw0rd!";
const SECRET_KEY = "c4n4ry/secret+access/key";

const place = makePlace();
let cognito: CognitoLocal;
/** Between the gateway and the emulator, to make AWS slow or stern. */
let door: FakeAws;
let behave: "answer" | "deny" | "never" = "answer";
let gateway: GatewayProcess;
let poolId: string;
let poolArn: string;
let clientId: string;

beforeAll(async () => {
  cognito = await startCognitoLocal(place, { usernameAttributes: [] });
  poolId = await cognito.createPool();
  poolArn = `arn:aws:cognito-idp:eu-central-1:210987654321:userpool/${poolId}`;
  const app = await cognito.client.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: "app" }));
  clientId = app.UserPoolClient?.ClientId ?? "";
  door = await startFakeAws((request): AwsAnswer | Promise<AwsAnswer> => {
    if (behave === "deny") return awsError("AccessDeniedException");
    return behave === "never" ? new Promise<AwsAnswer>(() => {}) : forward(request, cognito.url);
  });
  place.writeConfig(`
broker: { kind: sqlite, path: ./poolcast.db }
pools:
  - arn: ${poolArn}
    endpoint: ${door.url}
    identify: attributes
    identifyBudget: PT2S
    auth: { credentials: { accessKeyID: AKIAEXAMPLE, secretAccessKey: ${SECRET_KEY} } }
`);
  gateway = await place.start();
}, 60_000);

afterAll(async () => {
  await place.remove();
  await door?.close();
  await cognito?.stop();
});

async function signUp(username: string): Promise<string> {
  const UserAttributes = [{ Name: "email", Value: `${username}@example.com` }];
  const signedUp = await cognito.client.send(
    new SignUpCommand({ ClientId: clientId, Username: username, Password: PASSWORD, UserAttributes }),
  );
  return signedUp.UserSub ?? "";
}

/** The event of a record, once the gateway printed it; and how long the acknowledgement took. */
async function eventOf(
  overrides: Record<string, unknown>,
): Promise<{ readonly event: ReturnType<typeof parseEvent>; readonly tookMs: number }> {
  const id = randomUUID();
  const startMs = Date.now();
  const response = await postJson(`${gateway.url}/ingest/cloudtrail`, cloudTrailRecord(id, overrides));
  const tookMs = Date.now() - startMs;
  expect(response.status).toBe(202);
  const line = () =>
    gateway
      .stdout()
      .split("\n")
      .slice(0, -1)
      .find((one) => one.includes(id));
  await waitUntil(() => line() !== undefined, "the event is printed");
  return { event: parseEvent(JSON.parse(line() ?? "")), tookMs };
}

/** As the app's own calls appear: the client in the request, the user beside it. */
function appCall(eventName: string, sub: string, responseElements: object | null = null): Record<string, unknown> {
  const requestParameters = { clientId, username: "HIDDEN_DUE_TO_SECURITY_REASONS" };
  return { eventName, requestParameters, responseElements, additionalEventData: { sub } };
}

function adminCall(eventName: string, sub: string): Record<string, unknown> {
  const requestParameters = { userPoolId: poolId, username: "HIDDEN_DUE_TO_SECURITY_REASONS" };
  return { eventName, requestParameters, responseElements: null, additionalEventData: { sub } };
}

async function readyz(): Promise<{ readonly status: number; readonly pools: readonly object[] }> {
  const response = await fetch(`${gateway.url}/readyz`);
  const { pools } = (await response.json()) as { readonly pools: readonly object[] };
  return { status: response.status, pools };
}

describe("identity", () => {
  let mara: string;

  it("names the pool and the user of a sign-up, a confirmation and a sign-in", async () => {
    mara = await signUp("mara");
    const signedUp = await eventOf(appCall("SignUp", mara, { userSub: mara }));
    await cognito.client.send(
      new ConfirmSignUpCommand({ ClientId: clientId, Username: "mara", ConfirmationCode: CODE }),
    );
    const confirmed = await eventOf(appCall("ConfirmSignUp", mara));
    const AuthParameters = { USERNAME: "mara", PASSWORD };
    await cognito.client.send(
      new InitiateAuthCommand({ ClientId: clientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters }),
    );
    const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS";
    const signedIn = await eventOf(appCall("InitiateAuth", mara, { authenticationResult: hidden }));

    const user = { sub: mara, username: "mara", enabled: true, attributes: { email: "mara@example.com" } };
    expect([signedUp.event, confirmed.event, signedIn.event]).toMatchObject([
      { type: "com.amazon.cognito-idp.user.signed_up", data: { user: { ...user, status: "UNCONFIRMED" } } },
      { type: "com.amazon.cognito-idp.user.confirmed", data: { user: { ...user, status: "CONFIRMED" } } },
      { type: "com.amazon.cognito-idp.session.started", data: { user: { ...user, status: "CONFIRMED" } } },
    ]);
    for (const { event } of [signedUp, confirmed, signedIn]) {
      expect(event).toMatchObject({
        source: poolArn,
        userpoolid: poolId,
        subject: `user/${mara}`,
        partitionkey: mara,
        data: { userPool: { id: poolId, arn: poolArn } },
      });
    }
  });

  it("asks once for what does not change, and anew after a change", async () => {
    const before = door.count("ListUsers");
    await eventOf(adminCall("AdminUserGlobalSignOut", mara));
    await eventOf(appCall("InitiateAuth", mara));
    const between = door.count("ListUsers");
    expect(between - before).toBeLessThanOrEqual(1);
    const UserAttributes = [{ Name: "email", Value: "mara@example.org" }];
    await cognito.client.send(
      new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: "mara", UserAttributes }),
    );
    const updated = await eventOf(adminCall("AdminUpdateUserAttributes", mara));
    const later = await eventOf(appCall("InitiateAuth", mara));
    for (const { event } of [updated, later]) {
      expect(event).toMatchObject({ data: { user: { attributes: { email: "mara@example.org" } } } });
    }
    expect(door.count("ListUsers") - between).toBe(1);
  });

  it("tells AWS who it is, and asks for one user alone, never as AdminGetUser", async () => {
    for (const { operation, headers, body } of door.requests) {
      expect(["ListUsers", "ListUserPoolClients"]).toContain(operation);
      expect(headers["user-agent"]).toMatch(/poolcast/);
      if (operation === "ListUsers") expect(JSON.parse(body).Filter).toBe(`sub = "${mara}"`);
    }
  });

  it("names a deleted user, also after a restart", async () => {
    await cognito.client.send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: "mara" }));
    const last = { username: "mara", attributes: { email: "mara@example.org" } };
    expect((await eventOf(adminCall("AdminDeleteUser", mara))).event).toMatchObject({
      type: "com.amazon.cognito-idp.user.deleted",
      data: { user: last },
    });
    await gateway.kill("SIGKILL");
    gateway = await place.start();
    expect((await eventOf(appCall("InitiateAuth", mara))).event).toMatchObject({ data: { user: last } });
    expect((await eventOf(adminCall("AdminDeleteUser", mara))).event).toMatchObject({ data: { user: last } });
  });

  it("lets events go out as they are while AWS refuses, says so, and recovers by itself", async () => {
    const noor = await signUp("noor");
    await waitUntil(() => door.count("ListUserPoolClients") > 0, "the clients were listed");
    behave = "deny";
    const first = await eventOf(adminCall("AdminEnableUser", noor));
    expect(first.event).toMatchObject({ data: { user: { sub: noor } } });
    expect(first.event.data).not.toHaveProperty("user.username");
    const asked = door.count("ListUsers");
    await eventOf(adminCall("AdminEnableUser", noor));
    expect(door.count("ListUsers")).toBe(asked);

    const { status, pools } = await readyz();
    expect(status).toBe(200);
    expect(pools).toMatchObject([
      { arn: poolArn, error: "AccessDeniedException", identify: { ListUsers: { error: "AccessDeniedException" } } },
    ]);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain(
      `poolcast_pool_trouble{pool="${poolArn}",call="ListUsers",error="AccessDeniedException"} 1`,
    );
    expect(metrics).toContain(`poolcast_unidentified_total{reason="failing"} 1`);

    behave = "answer";
    await waitUntil(async () => !("error" in ((await readyz()).pools[0] ?? {})), "the pool is well again");
    expect((await eventOf(adminCall("AdminEnableUser", noor))).event).toMatchObject({
      data: { user: { username: "noor" } },
    });
  });

  it("acknowledges within the budget when AWS does not answer, and then without waiting", async () => {
    behave = "never";
    const first = await eventOf(adminCall("AdminEnableUser", randomUUID()));
    expect(first.tookMs).toBeGreaterThanOrEqual(1900);
    // AWS would have had ten seconds.
    expect(first.tookMs).toBeLessThan(8000);
    const second = await eventOf(adminCall("AdminEnableUser", randomUUID()));
    expect(second.tookMs).toBeLessThan(1900);
    behave = "answer";
  });

  it("puts nothing secret and nothing of a user into the log", () => {
    for (const secret of [PASSWORD, SECRET_KEY, CODE])
      expect(gateway.stdout() + gateway.stderr()).not.toContain(secret);
    for (const personal of ["mara", "noor", "@example"]) expect(gateway.stderr()).not.toContain(personal);
  });
});
