import { expect } from "vitest";
import type { Filter } from "../../../src/core/filter.ts";
import { eventId, eventIds } from "./events.ts";
import type { Scenario } from "./harness.ts";
import {
  append,
  claim,
  claimAll,
  claimAttempts,
  claimIds,
  DELIVERED,
  nextDueAt,
  RELEASE,
  retryAt,
  settle,
  subscribe,
  subscribeAndAppend,
  subscriptionStats,
} from "./steps.ts";

const HITS: readonly Filter[] = [{ exact: { type: "hit" } }];

export function claimTests(it: Scenario): void {
  it("offers new events in log order, and each once", async ({ broker }) => {
    await subscribeAndAppend(broker, ...eventIds(5));
    expect(await claimAttempts(broker, { limit: 2 })).toEqual(["e1#1", "e2#1"]);
    expect(await claimAttempts(broker, { limit: 2 })).toEqual(["e3#1", "e4#1"]);
    expect(await claimAttempts(broker, { limit: 2 })).toEqual(["e5#1"]);
    expect(await claim(broker)).toEqual({ deliveries: [], more: false, filtered: 0 });
  });

  it("gives every delivery a token of its own", async ({ broker }) => {
    await subscribe(broker, "one");
    await subscribe(broker, "two");
    await append(broker, "a", "b");
    const first = await claim(broker, { subscription: "one" });
    const second = await claim(broker, { subscription: "two" });
    await settle(broker, first.deliveries, RELEASE, "one");
    const third = await claim(broker, { subscription: "one" });
    const tokens = [first, second, third].flatMap(({ deliveries }) => deliveries.map((one) => one.token));
    expect(new Set(tokens).size).toBe(6);
  });

  it("gives an event the same position whenever and to whomever it is offered", async ({ broker }) => {
    await subscribe(broker, "one");
    await subscribe(broker, "two");
    await append(broker, "a", "b");
    const first = await claim(broker, { subscription: "one" });
    await settle(broker, first.deliveries, RELEASE, "one");
    const again = await claim(broker, { subscription: "one" });
    const other = await claim(broker, { subscription: "two" });
    const [a, b] = first.deliveries.map((one) => one.position);
    expect(a).not.toBe(b);
    for (const { deliveries } of [again, other]) expect(deliveries.map((one) => one.position)).toEqual([a, b]);
  });

  it("says more while claimable events are left, and not when none is", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", "b", "c");
    expect((await claim(broker, { limit: 2 })).more).toBe(true);
    expect((await claim(broker, { limit: 2 })).more).toBe(false);
    expect((await claim(broker, { limit: 2 })).more).toBe(false);
  });

  it("says more where a miss stands between a full claim and the next match", async ({ broker }) => {
    const hits = eventIds(64).map((id) => ({ id, type: "hit" }));
    await subscribeAndAppend(broker, ...hits, { id: "miss", type: "miss" }, { id: "last", type: "hit" });
    expect((await claim(broker, { filters: HITS, limit: 64 })).more).toBe(true);
    expect(await claimIds(broker, { filters: HITS })).toEqual(["last"]);
  });

  it("leases no more due retries than the limit, and says more while some are left", async ({ broker, now }) => {
    await subscribeAndAppend(broker, "a", "b", "c");
    await settle(broker, (await claim(broker)).deliveries, retryAt(now()));
    const first = await claim(broker, { limit: 2 });
    expect(first.deliveries.map(eventId)).toEqual(["a", "b"]);
    expect(first.more).toBe(true);
    const second = await claim(broker, { limit: 2 });
    expect(second.deliveries.map(eventId)).toEqual(["c"]);
    expect(second.more).toBe(false);
  });

  it("does not say more of events that are leased or not yet due", async ({ broker, now }) => {
    await subscribeAndAppend(broker, "a", "b");
    const { deliveries } = await claim(broker);
    await settle(broker, deliveries.slice(0, 1), retryAt(now() + 1000));
    expect(await claim(broker)).toEqual({ deliveries: [], more: false, filtered: 0 });
  });

  it("offers the longest due first where there is not room for all", async ({ broker, advance, now }) => {
    await subscribeAndAppend(broker, "e1", "e2", "e3");
    const { deliveries } = await claim(broker);
    for (const [at, inMs] of [3000, 1000, 2000].entries()) {
      await settle(broker, deliveries.slice(at, at + 1), retryAt(now() + inMs));
    }
    await advance(5000);
    expect(await claimIds(broker, { limit: 2 })).toEqual(["e2", "e3"]);
    expect(await claimIds(broker, { limit: 2 })).toEqual(["e1"]);
  });

  it("offers due retries and lost leases first, in log order, then new events", async ({ broker, advance, now }) => {
    await subscribeAndAppend(broker, ...eventIds(4));
    const { deliveries } = await claim(broker, { leaseMs: 5000 });
    await settle(broker, deliveries.slice(2, 3), retryAt(now() + 2000));
    await settle(broker, deliveries.slice(0, 1), retryAt(now() + 4000));
    await settle(broker, deliveries.slice(3), DELIVERED);
    await append(broker, "n1", "n2");
    await advance(5000);
    expect(await claimAttempts(broker, { limit: 4 })).toEqual(["e1#2", "e2#2", "e3#2", "n1#1"]);
    expect(await claimAttempts(broker)).toEqual(["n2#1"]);
  });

  it("offers what passes the filters, and counts what misses them", async ({ broker }) => {
    await subscribeAndAppend(broker, "m1", { id: "h1", type: "hit" }, "m2", "m3", { id: "h2", type: "hit" });
    const { deliveries, filtered, more } = await claim(broker, { filters: HITS });
    expect(deliveries.map(eventId)).toEqual(["h1", "h2"]);
    expect({ filtered, more }).toEqual({ filtered: 3, more: false });
  });

  it("never offers a miss again, not even without filters", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "m1", { id: "h1", type: "hit" }, "m2");
    expect((await claim(broker, { filters: HITS })).filtered).toBe(2);
    expect(await claim(broker)).toEqual({ deliveries: [], more: false, filtered: 0 });
    await advance(3_600_000);
    expect(await claimAttempts(broker)).toEqual(["h1#2"]);
  });

  it("does not judge an event again that passed once", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, { id: "retried", type: "hit" }, { id: "lost", type: "hit" });
    const { deliveries } = await claim(broker, { filters: HITS, leaseMs: 1000 });
    await settle(broker, deliveries.slice(0, 1), RELEASE);
    await advance(1000);
    const again = await claim(broker, { filters: [{ exact: { type: "other" } }] });
    expect(again.deliveries.map(eventId)).toEqual(["retried", "lost"]);
    expect(again.filtered).toBe(0);
  });

  it("judges events that come later by the filters of the later claim", async ({ broker }) => {
    await subscribeAndAppend(broker, { id: "a", type: "one" }, { id: "b", type: "two" });
    expect(await claimIds(broker, { filters: [{ exact: { type: "one" } }] })).toEqual(["a"]);
    await append(broker, { id: "c", type: "one" }, { id: "d", type: "two" });
    expect(await claimIds(broker, { filters: [{ exact: { type: "two" } }] })).toEqual(["d"]);
  });

  it("judges the events for every subscription by its own filters", async ({ broker }) => {
    await subscribe(broker, "hits");
    await subscribe(broker, "all");
    await append(broker, "m", { id: "h", type: "hit" });
    expect(await claimIds(broker, { subscription: "hits", filters: HITS })).toEqual(["h"]);
    expect(await claimIds(broker, { subscription: "all" })).toEqual(["m", "h"]);
  });

  it("fills the limit with hits where misses lie between them", async ({ broker }) => {
    const types = ["miss", "hit", "miss", "miss", "hit", "hit", "miss"];
    await subscribeAndAppend(broker, ...types.map((type, at) => ({ id: `e${at}`, type })));
    const first = await claim(broker, { filters: HITS, limit: 2 });
    expect(first.deliveries.map(eventId)).toEqual(["e1", "e4"]);
    expect(first.more).toBe(true);
    const second = await claim(broker, { filters: HITS, limit: 2 });
    expect(second.deliveries.map(eventId)).toEqual(["e5"]);
    expect(first.filtered + second.filtered).toBe(4);
  });

  it("comes past thousands of misses to the event behind them", async ({ broker }) => {
    await subscribe(broker);
    for (let batch = 0; batch < 6; batch++) await append(broker, ...eventIds(1000, `m${batch}-`));
    await append(broker, { id: "h", type: "hit" });
    const { deliveries, filtered } = await claimAll(broker, { filters: HITS, limit: 10 });
    expect(deliveries.map(eventId)).toEqual(["h"]);
    expect(filtered).toBe(6000);
    expect(await nextDueAt(broker)).not.toBe(0);
  });

  it("leaves nothing pending after a claim in which everything missed", async ({ broker }) => {
    await subscribeAndAppend(broker, "m1", "m2");
    expect(await claim(broker, { filters: HITS })).toEqual({ deliveries: [], more: false, filtered: 2 });
    expect((await subscriptionStats(broker)).pending).toBe(0);
    expect(await nextDueAt(broker)).toBeNull();
  });

  it("takes no notice, in the next due time, of new events that the filters miss by their type", async ({ broker }) => {
    await subscribeAndAppend(broker, "m1", "m2");
    expect(await broker.nextDueAt({ subscription: "crm", filters: HITS })).toBeNull();
    expect(await broker.nextDueAt({ subscription: "crm", filters: [] })).toBe(0);
    expect(await broker.nextDueAt({ subscription: "crm", filters: [{ exact: { subject: "s" } }] })).toBe(0);
    await append(broker, { id: "h", type: "hit" });
    expect(await broker.nextDueAt({ subscription: "crm", filters: HITS })).toBe(0);
    expect(await claimIds(broker, { filters: HITS })).toEqual(["h"]);
  });

  it("judges each event by the filters of the claim, however often they change", async ({ broker }) => {
    await subscribeAndAppend(broker, "m1", { id: "h1", type: "hit" });
    expect(await claimIds(broker, { filters: HITS })).toEqual(["h1"]);
    await append(broker, "m2", { id: "h2", type: "hit" });
    expect(await claimIds(broker, { filters: [{ not: { exact: { type: "hit" } } }] })).toEqual(["m2"]);
    await append(broker, "m3", "m4");
    expect(await claimIds(broker, { filters: [{ suffix: { id: "4" } }] })).toEqual(["m4"]);
    await append(broker, { id: "h5", type: "hit" }, "m5");
    expect(await claimIds(broker)).toEqual(["h5", "m5"]);
  });

  it("answers 0 as the next due time where something is claimable now", async ({ broker, now }) => {
    await subscribeAndAppend(broker, "a");
    expect(await nextDueAt(broker)).toBe(0);
    await settle(broker, (await claim(broker)).deliveries, retryAt(now()));
    expect(await nextDueAt(broker)).toBe(0);
  });

  it("answers the earliest of retries and leases as the next due time, and null when all is settled", async ({
    broker,
    advance,
    now,
  }) => {
    await subscribe(broker);
    expect(await nextDueAt(broker)).toBeNull();
    await append(broker, "a", "b");
    const start = now();
    const { deliveries } = await claim(broker, { leaseMs: 5000 });
    expect(await nextDueAt(broker)).toBe(start + 5000);
    await settle(broker, deliveries.slice(0, 1), retryAt(start + 3000));
    expect(await nextDueAt(broker)).toBe(start + 3000);
    await advance(3000);
    expect(await nextDueAt(broker)).toBe(0);
    await settle(broker, [...(await claim(broker)).deliveries, ...deliveries.slice(1)], DELIVERED);
    expect(await nextDueAt(broker)).toBeNull();
  });

  it("offers what poolcast tells of itself only to a subscription that asks for it by type", async ({ broker }) => {
    await subscribe(broker, "all");
    await subscribe(broker, "asking");
    await append(broker, { id: "own", type: "dev.poolcast.gap_detected" }, "other");
    expect((await claim(broker, { subscription: "all" })).filtered).toBe(1);
    const filters = [{ prefix: { type: "dev.poolcast." } }];
    expect(await claimIds(broker, { subscription: "asking", filters })).toEqual(["own"]);
  });
}
