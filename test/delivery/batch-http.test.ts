/** Batches with nothing replaced: a broker on disk or on Redis, the HTTP client, a receiver in a bad mood. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Broker } from "../../src/broker/broker.ts";
import { createGatewayMetrics } from "../../src/core/gateway-metrics.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";
import { RUNNING } from "../../src/delivery/control.ts";
import { type SubscriptionOptions, startSubscriptionLoop } from "../../src/delivery/subscription-loop.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { createUndiciClient } from "../../src/runtimes/undici-client.ts";
import { createHttpSink } from "../../src/sinks/http.ts";
import { eventIds, newEvent } from "../suites/broker/events.ts";
import { LOOPBACK_EGRESS } from "../support/egress.ts";
import { OPTIONS, SUBSCRIPTION } from "../support/loop-kit.ts";
import { type Received, startRecordingSink } from "../support/recording-sink.ts";
import { openTestRedisBroker } from "../support/redis-broker.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { openOwnSqliteBroker } from "../support/sqlite-broker.ts";
import { waitUntil } from "../support/wait.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(() => redis.stop());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let streams = 0;
const BROKERS: Readonly<Record<string, () => Broker>> = {
  "a SQLite file"() {
    const { broker, remove } = openOwnSqliteBroker();
    cleanups.push(remove);
    return broker;
  },
  "a Redis stream"() {
    const stream = `batches-${++streams}`;
    const broker = openTestRedisBroker({ config: { url: redis.url }, clock: Date.now, stream });
    cleanups.push(broker.close);
    return broker;
  },
};

function start(broker: Broker, url: string, changes: Partial<SubscriptionOptions>) {
  const options: SubscriptionOptions = {
    ...OPTIONS,
    backoffDelayMs: 4,
    backoffMaxMs: 20,
    batch: { maxEvents: 20, maxBytes: 65_536, lingerMs: 20 },
    ...changes,
  };
  const client = createUndiciClient({ connections: options.concurrency, egress: LOOPBACK_EGRESS });
  const sink = createHttpSink({ url, mode: "batch", secrets: [], headers: {} }, { client, clock: Date.now, sha256 });
  const metrics = createGatewayMetrics(createMetricsRegistry());
  const silent = () => {};
  const parts = { broker, sink, clock: Date.now, random: Math.random, metrics, log: silent, brokerLog: silent };
  const loop = startSubscriptionLoop(options, { ...parts, control: () => RUNNING, onDisabled: silent });
  broker.onAppend(loop.wake);
  return loop;
}

function idsOf({ body }: Received): readonly string[] {
  return JSON.parse(body.toString()).map(({ id }: { readonly id: string }) => id);
}

async function counts(broker: Broker) {
  return (await broker.stats()).subscriptions[0];
}

describe.each(Object.keys(BROKERS))("batches from %s", (name) => {
  async function openBroker(): Promise<Broker> {
    const broker = BROKERS[name]?.();
    if (!broker) throw new Error(name);
    await broker.ensureSubscription({ subscription: SUBSCRIPTION, start: "earliest" });
    return broker;
  }

  it("bring everything through, however the receiver behaves, and the same batch under the same id", async () => {
    const poison = new Set(["e13", "e77", "e150"]);
    const taken: string[] = [];
    const contents = new Map<unknown, string>();
    let requests = 0;
    const receiver = await startRecordingSink((request) => {
      const ids = idsOf(request);
      const id = request.headers["webhook-id"];
      expect(contents.get(id) ?? ids.join()).toBe(ids.join());
      contents.set(id, ids.join());
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length).toBeLessThanOrEqual(20);
      requests += 1;
      if (requests % 4 === 0) return [503, 500, 404, 429][(requests / 4) % 4] ?? 500;
      if (ids.some((one) => poison.has(one))) return 422;
      taken.push(...ids);
      return 204;
    });
    cleanups.push(receiver.close);
    const broker = await openBroker();
    const ids = eventIds(200);
    await broker.append({ events: ids.slice(0, 150).map(newEvent) });
    const loop = start(broker, receiver.url, {});
    for (const id of ids.slice(150)) await broker.append({ events: [newEvent(id)] });
    await waitUntil(async () => (await counts(broker))?.pending === 0, "everything is settled");
    await loop.stop(1000);
    expect(taken.toSorted()).toEqual(ids.filter((id) => !poison.has(id)).toSorted());
    expect(await counts(broker)).toMatchObject({ pending: 0, leased: 0, dead: 3 });
    const dead = await broker.listDead({ subscription: SUBSCRIPTION, limit: 10 });
    expect(dead.map(({ reason, detail }) => [reason, detail])).toEqual(Array(3).fill(["rejected", "status_422"]));
  });

  it("keep the order of each key", async () => {
    const taken: string[] = [];
    let requests = 0;
    const receiver = await startRecordingSink((request) => {
      requests += 1;
      const ids = idsOf(request);
      if (requests % 3 === 0) return ids.length > 1 ? 413 : 503;
      taken.push(...ids);
      return 204;
    });
    cleanups.push(receiver.close);
    const broker = await openBroker();
    const ids = eventIds(90);
    await broker.append({ events: ids.map((id, at) => newEvent({ id, partitionKey: `user-${at % 9}` })) });
    const loop = start(broker, receiver.url, { ordering: "key", concurrency: 3 });
    await waitUntil(async () => (await counts(broker))?.pending === 0, "everything is delivered");
    await loop.stop(1000);
    for (let key = 0; key < 9; key++) {
      const wanted = ids.filter((_, at) => at % 9 === key);
      expect(taken.filter((id) => wanted.includes(id))).toEqual(wanted);
    }
  });
});
