import { describe, expect, it } from "vitest";
import type { Broker, BrokerNotice } from "../../src/broker/broker.ts";
import {
  append,
  claim,
  claimAttempts,
  claimIds,
  DEAD,
  DELIVERED,
  deadIds,
  retryAt,
  settle,
  subscribe,
  subscribeAndAppend,
} from "../suites/broker/steps.ts";
import { DAY_MS, type RedisStage } from "../support/redis-broker.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { onRedisStages } from "../support/redis-stage.ts";

let server: RedisServer;
let stage: RedisStage;
onRedisStages(
  (fresh, on) => {
    stage = fresh;
    server = on;
  },
  { appendonly: "always" },
);

function noticesOf(broker: Broker): BrokerNotice[] {
  const notices: BrokerNotice[] = [];
  broker.onNotice((notice) => notices.push(notice));
  return notices;
}

describe("a redis broker whose store was lost", () => {
  it("makes its subscriptions anew after FLUSHALL, tells it once, and misses nothing that comes after", async () => {
    const notices = noticesOf(stage.broker);
    await subscribeAndAppend(stage.broker, "old");
    await stage.broker.ensureSubscription({ subscription: "latest", start: "latest" });
    await claim(stage.broker);
    await stage.command("FLUSHALL");
    await append(stage.broker, "new");
    expect(await claimIds(stage.broker)).toEqual(["new"]);
    expect(await claimIds(stage.broker, { subscription: "latest" })).toEqual(["new"]);
    for (let turn = 0; turn < 3; turn++) await claim(stage.broker);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({ kind: "store_lost", reason: expect.stringContaining(stage.stream) });
    expect(await stage.broker.listSubscriptions()).toEqual(["crm", "latest"]);
  });

  it("tells it also where nothing is appended, and by the same id from every handle", async () => {
    const other = stage.open();
    const notices = [noticesOf(stage.broker), noticesOf(other)];
    await subscribe(stage.broker);
    await subscribe(other);
    await stage.command("FLUSHALL");
    expect(await claimIds(stage.broker)).toEqual([]);
    expect(await claimIds(other)).toEqual([]);
    const ids = notices.flat().map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it("answers for a lost subscription as for one that has nothing, until it is claimed again", async () => {
    await subscribeAndAppend(stage.broker, "a");
    const { deliveries } = await claim(stage.broker);
    await stage.command("FLUSHALL");
    expect(await settle(stage.broker, deliveries, DELIVERED)).toEqual(["stale"]);
    expect(await stage.broker.nextDueAt({ subscription: "crm" })).toBeNull();
    expect(await deadIds(stage.broker)).toEqual([]);
    expect(await stage.broker.purge()).toEqual({ events: 0, deadLetters: 0, more: false });
    expect(await stage.broker.stats()).toMatchObject({ events: 0, bytes: 0, subscriptions: [] });
  });

  it("goes on where it had stopped where only the consumer group was destroyed", async () => {
    const notices = noticesOf(stage.broker);
    await subscribeAndAppend(stage.broker, "delivered", "waiting", "dead", "new");
    const { deliveries } = await claim(stage.broker, { limit: 3 });
    await settle(stage.broker, deliveries.slice(0, 1), DELIVERED);
    await settle(stage.broker, deliveries.slice(1, 2), retryAt(stage.now()));
    await settle(stage.broker, deliveries.slice(2), DEAD);
    await stage.command("XGROUP", "DESTROY", stage.stream, "default.crm");
    // Nobody knows what the group has yet to do.
    await stage.advance(3 * DAY_MS);
    expect((await stage.broker.purge()).events).toBe(0);
    expect(await claimAttempts(stage.broker)).toEqual(["waiting#2", "new#1"]);
    expect(await deadIds(stage.broker)).toEqual(["dead"]);
    expect(notices).toMatchObject([{ kind: "store_lost", reason: expect.stringContaining("crm") }]);
    // Also what waits is pending again, so that nobody trims it.
    expect(Object(await stage.command("XPENDING", stage.stream, "default.crm"))[0]).toBe(2);
  });

  it("begins at the beginning where only the stream was deleted", async () => {
    await subscribeAndAppend(stage.broker, "a");
    await claim(stage.broker, { leaseMs: 1000 });
    await stage.command("DEL", stage.stream);
    await append(stage.broker, "b");
    expect(await claimIds(stage.broker)).toEqual(["b"]);
    await stage.advance(1000);
    expect(await claim(stage.broker)).toMatchObject({ deliveries: [], died: [{ reason: "payload_trimmed" }] });
  });

  it("does not make a subscription anew that somebody removed", async () => {
    const other = stage.open();
    const notices = noticesOf(other);
    await subscribe(stage.broker);
    await subscribe(other);
    await append(other, "a");
    await stage.broker.removeSubscription({ subscription: "crm" });
    expect(await claimIds(other)).toEqual([]);
    expect(await other.listSubscriptions()).toEqual([]);
    expect(notices).toEqual([]);
  });

  it("goes on after the server forgot its scripts", async () => {
    await subscribeAndAppend(stage.broker, "a");
    await stage.command("SCRIPT", "FLUSH");
    expect(await append(stage.broker, "b", "a")).toEqual(["stored", "duplicate"]);
    const { deliveries } = await claim(stage.broker);
    await stage.command("SCRIPT", "FLUSH");
    expect(await settle(stage.broker, deliveries, DELIVERED)).toEqual(["ok", "ok"]);
  });

  it("has all that it had after a crash of the server", async () => {
    await subscribeAndAppend(stage.broker, "a", "b", "c");
    const { deliveries } = await claim(stage.broker, { limit: 2 });
    await settle(stage.broker, deliveries.slice(0, 1), DELIVERED);
    await server.kill();
    await expect(append(stage.broker, "d")).rejects.toMatchObject({ code: "broker_unavailable" });
    await server.restart();
    await stage.broker.stats().catch(() => {});
    const after = stage.open();
    expect(await append(after, "a", "d")).toEqual(["duplicate", "stored"]);
    expect(await claimIds(after)).toEqual(["c", "d"]);
    expect(await settle(after, deliveries, DELIVERED)).toEqual(["stale", "ok"]);
  });
});
