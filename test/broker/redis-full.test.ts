/** What the suite asks of a broker's own limit, asked of `maxmemory`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokerFailureCode } from "../../src/broker/broker.ts";
import { eventId, newEvent } from "../suites/broker/events.ts";
import { fill, PADDING } from "../suites/broker/fill.ts";
import {
  append,
  claimAll,
  claimOne,
  DEAD,
  DELIVERED,
  deadIds,
  nextDueAt,
  purgeAll,
  RELEASE,
  retryAt,
  settle,
  subscribe,
} from "../suites/broker/steps.ts";
import { DAY_MS, openRedisStage } from "../support/redis-broker.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

/** Events of `fill` that would take ten times the room that Redis has. */
const TEN_TIMES = 1000;

let server: RedisServer;

beforeAll(async () => {
  server = await startRedisServer({ maxmemory: "64mb" });
});
afterAll(() => server.remove());

async function usedMemory(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(String(await server.command("INFO", "memory")))?.[1]);
}

/** From now on there is room for about 1 MB. */
async function shrink(): Promise<void> {
  await server.command("CONFIG", "SET", "maxmemory", (await usedMemory()) + 1024 * 1024);
}

describe("the redis broker on a full Redis", () => {
  it("refuses events with broker_full and loses none; does all the rest; has room again after a purge", async () => {
    const stage = openRedisStage(server);
    const { broker } = stage;
    await subscribe(broker);
    await broker.append({ events: [], state: [{ collection: "c", key: "k", value: "before" }] });
    await shrink();
    const stored = await fill(broker, "e", TEN_TIMES);
    expect(stored.length).toBeGreaterThan(16);
    // Full for good, not just for so large a request.
    await server.command("CONFIG", "SET", "maxmemory", (await usedMemory()) - 64 * 1024);
    expect(await broker.check()).toMatchObject({ writable: false, code: "broker_full" });

    const batch = [newEvent("new"), newEvent({ id: "new too", data: PADDING })];
    const state = [{ collection: "c", key: "k", value: "with an event" }];
    expect(await broker.append({ events: batch, state }).catch(brokerFailureCode)).toBe("broker_full");
    expect((await broker.stats()).events).toBe(stored.length);
    const again = stored.slice(0, 4).map((id) => newEvent({ id, data: PADDING }));
    expect(await broker.append({ events: again })).toEqual(again.map(() => "duplicate"));
    await broker.append({ events: again, state: [{ collection: "c", key: "k", value: "alone", ifVersion: 1 }] });
    expect(await broker.getState({ collection: "c", keys: ["k"] })).toEqual([{ key: "k", value: "alone", version: 2 }]);

    const first = await claimOne(broker);
    expect(await settle(broker, [first], DEAD)).toEqual(["ok"]);
    expect(await deadIds(broker)).toEqual(stored.slice(0, 1));
    expect(await broker.requeueDead({ subscription: "crm", positions: [first.position] })).toBe(1);
    expect(await nextDueAt(broker)).toBe(0);
    await settle(broker, [await claimOne(broker)], retryAt(stage.now()));
    await settle(broker, [await claimOne(broker)], RELEASE);
    await subscribe(broker, "late");
    expect(eventId(await claimOne(broker, { subscription: "late", ordering: "key" }))).toBe(stored[0]);
    expect(await broker.removeSubscription({ subscription: "late" })).toEqual({ dropped: stored.length });
    const { deliveries } = await claimAll(broker, { limit: 1000 });
    expect(deliveries.map(eventId)).toEqual(stored);
    expect(await settle(broker, deliveries, DELIVERED)).toEqual(stored.map(() => "ok"));

    await stage.advance(3 * DAY_MS);
    expect((await purgeAll(broker)).events).toBe(stored.length);
    expect(await append(broker, "after")).toEqual(["stored"]);
    expect((await claimAll(broker)).deliveries.map(eventId)).toEqual(["after"]);
    await server.command("CONFIG", "SET", "maxmemory", "64mb");
    await stage.close();
  });

  it("stores nothing of a batch for which there is no room", async () => {
    const stage = openRedisStage(server);
    await subscribe(stage.broker);
    await shrink();
    const batch = Array.from({ length: 1000 }, (_, at) => ({ id: `e${at}`, data: PADDING }));
    expect(await append(stage.broker, ...batch).catch(brokerFailureCode)).toBe("broker_full");
    await server.command("CONFIG", "SET", "maxmemory", "64mb");
    expect((await stage.broker.stats()).events).toBe(0);
    expect(await append(stage.broker, ...batch.slice(0, 8))).toEqual(Array.from({ length: 8 }, () => "stored"));
    await stage.close();
  });

  it("warns of a policy by which Redis may evict the stream", async () => {
    const stage = openRedisStage(server);
    expect((await stage.broker.check()).warnings).toBeUndefined();
    await server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    expect((await stage.broker.check()).warnings?.join()).toContain("allkeys-lru");
    await server.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    await stage.close();
  });
});
