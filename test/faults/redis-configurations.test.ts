/** Two gateways on one Redis, of which one starts again with a configuration that is not the newest. */
import { afterEach, expect, it } from "vitest";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it("does not take the backlog from a subscription that a newer configuration added", { timeout: 60_000 }, async () => {
  const redis = await startRedisServer();
  cleanups.push(redis.remove);
  let isAway = true;
  const added = await startRecordingSink(() => (isAway ? 503 : 204));
  const known = await startRecordingSink();
  cleanups.push(added.close, known.close);
  const configure = (...subscriptions: readonly string[]) => {
    const place = makePlace();
    cleanups.push(place.remove);
    place.writeConfig(`
broker: { kind: redis, url: "${redis.url}" }
subscriptions:
${subscriptions.map((one) => `  ${one}`).join("\n")}
`);
    return place;
  };
  const delivery = "delivery: { backoffDelay: PT0.1S, backoffMax: PT1S }";
  const newer = configure(
    `known: { target: { url: "${known.url}" } }`,
    `added: { target: { url: "${added.url}" }, ${delivery} }`,
  );
  const older = configure(`known: { target: { url: "${known.url}" } }`);

  const gateway = await newer.start();
  const ids = ["r1", "r2", "r3"];
  for (const id of ids) {
    const answer = await postJson(`${gateway.url}/ingest/cloudtrail`, cloudTrailRecord(id));
    expect(answer.status).toBeLessThan(300);
  }
  await waitUntil(() => known.received.length === 3, "the events were delivered");
  const old = await older.start();
  await waitUntil(() => old.stderr().includes('"subscription":"added"'), "the older one tells what it does not know");
  expect(old.stderr()).toContain("is not in this configuration");
  expect(old.stderr()).not.toContain("its backlog is dropped");
  isAway = false;
  await waitUntil(() => new Set(deliveredTo(added)).size === 3, "the backlog was delivered");
  expect(new Set(deliveredTo(added))).toEqual(new Set(deliveredTo(known)));
});

function deliveredTo({ received }: Awaited<ReturnType<typeof startRecordingSink>>): readonly string[] {
  return received.map(({ headers }) => String(headers["webhook-id"]));
}
