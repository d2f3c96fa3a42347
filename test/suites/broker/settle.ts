import { expect } from "vitest";
import { eventIds } from "./events.ts";
import type { Scenario } from "./harness.ts";
import {
  claim,
  claimAttempts,
  claimOne,
  DEAD,
  DELIVERED,
  DROPPED,
  deadIds,
  nextDueAt,
  RELEASE,
  retryAt,
  settle,
  subscribeAndAppend,
  subscriptionStats,
} from "./steps.ts";

const LONG_MS = 10 * 24 * 3_600_000;

export function settleTests(it: Scenario): void {
  it("never offers a delivered event again", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    expect(await settle(broker, [await claimOne(broker)], DELIVERED)).toEqual(["ok"]);
    await advance(LONG_MS);
    expect(await claimAttempts(broker)).toEqual([]);
    expect(await nextDueAt(broker)).toBeNull();
  });

  it("never offers a dropped event again, and makes no dead letter of it", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    expect(await settle(broker, [await claimOne(broker)], DROPPED)).toEqual(["ok"]);
    await advance(LONG_MS);
    expect(await claimAttempts(broker)).toEqual([]);
    expect(await deadIds(broker)).toEqual([]);
  });

  it("never offers a dead event again, and lists it as a dead letter", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    expect(await settle(broker, [await claimOne(broker)], DEAD)).toEqual(["ok"]);
    await advance(3_600_000);
    expect(await claimAttempts(broker)).toEqual([]);
    expect(await nextDueAt(broker)).toBeNull();
    expect(await deadIds(broker)).toEqual(["a"]);
  });

  it("offers a retry at its time and not before, with attempt one higher", async ({ broker, advance, now }) => {
    await subscribeAndAppend(broker, "a");
    expect(await settle(broker, [await claimOne(broker)], retryAt(now() + 5000))).toEqual(["ok"]);
    await advance(4999);
    expect(await claimAttempts(broker)).toEqual([]);
    await advance(1);
    expect(await claimAttempts(broker)).toEqual(["a#2"]);
  });

  it("goes by the retry time alone where the lease would have ended sooner or later", async ({
    broker,
    advance,
    now,
  }) => {
    await subscribeAndAppend(broker, "later", "sooner");
    const later = await claimOne(broker, { leaseMs: 1000 });
    const sooner = await claimOne(broker, { leaseMs: 60_000 });
    await settle(broker, [later], retryAt(now() + 5000));
    await settle(broker, [sooner], retryAt(now() + 2000));
    await advance(1000);
    expect(await claimAttempts(broker)).toEqual([]);
    await advance(1000);
    expect(await claimAttempts(broker)).toEqual(["sooner#2"]);
    await advance(3000);
    expect(await claimAttempts(broker)).toEqual(["later#2"]);
  });

  it("takes a retry time in the past for due", async ({ broker, now }) => {
    await subscribeAndAppend(broker, "a");
    await settle(broker, [await claimOne(broker)], retryAt(now() - 3_600_000));
    expect(await nextDueAt(broker)).toBe(0);
    expect(await claimAttempts(broker)).toEqual(["a#2"]);
  });

  it("shows the same attempt again after a retry that does not count", async ({ broker, advance, now }) => {
    await subscribeAndAppend(broker, "a");
    await settle(broker, [await claimOne(broker)], retryAt(now() + 1000, false));
    expect(await claimAttempts(broker)).toEqual([]);
    await advance(1000);
    const again = await claimOne(broker);
    expect(again.attempt).toBe(1);
    await settle(broker, [again], retryAt(now(), true));
    const second = await claimOne(broker);
    expect(second.attempt).toBe(2);
    await settle(broker, [second], retryAt(now(), false));
    expect((await claimOne(broker)).attempt).toBe(2);
  });

  it("offers a released event at once with the same attempt", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", "b");
    const { deliveries } = await claim(broker);
    expect(await settle(broker, deliveries, RELEASE)).toEqual(["ok", "ok"]);
    expect(await nextDueAt(broker)).toBe(0);
    expect(await claimAttempts(broker)).toEqual(["a#1", "b#1"]);
  });

  it("offers released events before events never offered", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", "b", "c");
    const { deliveries } = await claim(broker, { limit: 2 });
    await settle(broker, deliveries.slice(1), RELEASE);
    expect(await claimAttempts(broker)).toEqual(["b#1", "c#1"]);
  });

  it("settles a batch with every verdict and with stale tokens, and answers in order", async ({
    broker,
    advance,
    now,
  }) => {
    await subscribeAndAppend(broker, ...eventIds(7));
    const lost = await claimOne(broker, { leaseMs: 1 });
    await advance(1);
    const { deliveries } = await claim(broker, { limit: 6 });
    const [first = "", second = "", third = "", fourth = "", fifth = "", sixth = ""] = deliveries.map((d) => d.token);
    const answer = await broker.settle({
      subscription: "crm",
      settlements: [
        { token: first, verdict: DELIVERED },
        { token: lost.token, verdict: DEAD },
        { token: second, verdict: retryAt(now() + 1000) },
        { token: "never-given", verdict: DELIVERED },
        { token: third, verdict: DEAD },
        { token: fourth, verdict: DROPPED },
        { token: "", verdict: RELEASE },
        { token: fifth, verdict: RELEASE },
        { token: first, verdict: DELIVERED },
      ],
    });
    expect(answer).toEqual(["ok", "stale", "ok", "stale", "ok", "ok", "stale", "ok", "stale"]);
    expect(await deadIds(broker)).toEqual(["e3"]);
    expect(await claimAttempts(broker)).toEqual(["e5#1", "e7#1"]);
    await advance(1000);
    expect(await claimAttempts(broker)).toEqual(["e2#2"]);
    expect(await broker.settle({ subscription: "crm", settlements: [{ token: sixth, verdict: DELIVERED }] })).toEqual([
      "ok",
    ]);
  });

  it("answers stale to a token that is used a second time, whatever the verdicts", async ({ broker, now }) => {
    const firsts = [DELIVERED, DROPPED, DEAD, RELEASE, retryAt(now() + 1000), retryAt(now(), false)];
    await subscribeAndAppend(broker, ...eventIds(firsts.length));
    const { deliveries } = await claim(broker);
    for (const [at, verdict] of firsts.entries()) {
      const delivery = deliveries.slice(at, at + 1);
      expect(await settle(broker, delivery, verdict)).toEqual(["ok"]);
      expect(await settle(broker, delivery, DELIVERED)).toEqual(["stale"]);
      expect(await settle(broker, delivery, DEAD)).toEqual(["stale"]);
    }
    expect(await deadIds(broker)).toEqual(["e3"]);
    expect((await subscriptionStats(broker)).pending).toBe(3);
    expect(await claimAttempts(broker)).toEqual(["e4#1", "e6#1"]);
  });

  it("answers an empty batch of settlements with no outcomes", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    expect(await settle(broker, [], DELIVERED)).toEqual([]);
  });

  it("settles events in another order than they were claimed", async ({ broker }) => {
    await subscribeAndAppend(broker, ...eventIds(4));
    const { deliveries } = await claim(broker);
    const [first, second, third, fourth] = deliveries;
    for (const one of [third, first, fourth, second]) {
      if (one !== undefined) expect(await settle(broker, [one], DELIVERED)).toEqual(["ok"]);
    }
    expect(await nextDueAt(broker)).toBeNull();
  });
}
