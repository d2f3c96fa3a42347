import { expect } from "vitest";
import type { Broker, ClaimParams, Delivery, SettleVerdict } from "../../../src/broker/broker.ts";
import type { Filter } from "../../../src/core/filter.ts";
import { type EventSketch, eventId, eventIds } from "./events.ts";
import type { Scenario } from "./harness.ts";
import * as steps from "./steps.ts";
import { append, DEAD, DELIVERED, DROPPED, LEASE_MS, RELEASE, retryAt, settle, subscribeAndAppend } from "./steps.ts";

/** `a1` has the key a, `b1` the key b; `-1` has none. */
function keyed(...ids: string[]): EventSketch[] {
  return ids.map((id) => (id.startsWith("-") ? { id } : { id, partitionKey: id.slice(0, 1) }));
}

function claimIds(broker: Broker, params: Partial<ClaimParams> = {}): Promise<string[]> {
  return steps.claimIds(broker, { ordering: "key", ...params });
}

async function claim(broker: Broker, params: Partial<ClaimParams> = {}): Promise<readonly Delivery[]> {
  return (await steps.claim(broker, { ordering: "key", ...params })).deliveries;
}

export function orderTests(it: Scenario): void {
  it("offers one event of a key at a time, in log order", async ({ broker }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2", "a3"));
    for (const id of ["a1", "a2", "a3"]) {
      const deliveries = await claim(broker);
      expect(deliveries.map(eventId)).toEqual([id]);
      expect(await claimIds(broker)).toEqual([]);
      await settle(broker, deliveries, DELIVERED);
    }
    expect(await claimIds(broker)).toEqual([]);
  });

  it("offers the first event of every key in one claim", async ({ broker }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2", "b1", "a3", "b2", "c1"));
    const deliveries = await claim(broker);
    expect(deliveries.map(eventId)).toEqual(["a1", "b1", "c1"]);
    await settle(broker, deliveries.slice(1, 2), DELIVERED);
    expect(await claimIds(broker)).toEqual(["b2"]);
    await settle(broker, deliveries.slice(0, 1), DELIVERED);
    expect(await claimIds(broker)).toEqual(["a2"]);
  });

  it("does not order events without a key", async ({ broker }) => {
    await subscribeAndAppend(broker, ...keyed("-1", "-2", "a1", "-3", "a2"));
    expect(await claimIds(broker)).toEqual(["-1", "-2", "a1", "-3"]);
  });

  it("does not hold back events without a key for others that are leased, waiting or lost", async ({
    broker,
    advance,
    now,
  }) => {
    await subscribeAndAppend(broker, ...keyed("-1", "-2", "-3", "-4"));
    const deliveries = await claim(broker, { limit: 3, leaseMs: 1000 });
    await settle(broker, deliveries.slice(0, 1), retryAt(now() + 5000));
    await settle(broker, deliveries.slice(1, 2), RELEASE);
    expect(await claimIds(broker)).toEqual(["-2", "-4"]);
    await advance(1000);
    expect(await claimIds(broker)).toEqual(["-3"]);
    await advance(4000);
    expect(await claimIds(broker)).toEqual(["-1"]);
  });

  it("offers due retries and what their key held back in log order", async ({ broker }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2", "b1"));
    const deliveries = await claim(broker);
    expect(deliveries.map(eventId)).toEqual(["a1", "b1"]);
    await settle(broker, deliveries.slice(0, 1), DELIVERED);
    await settle(broker, deliveries.slice(1), RELEASE);
    expect(await claimIds(broker)).toEqual(["a2", "b1"]);
  });

  it("takes the empty text for a key like any other", async ({ broker }) => {
    await subscribeAndAppend(broker, { id: "x1", partitionKey: "" }, { id: "x2", partitionKey: "" }, "free");
    expect(await claimIds(broker)).toEqual(["x1", "free"]);
  });

  it("tells keys apart that look alike", async ({ broker }) => {
    const keys = ["k", "K", "k ", "é", "e\u0301", "k\u0000", "😀", "x".repeat(2000), `${"x".repeat(2000)}y`];
    await subscribeAndAppend(broker, ...keys.map((partitionKey, at) => ({ id: `e${at}`, partitionKey })));
    expect(await claimIds(broker)).toEqual(keys.map((_, at) => `e${at}`));
  });

  it("offers all at once where no order is asked for", async ({ broker }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2", "b1", "a3"));
    expect(await claimIds(broker, { ordering: "none" })).toEqual(["a1", "a2", "b1", "a3"]);
  });

  it("holds back what follows a retry that waits, but only of its own key", async ({ broker, advance, now }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "b1", "a2", "b2", "-1"));
    const deliveries = await claim(broker);
    expect(deliveries.map(eventId)).toEqual(["a1", "b1", "-1"]);
    await settle(broker, deliveries.slice(0, 1), retryAt(now() + 5000));
    await settle(broker, deliveries.slice(1), DELIVERED);
    const next = await claim(broker, { leaseMs: 60_000 });
    expect(next.map(eventId)).toEqual(["b2"]);
    await advance(4999);
    expect(await claimIds(broker)).toEqual([]);
    await advance(1);
    const retried = await claim(broker);
    expect(retried.map(eventId)).toEqual(["a1"]);
    expect(await claimIds(broker)).toEqual([]);
    await settle(broker, retried, DELIVERED);
    expect(await claimIds(broker)).toEqual(["a2"]);
  });

  it("holds back what follows a lost lease until that event is settled", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2"));
    await claim(broker, { leaseMs: 1000 });
    await advance(1000);
    const again = await claim(broker);
    expect(again.map((one) => `${eventId(one)}#${one.attempt}`)).toEqual(["a1#2"]);
    expect(await claimIds(broker)).toEqual([]);
    await settle(broker, again, DELIVERED);
    expect(await claimIds(broker)).toEqual(["a2"]);
  });

  it("offers a released event before those of its key that follow", async ({ broker }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2"));
    await settle(broker, await claim(broker), RELEASE);
    expect(await claimIds(broker)).toEqual(["a1"]);
  });

  it("frees the key after an event is dead, dropped or delivered", async ({ broker }) => {
    const verdicts: readonly SettleVerdict[] = [DEAD, DROPPED, DELIVERED];
    await subscribeAndAppend(broker, ...keyed("a1", "a2", "a3", "a4"));
    for (const [at, verdict] of verdicts.entries()) {
      const deliveries = await claim(broker);
      expect(deliveries.map(eventId)).toEqual([`a${at + 1}`]);
      await settle(broker, deliveries, verdict);
    }
    expect(await claimIds(broker)).toEqual(["a4"]);
  });

  it("does not hold a key back for an event that missed the filters", async ({ broker }) => {
    const filters: readonly Filter[] = [{ exact: { type: "hit" } }];
    const miss = { id: "a1", partitionKey: "a", type: "miss" };
    await subscribeAndAppend(broker, miss, { id: "a2", partitionKey: "a", type: "hit" });
    const { deliveries, filtered } = await steps.claim(broker, { ordering: "key", filters });
    expect(deliveries.map(eventId)).toEqual(["a2"]);
    expect(filtered).toBe(1);
  });

  it("holds back a retry while a requeued dead letter before it is unsettled", async ({ broker, now }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2"));
    const [first] = await claim(broker);
    if (first === undefined) throw new Error("Nothing was offered.");
    await settle(broker, [first], DEAD);
    await settle(broker, await claim(broker), retryAt(now()));
    await broker.requeueDead({ subscription: "crm", positions: [first.position] });
    const requeued = await claim(broker);
    expect(requeued.map(eventId)).toEqual(["a1"]);
    expect(await claimIds(broker)).toEqual([]);
    await settle(broker, requeued, DELIVERED);
    expect(await claimIds(broker)).toEqual(["a2"]);
  });

  it("offers events held back before newer ones, in log order", async ({ broker }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2", "b1"));
    const deliveries = await claim(broker);
    await append(broker, ...keyed("c1"));
    await settle(broker, deliveries.slice(0, 1), DELIVERED);
    expect(await claimIds(broker, { limit: 1 })).toEqual(["a2"]);
    expect(await claimIds(broker, { limit: 1 })).toEqual(["c1"]);
  });

  it("looks past nine hundred events of a blocked key to those of other keys", async ({ broker }) => {
    await subscribeAndAppend(broker, ...keyed("a0"));
    const [first] = await claim(broker);
    await append(broker, ...eventIds(900, "a").map((id) => ({ id, partitionKey: "a" })), ...keyed("b1", "-1"));
    const { deliveries } = await steps.claimAll(broker, { ordering: "key", limit: 10 });
    expect(deliveries.map(eventId)).toEqual(["b1", "-1"]);
    if (first !== undefined) await settle(broker, [first], DELIVERED);
    expect(await claimIds(broker, { limit: 10 })).toEqual(["a1"]);
  });

  it("says neither more nor due now of events that their key holds back", async ({ broker, now }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2", "a3"));
    const first = await steps.claim(broker, { ordering: "key" });
    expect(first.deliveries).toHaveLength(1);
    expect(await steps.claim(broker, { ordering: "key" })).toEqual({ deliveries: [], more: false, filtered: 0 });
    expect(await steps.nextDueAt(broker)).toBe(now() + LEASE_MS);
    await settle(broker, first.deliveries, DELIVERED);
    expect(await steps.nextDueAt(broker)).toBe(0);
  });

  it("keeps the keys of subscriptions apart", async ({ broker }) => {
    await steps.subscribe(broker, "one");
    await steps.subscribe(broker, "two");
    await append(broker, ...keyed("a1", "a2"));
    await settle(broker, await claim(broker, { subscription: "one" }), DELIVERED, "one");
    expect(await claimIds(broker, { subscription: "one" })).toEqual(["a2"]);
    expect(await claimIds(broker, { subscription: "two" })).toEqual(["a1"]);
    expect(await claimIds(broker, { subscription: "two" })).toEqual([]);
  });

  it("takes up the order where events were leased without it before", async ({ broker }) => {
    await subscribeAndAppend(broker, ...keyed("a1", "a2", "b1"));
    const both = await claim(broker, { ordering: "none", limit: 2 });
    expect(both.map(eventId)).toEqual(["a1", "a2"]);
    await settle(broker, both, RELEASE);
    expect(await claimIds(broker)).toEqual(["a1", "b1"]);
  });

  it("delivers every key in log order under retries, lost leases and releases", async ({ broker, advance, now }) => {
    const ids = Array.from({ length: 60 }, (_, at) => `${"abc".charAt(at % 3)}${Math.floor(at / 3)}`);
    await subscribeAndAppend(broker, ...keyed(...ids));
    const delivered: string[] = [];
    const limit = steps.createTurnLimit();
    let turn = 0;
    while (delivered.length < ids.length) {
      limit();
      for (const one of await claim(broker, { leaseMs: 1000, limit: 2 })) {
        // Seven is no multiple of anything here, so every event meets a delivery before long.
        turn = (turn + 1) % 7;
        if (turn === 1) await settle(broker, [one], retryAt(now() + 1500));
        else if (turn === 3) await settle(broker, [one], RELEASE);
        else if (turn !== 5) {
          await settle(broker, [one], DELIVERED);
          delivered.push(eventId(one));
        }
      }
      await advance(500);
    }
    for (const key of ["a", "b", "c"]) {
      expect(delivered.filter((id) => id.startsWith(key))).toEqual(ids.filter((id) => id.startsWith(key)));
    }
  });
}
