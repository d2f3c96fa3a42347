/** The real process on SQLite, polling a CloudTrail on loopback through the AWS SDK. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXPIRED, type FakeCloudTrail, startFakeCloudTrail } from "../support/fake-cloudtrail.ts";
import { type GatewayPlace, type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { waitUntil } from "../support/wait.ts";

const [ACCOUNT, REGION, KEY] = ["210987654321", "eu-central-1", "AKIAFAKEFAKEFAKE0001"];
const ARN = `arn:aws:cognito-idp:${REGION}:${ACCOUNT}:userpool/${REGION}_Kq3vX9TzP`;
const HOUR_MS = 3_600_000;

let fake: FakeCloudTrail;
let sink: RecordingSink;
let place: GatewayPlace;

beforeEach(async () => {
  fake = await startFakeCloudTrail();
  fake.key(KEY, ACCOUNT);
  sink = await startRecordingSink();
  place = makePlace();
});
afterEach(async () => {
  await place.remove();
  await sink.close();
  await fake.close();
});

function configure(settings = ""): void {
  place.writeConfig(`
pools:
  - arn: ${ARN}
    auth: { credentials: { accessKeyID: ${KEY}, secretAccessKey: not-a-secret } }
    poll: { lookupEvents: PT0.5S }
    identify: none
    ${settings}
ingest: { eventbridge: { apiKeys: [k] } }
subscriptions: { crm: { target: { url: "${sink.url}", mode: structured } } }
`);
}

const delivered = () => sink.received.map(({ headers }) => String(headers["webhook-id"]));

async function poolOf({ url }: GatewayProcess) {
  const response = await fetch(`${url}/readyz`);
  expect(response.status).toBe(200);
  const { pools } = (await response.json()) as { pools: readonly Record<string, unknown>[] };
  return pools[0];
}

describe("the process that polls", () => {
  it("is killed in the midst of a catch-up, and goes on from its checkpoint: each event once", async () => {
    configure(`cloudtrailEndpoint: ${fake.url}\n    backfill: PT10H`);
    const history = fake.history(ACCOUNT, REGION);
    const startMs = Date.now() - 10 * HOUR_MS;
    const ids = Array.from({ length: 1200 }, (_, n) => history.add(startMs + 60_000 + n * 29_000));
    await place.start().then(async (gateway) => {
      await waitUntil(() => delivered().length > 0, "the first slice was delivered");
      await gateway.kill("SIGKILL");
    });
    const before = new Set(delivered());
    expect(before.size).toBeLessThan(1200);
    const first = fake.requests.length;
    const gateway = await place.start();
    await waitUntil(() => new Set(delivered()).size === 1200, "all were delivered", 60_000);
    expect([...new Set(delivered())].toSorted()).toEqual(ids.toSorted());
    // It looked back by the overlap and no further: not to where the first scan began.
    const [again] = fake.requests.slice(first);
    expect(Number(again?.input.StartTime) * 1000).toBeGreaterThan(startMs + HOUR_MS);
    expect(fake.requests.every(({ userAgent }) => userAgent.includes("poolcast"))).toBe(true);
    await gateway.kill("SIGTERM");
  }, 120_000);

  it("names expired credentials, keeps asking with pauses, and recovers without a restart", async () => {
    configure(`cloudtrailEndpoint: ${fake.url}`);
    fake.key(KEY, ACCOUNT, EXPIRED);
    const id = fake.history(ACCOUNT, REGION).add(Date.now() - 60_000);
    const gateway = await place.start();
    await waitUntil(async () => (await poolOf(gateway))?.error !== undefined, "the pool was named");
    expect(await poolOf(gateway)).toMatchObject({ arn: ARN, error: "ExpiredTokenException" });
    const asked = fake.requests.length;
    await new Promise((done) => setTimeout(done, 1000));
    expect(fake.requests.length - asked).toBeLessThan(4);
    fake.key(KEY, ACCOUNT);
    await waitUntil(() => delivered().includes(id), "the event was delivered", 60_000);
    await waitUntil(async () => (await poolOf(gateway))?.error === undefined, "the pool was well again");
    expect(gateway.stderr()).not.toContain("not-a-secret");
    await gateway.kill("SIGTERM");
  }, 120_000);

  it("finds its endpoint and its credentials in the environment, and stops quickly in the midst of a request", async () => {
    place.writeConfig(`pools: [{ arn: "${ARN}", poll: { lookupEvents: PT0.5S } }]`);
    const gateway = await place.start({
      env: {
        AWS_ENDPOINT_URL_CLOUDTRAIL: fake.url,
        AWS_ACCESS_KEY_ID: KEY,
        AWS_SECRET_ACCESS_KEY: "not-a-secret",
      },
    });
    await waitUntil(() => fake.requests.length > 0, "it asked");
    fake.answerAfterMs = () => 60_000;
    const asked = fake.requests.length;
    await waitUntil(() => fake.requests.length > asked, "it waited for an answer");
    const startMs = performance.now();
    expect(await gateway.kill("SIGTERM")).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(8000);
    expect(gateway.stderr()).not.toContain("no effect");
  }, 60_000);
});
