/** Two gateways on one Redis and one pool: one of them polls, and the other one when it dies. */
import { afterEach, expect, it } from "vitest";
import { startFakeCloudTrail } from "../support/fake-cloudtrail.ts";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { waitUntil } from "../support/wait.ts";

const [ACCOUNT, REGION, KEY] = ["210987654321", "eu-central-1", "AKIAFAKEFAKEFAKE0001"];
const ARN = `arn:aws:cognito-idp:${REGION}:${ACCOUNT}:userpool/${REGION}_Kq3vX9TzP`;
/** A lease of a minute, the pause between two scans, and how often somebody who stands by looks. */
const TAKE_OVER_MS = 60_000 + 500 + 10_000;
const SLACK_MS = 20_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function pollState({ url }: GatewayProcess): Promise<string> {
  const { pools } = await (await fetch(`${url}/readyz`)).json();
  return pools[0].poll.lookupEvents.state;
}

it("is one gateway's at a time, and another's within the lease time after a SIGKILL", {
  timeout: 150_000,
}, async () => {
  const redis = await startRedisServer({ appendonly: "always" });
  cleanups.push(redis.remove);
  const fake = await startFakeCloudTrail();
  cleanups.push(() => fake.close());
  fake.key(KEY, ACCOUNT);
  const history = fake.history(ACCOUNT, REGION);
  const sink = await startRecordingSink();
  cleanups.push(() => sink.close());
  const place = makePlace();
  cleanups.push(place.remove);
  place.writeConfig(`
broker: { kind: redis, url: "${redis.url}" }
pools:
  - arn: ${ARN}
    auth: { credentials: { accessKeyID: ${KEY}, secretAccessKey: not-a-secret } }
    poll: { lookupEvents: PT0.5S }
    identify: none
    cloudtrailEndpoint: ${fake.url}
subscriptions: { crm: { target: { url: "${sink.url}" } } }
`);
  const delivered = () => sink.received.map(({ headers }) => String(headers["webhook-id"]));
  const ids = [history.add(Date.now() - 60_000)];

  const first = await place.start();
  await waitUntil(() => delivered().length === 1, "the first one polls");
  const second = await place.start();
  await waitUntil(async () => (await pollState(second)) === "standby", "the second one stands by");
  for (let n = 0; n < 5; n++) {
    ids.push(history.add(Date.now() - 30_000));
    await waitUntil(() => delivered().length === ids.length, "an event was seen");
    expect(await pollState(second)).toBe("standby");
  }

  await first.kill("SIGKILL");
  const killedAtMs = performance.now();
  ids.push(history.add(Date.now() - 1000));
  await waitUntil(() => delivered().length === ids.length, "the second one took over", TAKE_OVER_MS + SLACK_MS);
  expect(performance.now() - killedAtMs).toBeLessThan(TAKE_OVER_MS + SLACK_MS);
  expect(delivered().toSorted()).toEqual(ids.toSorted());
});
