import { expect } from "vitest";
import type { Scenario } from "./harness.ts";
import {
  append,
  claim,
  claimAttempts,
  claimOne,
  DEAD,
  DELIVERED,
  DROPPED,
  deadIds,
  RELEASE,
  retryAt,
  settle,
  subscribe,
  subscribeAndAppend,
} from "./steps.ts";

export function leaseTests(it: Scenario): void {
  it("offers a leased event to nobody else until the lease ends", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    await claim(broker, { leaseMs: 1000 });
    await advance(999);
    expect(await claimAttempts(broker)).toEqual([]);
  });

  it("offers an event again with attempt one higher at the moment its lease ends", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    await claim(broker, { leaseMs: 1000 });
    await advance(1000);
    expect(await claimAttempts(broker, { leaseMs: 1000 })).toEqual(["a#2"]);
    await advance(1000);
    expect(await claimAttempts(broker)).toEqual(["a#3"]);
  });

  it("gives each claim the lease it asked for", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a", "b");
    await claim(broker, { limit: 1, leaseMs: 3000 });
    await claim(broker, { limit: 1, leaseMs: 1000 });
    await advance(1000);
    expect(await claimAttempts(broker)).toEqual(["b#2"]);
    await advance(2000);
    expect(await claimAttempts(broker)).toEqual(["a#2"]);
  });

  it("leases an event for one subscription without touching another's", async ({ broker }) => {
    await subscribe(broker, "one");
    await subscribe(broker, "two");
    await append(broker, "a");
    await claim(broker, { subscription: "one" });
    expect(await claimAttempts(broker, { subscription: "two" })).toEqual(["a#1"]);
  });

  it("answers stale to the token of a lease that was lost, whatever the verdict, and changes nothing", async ({
    broker,
    advance,
    now,
  }) => {
    await subscribeAndAppend(broker, "a");
    const lost = await claimOne(broker, { leaseMs: 1000 });
    await advance(1000);
    const held = await claimOne(broker, { leaseMs: 1000 });
    for (const verdict of [DELIVERED, DROPPED, DEAD, RELEASE, retryAt(now()), retryAt(now(), false)]) {
      expect(await settle(broker, [lost], verdict)).toEqual(["stale"]);
    }
    expect(await deadIds(broker)).toEqual([]);
    expect(await claimAttempts(broker)).toEqual([]);
    await advance(1000);
    const next = await claimOne(broker);
    expect(next.attempt).toBe(3);
    expect(await settle(broker, [lost, held], DELIVERED)).toEqual(["stale", "stale"]);
    expect(await settle(broker, [next], DELIVERED)).toEqual(["ok"]);
  });

  it("does not lose the lease of another event to a stale token", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a", "b");
    const a = await claimOne(broker, { leaseMs: 1000 });
    const b = await claimOne(broker, { leaseMs: 5000 });
    await advance(1000);
    await claimOne(broker, { leaseMs: 5000 });
    expect(await settle(broker, [a, b], DELIVERED)).toEqual(["stale", "ok"]);
  });

  it("takes a verdict that comes after the lease ended but before the event was offered again", async ({
    broker,
    advance,
  }) => {
    await subscribeAndAppend(broker, "a");
    const late = await claimOne(broker, { leaseMs: 1000 });
    await advance(60_000);
    expect(await settle(broker, [late], DELIVERED)).toEqual(["ok"]);
    expect(await claimAttempts(broker)).toEqual([]);
  });

  it("does not take the token of one subscription for another", async ({ broker }) => {
    await subscribe(broker, "one");
    await subscribe(broker, "two");
    await append(broker, "a");
    const mine = await claimOne(broker, { subscription: "one" });
    const yours = await claimOne(broker, { subscription: "two" });
    expect(await settle(broker, [mine], DELIVERED, "two")).toEqual(["stale"]);
    expect(await settle(broker, [yours], DELIVERED, "two")).toEqual(["ok"]);
    expect(await settle(broker, [mine], DELIVERED, "one")).toEqual(["ok"]);
  });

  it("keeps offering an event whose lease is lost again and again", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    for (let attempt = 1; attempt <= 50; attempt++) {
      expect(await claimAttempts(broker, { leaseMs: 10 })).toEqual([`a#${attempt}`]);
      await advance(10);
    }
  });
}
