import { expect } from "vitest";
import type { Broker, Forward, ForwardVerdict, SettleVerdict } from "../../../src/broker/broker.ts";
import { eventId, eventIds } from "./events.ts";
import { DAY, HOUR, type Scenario } from "./harness.ts";
import {
  append,
  claimAttempts,
  claimOne,
  DEAD,
  deadIds,
  LEASE_MS,
  purgeAll,
  SUBSCRIPTION,
  settle,
  settleAll,
  subscribe,
  subscribeAndAppend,
  subscriptionStats,
} from "./steps.ts";

const NOTE = '{"to":"https://a.example/?x=1|2","data":"aGk="} ü😀';
const DIED: SettleVerdict = { kind: "dead", reason: "rejected", detail: "status_422", forward: NOTE };
const DONE: ForwardVerdict = { kind: "done" };

function claimForwards(broker: Broker, limit = 100, leaseMs = LEASE_MS): Promise<readonly Forward[]> {
  return broker.claimForwards({ subscription: SUBSCRIPTION, limit, leaseMs });
}

/** As `e1#1`: the id and the number of the try. */
async function claimTries(broker: Broker, limit?: number): Promise<readonly string[]> {
  return (await claimForwards(broker, limit)).map((one) => `${eventId(one)}#${one.tries}`);
}

function settleForwards(broker: Broker, forwards: readonly Forward[], verdict: ForwardVerdict) {
  const settlements = forwards.map(({ token }) => ({ token, verdict }));
  return broker.settleForwards({ subscription: SUBSCRIPTION, settlements });
}

function nextDueAt(broker: Broker): Promise<number | null> {
  return broker.nextForwardDueAt({ subscription: SUBSCRIPTION });
}

async function subscribeAndBury(broker: Broker, ...ids: readonly string[]): Promise<void> {
  await subscribeAndAppend(broker, ...ids);
  await settleAll(broker, DIED);
}

export function forwardsTests(it: Scenario): void {
  it("hands out a dead letter that is to be forwarded, whole, with its note", async ({ broker, now }) => {
    await subscribeAndAppend(broker, "a");
    const delivery = await claimOne(broker);
    await settle(broker, [delivery], DIED);
    const [forward, ...others] = await claimForwards(broker);
    expect(others).toEqual([]);
    expect(forward).toMatchObject({
      position: delivery.position,
      reason: "rejected",
      detail: "status_422",
      attempt: 1,
      diedAtMs: now(),
      tries: 1,
      note: NOTE,
    });
    expect(forward?.event).toEqual(delivery.event);
  });

  it("forwards none that died without a note", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, DEAD);
    expect(await claimForwards(broker)).toEqual([]);
    expect(await nextDueAt(broker)).toBeNull();
    expect((await subscriptionStats(broker)).forwards).toBe(0);
  });

  it("forwards one without a detail, and with a note of 4 KiB", async ({ broker }) => {
    const forward = "n".repeat(4096);
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, { kind: "dead", reason: "max_age", forward });
    const [one] = await claimForwards(broker);
    expect([one?.detail, one?.note]).toEqual([undefined, forward]);
  });

  it("leases a forward: nobody else is given it, until the lease ends", async ({ broker, advance, now }) => {
    await subscribeAndBury(broker, "a");
    expect(await nextDueAt(broker)).toBe(0);
    expect(await claimTries(broker)).toEqual(["a#1"]);
    expect(await claimTries(broker)).toEqual([]);
    expect(await nextDueAt(broker)).toBe(now() + LEASE_MS);
    await advance(LEASE_MS);
    expect(await claimTries(broker)).toEqual(["a#2"]);
  });

  it("keeps the dead letter when its forwarding is done", async ({ broker, advance }) => {
    await subscribeAndBury(broker, "a");
    expect(await settleForwards(broker, await claimForwards(broker), DONE)).toEqual(["ok"]);
    await advance(HOUR);
    expect(await claimForwards(broker)).toEqual([]);
    expect(await nextDueAt(broker)).toBeNull();
    expect(await deadIds(broker)).toEqual(["a"]);
    expect(await subscriptionStats(broker)).toMatchObject({ dead: 1, forwards: 0, pending: 0 });
  });

  it("offers a forward again at the time of its retry, with what counts counted", async ({ broker, advance, now }) => {
    await subscribeAndBury(broker, "a", "b", "c");
    const [a, b, c] = await claimForwards(broker);
    if (!a || !b || !c) throw new Error("not all were offered");
    await settleForwards(broker, [a], { kind: "retry", atMs: now() + 2000, counts: true });
    await settleForwards(broker, [b], { kind: "retry", atMs: now() + 1000, counts: false });
    await settleForwards(broker, [c], { kind: "release" });
    expect(await claimTries(broker)).toEqual(["c#1"]);
    expect(await nextDueAt(broker)).toBe(now() + 1000);
    await advance(999);
    expect(await claimTries(broker)).toEqual([]);
    await advance(1001);
    expect(await claimTries(broker)).toEqual(["b#1", "a#2"]);
  });

  it("hands out at most limit forwards, the longest due first", async ({ broker, advance, now }) => {
    await subscribeAndBury(broker, ...eventIds(3));
    const [first] = await claimForwards(broker, 1);
    if (!first) throw new Error("nothing was offered");
    expect(eventId(first)).toBe("e1");
    await settleForwards(broker, [first], { kind: "retry", atMs: now() + 10, counts: true });
    await advance(10);
    expect(await claimTries(broker, 2)).toEqual(["e2#1", "e3#1"]);
    expect(await claimTries(broker, 2)).toEqual(["e1#2"]);
    expect(await claimForwards(broker, 0)).toEqual([]);
  });

  it("takes no token of a forward twice, nor one whose lease was lost, nor what is none", async ({
    broker,
    advance,
  }) => {
    await subscribeAndBury(broker, "a");
    const lost = await claimForwards(broker);
    await advance(LEASE_MS);
    const held = await claimForwards(broker);
    expect(await settleForwards(broker, lost, DONE)).toEqual(["stale"]);
    expect(await settleForwards(broker, held, DONE)).toEqual(["ok"]);
    expect(await settleForwards(broker, held, DONE)).toEqual(["stale"]);
    const settlements = ["", "nonsense", "1.1", "1-1.x"].map((token) => ({ token, verdict: DONE }));
    expect(await broker.settleForwards({ subscription: SUBSCRIPTION, settlements })).toEqual(Array(4).fill("stale"));
  });

  it("takes no token of a delivery for a forward, nor the other way round", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", "b");
    const a = await claimOne(broker);
    const b = await claimOne(broker);
    await settle(broker, [a], DIED);
    const forwards = await claimForwards(broker);
    const asForwards = [a, b].map(({ token }) => ({ token, verdict: DONE }));
    expect(await broker.settleForwards({ subscription: SUBSCRIPTION, settlements: asForwards })).toEqual([
      "stale",
      "stale",
    ]);
    const asDeliveries = forwards.map(({ token }) => ({ token, verdict: { kind: "delivered" } as const }));
    expect(await broker.settle({ subscription: SUBSCRIPTION, settlements: asDeliveries })).toEqual(["stale"]);
    expect(await settleForwards(broker, forwards, DONE)).toEqual(["ok"]);
  });

  it("forwards no more what was put back, and anew what dies again", async ({ broker }) => {
    await subscribeAndBury(broker, "a");
    const before = await claimForwards(broker);
    const positions = before.map(({ position }) => position);
    expect(await broker.requeueDead({ subscription: SUBSCRIPTION, positions })).toBe(1);
    expect(await settleForwards(broker, before, DONE)).toEqual(["stale"]);
    expect(await nextDueAt(broker)).toBeNull();
    expect((await subscriptionStats(broker)).forwards).toBe(0);
    expect(await claimAttempts(broker)).toEqual(["a#1"]);
  });

  it("forwards no more what was dropped, or is delivered once more", async ({ broker }) => {
    await subscribeAndBury(broker, "a", "b", "c");
    const before = await claimForwards(broker);
    const [a = "", b = ""] = before.map(({ position }) => position);
    expect(await broker.dropDead({ subscription: SUBSCRIPTION, positions: [a] })).toBe(1);
    expect(await broker.redeliver({ subscription: SUBSCRIPTION, positions: [b] })).toBe(1);
    expect((await subscriptionStats(broker)).forwards).toBe(1);
    expect(await settleForwards(broker, before, DONE)).toEqual(["stale", "stale", "ok"]);
    expect(await deadIds(broker)).toEqual(["c"]);
  });

  it("forwards what was put back and died again, with a first try", async ({ broker }) => {
    await subscribeAndBury(broker, "a");
    const positions = (await claimForwards(broker)).map(({ position }) => position);
    await broker.requeueDead({ subscription: SUBSCRIPTION, positions });
    await settleAll(broker, DIED);
    expect(await claimTries(broker)).toEqual(["a#1"]);
  });

  it("forwards nothing that purge has let go of", async ({ broker, advance, limits }) => {
    await subscribeAndBury(broker, "a");
    await advance(limits.deadRetentionMs + DAY);
    expect((await purgeAll(broker)).deadLetters).toBe(1);
    expect(await claimForwards(broker)).toEqual([]);
    expect(await nextDueAt(broker)).toBeNull();
    expect((await subscriptionStats(broker)).forwards).toBe(0);
  });

  it("keeps the forwards of subscriptions apart, and ends those of one that is removed", async ({ broker }) => {
    await subscribe(broker, "one");
    await subscribe(broker, "two");
    await append(broker, "a");
    await settleAll(broker, DIED, "one");
    await settleAll(broker, DIED, "two");
    const claimed = await broker.claimForwards({ subscription: "one", limit: 10, leaseMs: LEASE_MS });
    const settlements = claimed.map(({ token }) => ({ token, verdict: DONE }));
    expect(claimed).toHaveLength(1);
    expect(await broker.settleForwards({ subscription: "one", settlements })).toEqual(["ok"]);
    expect((await subscriptionStats(broker, "two")).forwards).toBe(1);
    await broker.removeSubscription({ subscription: "two" });
    await subscribe(broker, "two");
    expect(await broker.claimForwards({ subscription: "two", limit: 10, leaseMs: LEASE_MS })).toEqual([]);
    expect((await subscriptionStats(broker, "two")).forwards).toBe(0);
  });

  it("knows no forwards of a subscription that it does not know", async ({ broker }) => {
    expect(await claimForwards(broker)).toEqual([]);
    expect(await nextDueAt(broker)).toBeNull();
  });

  it(
    "still forwards after a crash, with the tries it had",
    async ({ broker, crash, advance, now }) => {
      await subscribeAndBury(broker, "a", "b");
      const [a] = await claimForwards(broker, 1);
      if (!a) throw new Error("nothing was offered");
      await settleForwards(broker, [a], { kind: "retry", atMs: now() + 1000, counts: true });
      await claimForwards(broker, 1);
      const next = await crash();
      await advance(LEASE_MS);
      expect((await claimTries(next)).toSorted()).toEqual(["a#2", "b#2"]);
    },
    { needs: "durable" },
  );

  it(
    "gives a forward to one of two handles",
    async ({ broker, second }) => {
      await subscribeAndBury(broker, ...eventIds(20));
      const other = await second();
      const claims = await Promise.all([claimTries(broker, 10), claimTries(other, 15)]);
      expect(claims.flat().toSorted()).toEqual(
        eventIds(20)
          .map((id) => `${id}#1`)
          .toSorted(),
      );
    },
    { needs: "shared" },
  );
}
