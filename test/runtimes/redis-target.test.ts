/** The whole gateway with a SQLite broker and a Redis target. */
import { afterEach, expect, it } from "vitest";
import { makePlace } from "../support/gateway-process.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it("delivers to a Redis stream, outlasts its crash, and says so in a few lines without the password", async () => {
  const redis = await startRedisServer({ appendonly: "always", requirepass: "correct-horse" });
  cleanups.push(() => redis.remove());
  const place = makePlace();
  cleanups.push(() => place.remove());
  const url = redis.url.replace("//", "//:correct-horse@");
  place.writeConfig(`
subscriptions:
  warehouse:
    target: { redis: { url: "${url}", stream: cognito, maxLen: 1000 } }
    delivery: { backoffDelay: PT0.1S, backoffMax: PT0.5S, retry: 1000, timeout: PT1S }
`);
  const gateway = await place.start();
  const post = (...ids: readonly string[]) =>
    postJson(`${gateway.url}/ingest/cloudtrail`, { Records: ids.map((id) => cloudTrailRecord(id)) });
  const ids = async () => {
    const entries = (await redis.command("XRANGE", "cognito", "-", "+")) as [string, string[]][];
    return entries.map(([, [, ce = ""]]) => JSON.parse(ce).id as string);
  };

  await post("before");
  await waitUntil(async () => (await ids()).includes("before"), "the first event is there");
  const linesBefore = gateway.stderr().split("\n").length;
  await redis.kill();
  await post("during");
  const killedAtMs = performance.now();
  await new Promise((done) => setTimeout(done, 3000));
  const lines = gateway
    .stderr()
    .split("\n")
    .slice(linesBefore - 1)
    .filter((line) => line !== "");
  expect((lines.length * 1000) / (performance.now() - killedAtMs)).toBeLessThan(2);
  expect(lines.join("\n")).toContain("subscriptions.warehouse.target.redis");
  await redis.restart();
  await post("after");
  await waitUntil(async () => new Set(await ids()).size === 3, "all three are there");
  expect(await gateway.kill("SIGTERM")).toBe(0);
  expect(gateway.stderr() + gateway.stdout()).not.toContain("horse");
});
