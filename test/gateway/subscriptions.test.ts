/** Many subscriptions on SQLite, of which few want what comes. */
import { afterEach, expect, it } from "vitest";
import type { Broker } from "../../src/broker/broker.ts";
import { cloudTrailRecord, eventBridgeEvent } from "../support/records.ts";
import { openOwnSqliteBroker } from "../support/sqlite-broker.ts";
import { openTestGateway, post } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const OTHERS = 200;
const EVENTS = 50;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it("leaves those that want other types alone while events come, and moves all of them on", async () => {
  const { broker: sqlite, remove } = openOwnSqliteBroker();
  cleanups.push(remove);
  const claims = new Map<string, number>();
  const broker: Broker = {
    ...sqlite,
    claim(params) {
      claims.set(params.subscription, (claims.get(params.subscription) ?? 0) + 1);
      return sqlite.claim(params);
    },
  };
  const claimsOfOthers = () => [...claims].reduce((sum, [name, count]) => sum + (name === "test" ? 0 : count), 0);
  const target = "target: { url: 'http://127.0.0.1:9/hook' }";
  const others = Array.from(
    { length: OTHERS },
    (_, at) => `  o${at}: { filters: [exact: { type: t.${at} }], ${target} }`,
  );
  const { gateway, request } = await openTestGateway(`subscriptions:\n  test: { ${target} }\n${others.join("\n")}`, {
    broker,
  });
  await gateway.start();
  cleanups.push(() => gateway.stop(0));
  await waitUntil(() => claims.size === OTHERS + 1, "every subscription looked once");
  const before = claimsOfOthers();
  for (let n = 0; n < EVENTS; n++) {
    const answer = await request(
      "/ingest/eventbridge",
      post(JSON.stringify(eventBridgeEvent(cloudTrailRecord(`r${n}`)))),
    );
    expect(answer.status).toBeLessThan(300);
  }
  // With each woken by each event there would be 10,000; their turns cost each of them a few.
  expect(claimsOfOthers() - before).toBeLessThan((OTHERS * EVENTS) / 5);
  await waitUntil(async () => {
    const { subscriptions } = await sqlite.stats();
    return subscriptions.every(({ pending }) => pending === 0);
  }, "nothing is pending anywhere");
  const metrics = await (await request("/metrics")).text();
  expect(metrics).toContain(`poolcast_delivered_total{subscription="test"} ${EVENTS}`);
  expect(metrics).toContain(`poolcast_dropped_total{subscription="o7",reason="filtered"} ${EVENTS}`);
}, 60_000);
