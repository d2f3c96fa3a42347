/** The loop with nothing replaced: a SQLite file, the HTTP client, and a receiver that is in a bad mood. */
import { afterEach, describe, expect, it } from "vitest";
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
import { type Received, type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { openOwnSqliteBroker } from "../support/sqlite-broker.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function openBroker(): Promise<Broker> {
  const { broker, remove } = openOwnSqliteBroker();
  cleanups.push(remove);
  await broker.ensureSubscription({ subscription: SUBSCRIPTION, start: "earliest" });
  return broker;
}

async function openReceiver(answer: (request: Received) => number | Promise<number>): Promise<RecordingSink> {
  const receiver = await startRecordingSink(answer);
  cleanups.push(receiver.close);
  return receiver;
}

function start(broker: Broker, url: string, changes: Partial<SubscriptionOptions>) {
  const options = { ...OPTIONS, backoffDelayMs: 4, backoffMaxMs: 20, ...changes };
  const client = createUndiciClient({ connections: options.concurrency, egress: LOOPBACK_EGRESS });
  const sink = createHttpSink({ url, mode: "binary", secrets: [], headers: {} }, { client, clock: Date.now, sha256 });
  const metrics = createGatewayMetrics(createMetricsRegistry());
  const loop = startSubscriptionLoop(options, {
    broker,
    sink,
    clock: Date.now,
    random: Math.random,
    metrics,
    log: () => {},
    brokerLog: () => {},
    control: () => RUNNING,
    onDisabled: () => {},
  });
  broker.onAppend(loop.wake);
  return loop;
}

async function counts(broker: Broker) {
  const [one] = (await broker.stats()).subscriptions;
  return one;
}

function idsOf(received: readonly Received[]): readonly (string | string[] | undefined)[] {
  return received.map(({ headers }) => headers["ce-id"]);
}

describe("delivery over HTTP from a SQLite file", () => {
  it("brings every event through, with the same webhook-id and the same bytes at each try", async () => {
    const moods = [204, 503, 200, 500, 404, 204, 429];
    let requests = 0;
    const receiver = await openReceiver(() => moods[requests++ % moods.length] ?? 204);
    const broker = await openBroker();
    const ids = eventIds(60);
    const loop = start(broker, receiver.url, { concurrency: 8 });
    for (const id of ids) await broker.append({ events: [newEvent({ id, data: `{"is": "${id}", "is": 2.0}` })] });
    await waitUntil(async () => (await counts(broker))?.pending === 0, "everything is delivered");
    await loop.stop(1000);

    const seen = new Map(ids.map((id) => [id, receiver.received.filter(({ headers }) => headers["ce-id"] === id)]));
    for (const [id, tries] of seen) {
      expect(tries.length).toBeGreaterThan(0);
      expect(new Set(tries.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
      expect(new Set(tries.map(({ body }) => body.toString()))).toEqual(new Set([`{"is": "${id}", "is": 2.0}`]));
    }
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(60);
    expect(receiver.received.length).toBeGreaterThan(60);
    expect(await counts(broker)).toMatchObject({ pending: 0, leased: 0, dead: 0 });
  });

  it("goes on past requests that hang, and brings them through later", async () => {
    const hung = new Set<unknown>();
    const receiver = await openReceiver(({ headers }) => {
      const id = headers["ce-id"];
      if (String(id).endsWith("3") && !hung.has(id)) {
        hung.add(id);
        return new Promise(() => {});
      }
      return 204;
    });
    const broker = await openBroker();
    await broker.append({ events: eventIds(30).map(newEvent) });
    const loop = start(broker, receiver.url, { concurrency: 2, timeoutMs: 500 });
    await waitUntil(async () => (await counts(broker))?.pending === 0, "everything is delivered");
    await loop.stop(1000);
    expect(hung.size).toBe(3);
    expect([...idsOf(receiver.received)].sort()).toEqual([...eventIds(30), "e3", "e13", "e23"].sort());
  });

  it("gives back what hangs at a stop, and a second loop delivers it as a first try", async () => {
    let hanging = true;
    const receiver = await openReceiver(() => (hanging ? new Promise(() => {}) : 204));
    const broker = await openBroker();
    await broker.append({ events: eventIds(10).map(newEvent) });
    const loop = start(broker, receiver.url, { concurrency: 3 });
    await waitUntil(() => receiver.received.length === 3, "three requests hang");
    await loop.stop(50);
    expect(await counts(broker)).toMatchObject({ pending: 10, leased: 0 });
    hanging = false;
    const next = start(broker, receiver.url, { concurrency: 3, retry: 0 });
    await waitUntil(async () => (await counts(broker))?.pending === 0, "everything is delivered");
    await next.stop(1000);
    expect(await counts(broker)).toMatchObject({ dead: 0 });
    expect(idsOf(receiver.received.slice(3))).toEqual(expect.arrayContaining(eventIds(10)));
  });

  it("keeps the order of each key, with a sink that often refuses", async () => {
    let requests = 0;
    const receiver = await openReceiver(() => (++requests % 3 === 0 ? 503 : 204));
    const broker = await openBroker();
    const ids = eventIds(60);
    await broker.append({
      events: ids.map((id, at) => newEvent({ id, partitionKey: `user-${at % 5}` })),
    });
    const loop = start(broker, receiver.url, { concurrency: 4, ordering: "key" });
    await waitUntil(async () => (await counts(broker))?.pending === 0, "everything is delivered");
    await loop.stop(1000);
    for (let key = 0; key < 5; key++) {
      const wanted = ids.filter((_, at) => at % 5 === key);
      const came = idsOf(receiver.received)
        .map(String)
        .filter((id) => wanted.includes(id));
      expect([...new Set(came)]).toEqual(wanted);
      expect(came).toEqual([...came].sort((one, other) => ids.indexOf(one) - ids.indexOf(other)));
    }
  });

  it("asks an idle file a few times a second at most", async () => {
    const broker = await openBroker();
    let claims = 0;
    const watched: Broker = {
      ...broker,
      claim(params) {
        claims += 1;
        return broker.claim(params);
      },
    };
    const receiver = await openReceiver(() => 204);
    const loop = start(watched, receiver.url, {});
    await new Promise((done) => setTimeout(done, 200));
    await loop.stop(100);
    expect(claims).toBeLessThanOrEqual(2);
  });
});
