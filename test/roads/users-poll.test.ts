/** The users poll as its users run it: a real gateway on SQLite, the real SDK, an emulated Cognito, a sink that was down. */
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, expect, it } from "vitest";
import { member } from "../../src/core/json.ts";
import { parseEvent } from "../../src/events/index.ts";
import { type CognitoLocal, startCognitoLocal } from "../support/cognito-local.ts";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { type PagedCognito, startPagedCognito } from "../support/paged-cognito.ts";
import { type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { waitUntil } from "../support/wait.ts";

const PATIENCE_MS = 60_000;
const place = makePlace();
let cognito: CognitoLocal;
let paged: PagedCognito;
let sink: RecordingSink;
let sinkIsUp = true;
const taken: unknown[] = [];
let gateway: GatewayProcess;
let poolId: string;
let emptyPoolId: string;
/** By sub; two users of two pools may have one name. */
const names = new Map<unknown, string>();

beforeAll(async () => {
  cognito = await startCognitoLocal(place);
  paged = await startPagedCognito(cognito.url);
  sink = await startRecordingSink(({ body }) => {
    if (!sinkIsUp) return 503;
    taken.push(JSON.parse(body.toString()));
    return 204;
  });
  poolId = await cognito.createPool({ PoolName: "full" });
  emptyPoolId = await cognito.createPool({ PoolName: "empty" });
  for (let n = 1; n <= 200; n++) await createUser(`u${n}`);
  place.writeConfig(configuration());
}, 120_000);

afterAll(async () => {
  await place.remove();
  await sink?.close();
  await paged?.close();
  await cognito?.stop();
});

/** The emulator takes an email address for a name, and gives the sub as the username. */
const emailOf = (name: string) => `${name}@example.com`;

async function createUser(name: string, UserPoolId = poolId, sub?: string): Promise<void> {
  const Username = emailOf(name);
  const UserAttributes = [
    { Name: "email", Value: Username },
    ...(sub === undefined ? [] : [{ Name: "sub", Value: sub }]),
  ];
  const { User } = await cognito.client.send(
    new AdminCreateUserCommand({ UserPoolId, Username, UserAttributes, MessageAction: "SUPPRESS" }),
  );
  names.set(User?.Attributes?.find(({ Name }) => Name === "sub")?.Value, name);
}

const arnOf = (id: string) => `arn:aws:cognito-idp:local:123456789012:userpool/${id}`;

function configuration(): string {
  const pool = (id: string, more: object = {}) => ({
    arn: arnOf(id),
    auth: { credentials: { accessKeyID: "AKIAFAKEFAKEFAKE0001", secretAccessKey: "not-a-secret" } },
    endpoint: paged.url,
    poll: { listUsers: "PT0.2S" },
    listUsersRate: 200,
    // What stands before cognito-local knows ListUsers alone.
    identify: "none",
    ...more,
  });
  const delivery = { retry: 100, backoffPolicy: "constant", backoffDelay: "PT0.2S" };
  return JSON.stringify({
    pools: [pool(poolId), pool(emptyPoolId, { compat: "triggermesh" })],
    subscriptions: { all: { target: { url: sink.url, mode: "structured" }, delivery } },
  });
}

/** Every event that the sink took, each once, in words. */
function delivered(): readonly string[] {
  const events = new Map<string, string>();
  for (const event of taken) {
    const type = String(member(event, "type")).replace(/^com\.amazon\.cognito-idp\./, "");
    const data = member(event, "data");
    const sub = member(member(data, "user"), "sub") ?? member(attributesOf(data), "sub");
    events.set(`${member(event, "source")} ${member(event, "id")}`, `${type} ${names.get(sub)}`);
    if (type !== "sync_trigger") expect(parseEvent(event).type).toContain(type);
  }
  return [...events.values()].toSorted();
}

/** Of Go's UserType. */
function attributesOf(user: unknown): unknown {
  const list = member(user, "Attributes");
  return Object.fromEntries(Array.isArray(list) ? list.map(({ Name, Value }) => [Name, Value]) : []);
}

async function metrics(): Promise<string> {
  return (await fetch(`${gateway.url}/metrics`)).text();
}

/** How often this gateway came to the end of a scan of the pool. */
async function scans(id = poolId): Promise<number> {
  const line = (await metrics())
    .split("\n")
    .find((one) => one.startsWith(`poolcast_poll_scans_total{poll="listUsers",pool="${id}"`));
  return Number(line?.split(" ").at(-1) ?? 0);
}

/** So that whatever was done before was seen, absences twice. */
async function waitForScans(count: number, id = poolId): Promise<void> {
  const from = await scans(id);
  // The one under way may have begun before.
  await waitUntil(async () => (await scans(id)) >= from + count + 1, `${count} scans`, PATIENCE_MS);
}

async function poolDetail(id: string): Promise<unknown> {
  const ready: unknown = await (await fetch(`${gateway.url}/readyz`)).json();
  const pools = member(ready, "pools");
  return Array.isArray(pools) ? pools.find((pool) => member(pool, "arn") === arnOf(id)) : undefined;
}

const expected: string[] = [];

it("tells nothing of the users who are there at first, and of 185 who come, change and go all of it", async () => {
  gateway = await place.start();
  await waitUntil(async () => (await scans()) > 0 && (await scans(emptyPoolId)) > 0, "the baseline", PATIENCE_MS);
  expect(delivered()).toEqual([]);
  const users = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `u${from + n}`);
  const UserPoolId = poolId;
  for (const name of users(201, 250)) {
    await createUser(name);
    expected.push(`user.created ${name}`);
  }
  for (const name of users(1, 35)) {
    const UserAttributes = [{ Name: "given_name", Value: "Mara" }];
    await cognito.client.send(
      new AdminUpdateUserAttributesCommand({ UserPoolId, Username: emailOf(name), UserAttributes }),
    );
    expected.push(`user.updated ${name}`);
  }
  for (const name of users(36, 70)) {
    await cognito.client.send(new AdminDisableUserCommand({ UserPoolId, Username: emailOf(name) }));
    expected.push(`user.disabled ${name}`);
  }
  for (const name of users(71, 100)) {
    await cognito.client.send(
      new AdminSetUserPasswordCommand({
        UserPoolId,
        Username: emailOf(name),
        Password: "c4n4ry-Pass!",
        Permanent: true,
      }),
    );
    expected.push(`user.confirmed ${name}`);
  }
  for (const name of users(101, 135)) {
    await cognito.client.send(new AdminDeleteUserCommand({ UserPoolId, Username: emailOf(name) }));
    expected.push(`user.deleted ${name}`);
  }
  await waitUntil(() => delivered().length >= expected.length, "all of it is delivered", PATIENCE_MS);
  await waitForScans(2);
  expect(delivered()).toEqual(expected.toSorted());
}, 180_000);

it("asks as AWS wants to be asked: all pages, 60 a page, saying who asks", async () => {
  const [first, ...others] = paged.requests.filter(({ input }) => member(input, "UserPoolId") === poolId);
  expect(first?.input).toEqual({ UserPoolId: poolId, Limit: 60 });
  expect(others[0]?.input).toEqual({ UserPoolId: poolId, Limit: 60, PaginationToken: "60" });
  expect(first?.headers["user-agent"]).toContain("poolcast");
  expect(first?.headers.authorization).toContain("/local/cognito-idp/aws4_request");
});

it("sees the first user of an empty pool, and sends TriggerMesh's event beside its own", async () => {
  await createUser("first", emptyPoolId);
  expected.push("user.created first", "sync_trigger first");
  await waitUntil(() => delivered().length >= expected.length, "both are delivered", PATIENCE_MS);
  expect(delivered()).toEqual(expected.toSorted());
});

it("does not announce what a webhook announced", async () => {
  const sub = "4b8e3a4e-3a55-4a80-a7b3-0b5d7ee8d9f0";
  names.set(sub, "hooked");
  const record = cloudTrailRecord(undefined, {
    eventName: "AdminCreateUser",
    eventTime: `${new Date().toISOString().slice(0, 19)}Z`,
    awsRegion: "local",
    recipientAccountId: "123456789012",
    requestParameters: { userPoolId: emptyPoolId },
    responseElements: null,
    additionalEventData: { sub },
  });
  // Known before the user is there, so that no scan can be faster than the webhook.
  expect((await postJson(`${gateway.url}/ingest/cloudtrail`, record)).status).toBe(202);
  await createUser("hooked", emptyPoolId, sub);
  // By the webhook; and TriggerMesh's event in any case.
  expected.push("user.created hooked", "sync_trigger hooked");
  await waitForScans(2, emptyPoolId);
  await waitUntil(() => delivered().length >= expected.length, "all of it is delivered", PATIENCE_MS);
  expect(delivered()).toEqual(expected.toSorted());
}, 120_000);

it.each([
  ["a pool that was deleted", "ResourceNotFoundException", "not_found"],
  ["denied", "AccessDeniedException", "access_denied"],
  ["expired credentials", "ExpiredTokenException", "expired_credentials"],
])(
  "%s: that pool is named, others go on, nobody is deleted, and it recovers by itself",
  async (_, error, code) => {
    paged.refuse(poolId, error);
    await waitUntil(async () => member(await poolDetail(poolId), "error") === error, "the pool is named", PATIENCE_MS);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect(await metrics()).toContain(`poolcast_poll_failures_total{poll="listUsers",pool="${poolId}",code="${code}"}`);
    await waitForScans(2, emptyPoolId);
    expect(member(await poolDetail(emptyPoolId), "error")).toBeUndefined();
    const name = `after-${code}`;
    await createUser(name);
    expected.push(`user.created ${name}`);
    paged.refuse(poolId, undefined);
    await waitUntil(async () => member(await poolDetail(poolId), "error") === undefined, "it recovers", PATIENCE_MS);
    await waitForScans(2);
    await waitUntil(() => delivered().length >= expected.length, "all of it is delivered", PATIENCE_MS);
    expect(delivered()).toEqual(expected.toSorted());
  },
  120_000,
);

it("loses nothing by a throttle, a sink that is down, and a gateway that is killed", async () => {
  sinkIsUp = false;
  paged.refuse(poolId, "TooManyRequestsException");
  await createUser("throttled");
  await waitUntil(
    async () => (await metrics()).includes(`pool="${poolId}",code="throttled"}`),
    "a request is throttled",
    PATIENCE_MS,
  );
  paged.refuse(poolId, undefined);
  await waitForScans(1);
  await gateway.kill("SIGKILL");
  await createUser("while-down");
  await cognito.client.send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: emailOf("u36") }));
  await cognito.client.send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: emailOf("u37") }));
  expected.push("user.created throttled", "user.created while-down", "user.enabled u36", "user.deleted u37");
  gateway = await place.start();
  await waitForScans(2);
  sinkIsUp = true;
  await waitUntil(() => delivered().length >= expected.length, "all of it is delivered", PATIENCE_MS);
  await waitForScans(1);
  expect(delivered()).toEqual(expected.toSorted());
}, 180_000);

it("shows no user in logs and metrics", async () => {
  const shown = (await metrics()) + gateway.stderr();
  for (const secret of ["@example", ...names.keys(), "not-a-secret"]) expect(shown).not.toContain(secret);
  expect(shown).toContain(`poolcast_users_known{pool="${poolId}"}`);
  expect(shown).toContain(`poolcast_users_scan_age_seconds{pool="${poolId}"}`);
});
