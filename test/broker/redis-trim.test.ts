import { describe, expect, it } from "vitest";
import { decodeAttributes } from "../../src/core/event.ts";
import {
  append,
  claim,
  claimIds,
  claimOne,
  DEAD,
  DELIVERED,
  deadIds,
  purgeAll,
  retryAt,
  settle,
  settleAll,
  subscribe,
  subscribeAndAppend,
  subscriptionStats,
} from "../suites/broker/steps.ts";
import { DAY_MS, type RedisStage } from "../support/redis-broker.ts";
import { onRedisStages } from "../support/redis-stage.ts";

let stage: RedisStage;
onRedisStages((fresh) => {
  stage = fresh;
});

async function warnings(): Promise<readonly string[]> {
  return (await stage.broker.check()).warnings ?? [];
}

async function length(): Promise<unknown> {
  return stage.command("XLEN", stage.stream);
}

describe("what the redis broker removes from the stream", () => {
  it("keeps what a group of keepGroups has not been given, or has pending", async () => {
    const keeping = stage.open({ keepGroups: ["mesh.one"] });
    await append(keeping, "a", "b", "c");
    await stage.command("XGROUP", "CREATE", stage.stream, "mesh.one", "0");
    await stage.advance(3 * DAY_MS);
    expect(await purgeAll(keeping)).toEqual({ events: 0, deadLetters: 0 });
    await stage.command("XREADGROUP", "GROUP", "mesh.one", "m", "COUNT", 2, "STREAMS", stage.stream, ">");
    expect(await purgeAll(keeping)).toEqual({ events: 0, deadLetters: 0 });
    const [first] = Object(await stage.command("XRANGE", stage.stream, "-", "+", "COUNT", 1));
    await stage.command("XACK", stage.stream, "mesh.one", first[0]);
    expect(await purgeAll(keeping)).toEqual({ events: 1, deadLetters: 0 });
    expect(await length()).toBe(2);
    // What nobody asked to keep it for may go.
    expect(await purgeAll(stage.broker)).toEqual({ events: 2, deadLetters: 0 });
  });

  it("says where a group of keepGroups does not exist", async () => {
    const keeping = stage.open({ keepGroups: ["mesh.one", "mesh.two"] });
    await append(keeping, "a");
    await stage.command("XGROUP", "CREATE", stage.stream, "mesh.one", "0");
    const { warnings: said = [] } = await keeping.check();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("mesh.two");
  });

  it("keeps what a gateway with another group has not settled", async () => {
    const other = stage.open({ group: "other" });
    await subscribe(other);
    await append(stage.broker, "a", "b");
    await stage.advance(3 * DAY_MS);
    expect((await purgeAll(stage.broker)).events).toBe(0);
    await settle(other, [await claimOne(other)], DELIVERED);
    expect((await purgeAll(stage.broker)).events).toBe(1);
    expect(await claimIds(other)).toEqual(["b"]);
  });

  it("keeps what another broker has pending in a group that it shares with us", async () => {
    await subscribeAndAppend(stage.broker, "a", "b");
    await stage.command("XREADGROUP", "GROUP", "default.crm", "mesh", "COUNT", 1, "STREAMS", stage.stream, ">");
    await settleAll(stage.broker, DELIVERED);
    await stage.advance(3 * DAY_MS);
    expect((await purgeAll(stage.broker)).events).toBe(1);
    expect(await length()).toBe(1);
  });

  it("lets go of what is settled from among many that must stay, some at a time", async () => {
    const ids = Array.from({ length: 1500 }, (_, at) => `e${at}`);
    await subscribeAndAppend(stage.broker, ...ids);
    const { deliveries } = await claim(stage.broker, { limit: 1500 });
    await settle(
      stage.broker,
      deliveries.filter((_, at) => at % 3 === 0),
      retryAt(stage.now() + 90 * DAY_MS),
    );
    await settle(
      stage.broker,
      deliveries.filter((_, at) => at % 3 === 1),
      DEAD,
    );
    await settle(
      stage.broker,
      deliveries.filter((_, at) => at % 3 === 2),
      DELIVERED,
    );
    await stage.advance(3 * DAY_MS);
    expect((await purgeAll(stage.broker)).events).toBe(500);
    expect(await length()).toBe(1000);
    expect(await subscriptionStats(stage.broker)).toMatchObject({ pending: 500, dead: 500 });
    await stage.advance(8 * DAY_MS);
    expect(await purgeAll(stage.broker)).toEqual({ events: 500, deadLetters: 500 });
  });

  it("is not told of its own purges as of somebody else's", async () => {
    await subscribeAndAppend(stage.broker, "a", "b", "c");
    await stage.broker.stats();
    const { deliveries } = await claim(stage.broker);
    await settle(stage.broker, deliveries.slice(0, 1), DELIVERED);
    await stage.advance(3 * DAY_MS);
    for (const left of [deliveries.slice(1, 2), deliveries.slice(2)]) {
      expect((await purgeAll(stage.broker)).events).toBe(1);
      expect((await stage.broker.stats()).foreignTrims).toBe(0);
      await settle(stage.broker, left, DELIVERED);
    }
    expect((await purgeAll(stage.broker)).events).toBe(1);
    await append(stage.broker, "d");
    expect((await stage.broker.stats()).foreignTrims).toBe(0);
    expect(await warnings()).toEqual([]);
  });
});

describe("what others remove from the stream", () => {
  it("is noticed, once for each time", async () => {
    await subscribeAndAppend(stage.broker, "a", "b", "c");
    await stage.broker.stats();
    await stage.command("XTRIM", stage.stream, "MAXLEN", 1);
    for (let look = 0; look < 2; look++) expect((await stage.broker.stats()).foreignTrims).toBe(1);
    expect((await warnings()).join()).toMatch(/somebody else removed entries.*stream-max-len 0/);
    await append(stage.broker, "d", "e");
    await stage.command("XTRIM", stage.stream, "MAXLEN", 1);
    expect((await stage.open().stats()).foreignTrims).toBe(2);
  });

  it("does not leave the backlog miscounted", async () => {
    await subscribeAndAppend(stage.broker, "a", "b", "c", "d");
    await settle(stage.broker, [await claimOne(stage.broker)], DELIVERED);
    await stage.broker.stats();
    await stage.command("XTRIM", stage.stream, "MAXLEN", 2);
    expect((await subscriptionStats(stage.broker)).pending).toBe(2);
    await append(stage.broker, "e");
    expect((await subscriptionStats(stage.broker)).pending).toBe(3);
    expect(await claimIds(stage.broker)).toEqual(["c", "d", "e"]);
    await append(stage.broker, "f");
    await stage.command("XDEL", stage.stream, String(Object(await stage.command("XINFO", "STREAM", stage.stream))[7]));
    expect(await claim(stage.broker)).toMatchObject({ deliveries: [], more: false });
    expect((await subscriptionStats(stage.broker)).pending).toBe(3);
  });

  it("becomes a dead letter where it was not settled, and the rest goes on", async () => {
    await subscribeAndAppend(stage.broker, "waiting", "leased", "kept");
    const { deliveries } = await claim(stage.broker, { leaseMs: 1000 });
    await settle(stage.broker, deliveries.slice(0, 1), retryAt(stage.now() + 500));
    await settle(stage.broker, deliveries.slice(2), retryAt(stage.now() + 500));
    await stage.command("XTRIM", stage.stream, "MAXLEN", 1);
    await stage.advance(1000);
    const again = await claim(stage.broker);
    expect(again.deliveries.map(({ event }) => decodeAttributes(event).id)).toEqual(["kept"]);
    const lost = deliveries.slice(0, 2).map(({ position }) => ({ position, reason: "payload_trimmed" }));
    expect(again.died).toMatchObject(lost);
    const letters = await stage.broker.listDead({ subscription: "crm", limit: 10 });
    expect(letters).toMatchObject(lost.map((one) => ({ ...one, attempt: 2 })));
    expect(await deadIds(stage.broker)).toEqual(lost.map(({ position }) => position));
  });

  it("does not keep a key from going on whose event is gone", async () => {
    await subscribeAndAppend(stage.broker, { id: "a1", partitionKey: "a" }, { id: "a2", partitionKey: "a" });
    await claim(stage.broker, { ordering: "key", leaseMs: 1000 });
    const [first] = Object(await stage.command("XRANGE", stage.stream, "-", "+", "COUNT", 1));
    await stage.command("XDEL", stage.stream, first[0]);
    await stage.advance(1000);
    expect(await claimIds(stage.broker, { ordering: "key" })).toEqual([]);
    expect(await claimIds(stage.broker, { ordering: "key" })).toEqual(["a2"]);
  });

  it("does no harm to a delivery that is on its way", async () => {
    await subscribeAndAppend(stage.broker, "a");
    const delivery = await claimOne(stage.broker);
    await stage.command("XTRIM", stage.stream, "MAXLEN", 0);
    expect(await settle(stage.broker, [delivery], DELIVERED)).toEqual(["ok"]);
    expect(await deadIds(stage.broker)).toEqual([]);
  });
});
