import { expect } from "vitest";
import { newEvent } from "./events.ts";
import type { Scenario } from "./harness.ts";
import {
  append,
  claim,
  DEAD,
  DELIVERED,
  DROPPED,
  purgeAll,
  retryAt,
  settle,
  subscribe,
  subscribeAndAppend,
  subscriptionStats,
} from "./steps.ts";

export function statsTests(it: Scenario): void {
  it("counts nothing in an empty store", async ({ broker }) => {
    const { events, subscriptions } = await broker.stats();
    expect({ events, subscriptions }).toEqual({ events: 0, subscriptions: [] });
    await subscribe(broker);
    expect((await broker.stats()).subscriptions).toEqual([
      { subscription: "crm", pending: 0, leased: 0, dead: 0, forwards: 0 },
    ]);
  });

  it("counts the events in the log, once each, and at least their bytes", async ({ broker }) => {
    await subscribe(broker, "one");
    await subscribe(broker, "two");
    await append(broker, "a", "b", "b");
    const { events, bytes } = await broker.stats();
    expect(events).toBe(2);
    expect(bytes).toBeGreaterThanOrEqual(newEvent("a").event.bytes.length + newEvent("b").event.bytes.length);
  });

  it("counts pending, leased and dead as they change", async ({ broker, advance, now }) => {
    const counts = async () => {
      const { pending, leased, dead } = await subscriptionStats(broker);
      return { pending, leased, dead };
    };
    await subscribeAndAppend(broker, "a", "b", "c", "d", "e", "f");
    expect(await counts()).toEqual({ pending: 6, leased: 0, dead: 0 });
    const { deliveries } = await claim(broker, { limit: 5, leaseMs: 1000 });
    expect(await counts()).toEqual({ pending: 6, leased: 5, dead: 0 });
    await settle(broker, deliveries.slice(0, 1), DELIVERED);
    await settle(broker, deliveries.slice(1, 2), DROPPED);
    await settle(broker, deliveries.slice(2, 3), DEAD);
    await settle(broker, deliveries.slice(3, 4), retryAt(now() + 60_000));
    expect(await counts()).toEqual({ pending: 3, leased: 1, dead: 1 });
    await advance(1000);
    expect(await counts()).toEqual({ pending: 3, leased: 0, dead: 1 });
    const positions = deliveries.slice(2, 3).map(({ position }) => position);
    await broker.requeueDead({ subscription: "crm", positions });
    expect(await counts()).toEqual({ pending: 4, leased: 0, dead: 0 });
  });

  it("counts what may yet miss the filters as pending until it was judged", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", { id: "b", type: "hit" });
    expect((await subscriptionStats(broker)).pending).toBe(2);
    await claim(broker, { filters: [{ exact: { type: "hit" } }] });
    expect((await subscriptionStats(broker)).pending).toBe(1);
  });

  it("counts only what comes after the start of a latest subscription", async ({ broker }) => {
    await append(broker, "a", "b");
    await broker.ensureSubscription({ subscription: "crm", start: "latest" });
    expect((await subscriptionStats(broker)).pending).toBe(0);
    await append(broker, "c");
    expect((await subscriptionStats(broker)).pending).toBe(1);
  });

  it("does not count what was purged from between older events for an earliest subscription", async ({
    broker,
    advance,
    limits,
  }) => {
    await subscribeAndAppend(broker, "kept", "purged", "kept too");
    const { deliveries } = await claim(broker);
    await settle(broker, deliveries.slice(1, 2), DELIVERED);
    await advance(limits.retentionMs + 1);
    await purgeAll(broker);
    await subscribe(broker, "late");
    expect((await subscriptionStats(broker, "late")).pending).toBe(2);
    expect(await broker.removeSubscription({ subscription: "late" })).toEqual({ dropped: 2 });
  });

  it("counts events that their key holds back as pending and not as leased", async ({ broker }) => {
    await subscribeAndAppend(broker, { id: "a", partitionKey: "k" }, { id: "b", partitionKey: "k" });
    await claim(broker, { ordering: "key" });
    const { pending, leased } = await subscriptionStats(broker);
    expect({ pending, leased }).toEqual({ pending: 2, leased: 1 });
  });

  it("says that it can be written, and in a sentence how durable that is", async ({ broker }) => {
    const { writable, persistence, code } = await broker.check();
    expect({ writable, code }).toEqual({ writable: true, code: undefined });
    expect(persistence).toMatch(/\S+ \S+/);
  });

  it("stores nothing when it proves that it can be written", async ({ broker }) => {
    await subscribe(broker);
    await broker.check();
    const { events } = await broker.stats();
    expect(events).toBe(0);
    expect(await claim(broker)).toEqual({ deliveries: [], more: false, filtered: 0 });
    expect(await broker.listSubscriptions()).toEqual(["crm"]);
  });
}
