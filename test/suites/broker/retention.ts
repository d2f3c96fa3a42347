import { expect } from "vitest";
import { DAY, HOUR, type Scenario } from "./harness.ts";
import {
  append,
  claim,
  claimAttempts,
  claimIds,
  claimOne,
  DEAD,
  DELIVERED,
  DROPPED,
  deadIds,
  nextDueAt,
  purgeAll,
  retryAt,
  settle,
  settleAll,
  subscribe,
  subscribeAndAppend,
  subscriptionStats,
} from "./steps.ts";

const NOTHING = { events: 0, deadLetters: 0 };

export function retentionTests(it: Scenario): void {
  it("purges events that are settled and old, delivered and dropped alike", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a", "b");
    const { deliveries } = await claim(broker);
    await settle(broker, deliveries.slice(0, 1), DELIVERED);
    await settle(broker, deliveries.slice(1), DROPPED);
    await advance(2 * DAY + 1);
    expect(await purgeAll(broker)).toEqual({ events: 2, deadLetters: 0 });
    expect((await broker.stats()).events).toBe(0);
    await subscribe(broker, "late");
    expect(await claim(broker, { subscription: "late" })).toEqual({ deliveries: [], more: false, filtered: 0 });
  });

  it("leaves nothing pending or due to a subscription that starts earliest in an emptied store", async ({
    broker,
    advance,
  }) => {
    await append(broker, "a", "b");
    await advance(3 * DAY);
    await purgeAll(broker);
    await subscribe(broker);
    expect((await subscriptionStats(broker)).pending).toBe(0);
    expect(await nextDueAt(broker)).toBeNull();
  });

  it("keeps settled events within the retention, for subscriptions yet to come", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, DELIVERED);
    await advance(2 * DAY - 1);
    expect(await purgeAll(broker)).toEqual(NOTHING);
    await subscribe(broker, "late");
    expect(await claimIds(broker, { subscription: "late" })).toEqual(["a"]);
  });

  it("purges old events and keeps young ones", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "old");
    await advance(DAY + 1);
    await append(broker, "young");
    await settleAll(broker, DELIVERED);
    await advance(DAY);
    expect(await purgeAll(broker)).toEqual({ events: 1, deadLetters: 0 });
    await subscribe(broker, "late");
    expect(await claimIds(broker, { subscription: "late" })).toEqual(["young"]);
  });

  it("keeps unsettled events however old: waiting, leased, lost and never offered", async ({
    broker,
    advance,
    now,
  }) => {
    await subscribeAndAppend(broker, "waiting", "leased", "lost", "new");
    const { deliveries } = await claim(broker, { limit: 1 });
    await settle(broker, deliveries, retryAt(now() + 100 * DAY));
    await claim(broker, { limit: 1, leaseMs: 100 * DAY });
    await claim(broker, { limit: 1 });
    await advance(50 * DAY);
    expect(await purgeAll(broker)).toEqual(NOTHING);
    expect(await claimAttempts(broker)).toEqual(["lost#2", "new#1"]);
    await advance(50 * DAY);
    expect(await claimAttempts(broker)).toContain("waiting#2");
  });

  it("keeps an event that one of several subscriptions has not settled", async ({ broker, advance }) => {
    await subscribe(broker, "done");
    await subscribe(broker, "slow");
    await append(broker, "a");
    await settleAll(broker, DELIVERED, "done");
    await advance(10 * DAY);
    expect(await purgeAll(broker)).toEqual(NOTHING);
    expect(await claimIds(broker, { subscription: "slow" })).toEqual(["a"]);
    expect(await purgeAll(broker)).toEqual(NOTHING);
    expect(await claimIds(broker, { subscription: "done" })).toEqual([]);
  });

  it("does not wait for subscriptions that start after an event", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, DELIVERED);
    await broker.ensureSubscription({ subscription: "latest", start: "latest" });
    await advance(3 * DAY);
    expect(await purgeAll(broker)).toEqual({ events: 1, deadLetters: 0 });
  });

  it("purges what nobody is subscribed to once it is old", async ({ broker, advance }) => {
    await append(broker, "a", "b");
    expect(await purgeAll(broker)).toEqual(NOTHING);
    await advance(2 * DAY + 1);
    expect(await purgeAll(broker)).toEqual({ events: 2, deadLetters: 0 });
  });

  it("lets go of the backlog of a removed subscription", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, DELIVERED);
    await subscribe(broker, "slow");
    await advance(3 * DAY);
    expect(await purgeAll(broker)).toEqual(NOTHING);
    await broker.removeSubscription({ subscription: "slow" });
    expect(await purgeAll(broker)).toEqual({ events: 1, deadLetters: 0 });
  });

  it("purges events that missed the filters", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    await claim(broker, { filters: [{ exact: { type: "other" } }] });
    await advance(3 * DAY);
    expect(await purgeAll(broker)).toEqual({ events: 1, deadLetters: 0 });
  });

  it("goes on in order for those that come after a purge", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a", "b");
    await settleAll(broker, DELIVERED);
    await advance(3 * DAY);
    await purgeAll(broker);
    await append(broker, "c", "d");
    await subscribe(broker, "late");
    expect(await claimIds(broker)).toEqual(["c", "d"]);
    expect(await claimIds(broker, { subscription: "late" })).toEqual(["c", "d"]);
  });

  it("keeps a dead letter by the time it died, with the event's bytes, and not by the event's age", async ({
    broker,
    advance,
  }) => {
    await subscribeAndAppend(broker, "a");
    await advance(8 * DAY);
    await settleAll(broker, DEAD);
    await advance(9 * DAY);
    expect((await purgeAll(broker)).deadLetters).toBe(0);
    expect(await deadIds(broker)).toEqual(["a"]);
    await advance(DAY + 1);
    expect((await purgeAll(broker)).deadLetters).toBe(1);
    expect(await deadIds(broker)).toEqual([]);
    expect((await broker.stats()).events).toBe(0);
  });

  it("requeues a dead letter whose event is older than the retention", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    const delivery = await claimOne(broker);
    await settle(broker, [delivery], DEAD);
    await advance(5 * DAY);
    await purgeAll(broker);
    expect(await broker.requeueDead({ subscription: "crm", positions: [delivery.position] })).toBe(1);
    await purgeAll(broker);
    expect(await claimAttempts(broker)).toEqual(["a#1"]);
  });

  it("does not requeue a dead letter that was purged", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a");
    const delivery = await claimOne(broker);
    await settle(broker, [delivery], DEAD);
    await advance(10 * DAY + 1);
    expect(await purgeAll(broker)).toEqual({ events: 1, deadLetters: 1 });
    expect(await broker.requeueDead({ subscription: "crm", positions: [delivery.position] })).toBe(0);
    expect(await claimIds(broker)).toEqual([]);
  });

  it(
    "answers duplicate within the dedupe window though the event itself was purged",
    async ({ broker, advance }) => {
      await subscribeAndAppend(broker, "a");
      await settleAll(broker, DELIVERED);
      await advance(5 * DAY);
      expect(await purgeAll(broker)).toEqual({ events: 1, deadLetters: 0 });
      expect(await append(broker, "a")).toEqual(["duplicate"]);
      expect(await claimIds(broker)).toEqual([]);
    },
    { limits: { dedupeWindowMs: 7 * DAY, retentionMs: DAY } },
  );

  it("stores a key again after its window and a purge, and dedupes it anew", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, { id: "old", dedupeKey: "k" });
    await advance(DAY + 2 * HOUR);
    await purgeAll(broker);
    expect(await append(broker, { id: "new", dedupeKey: "k" })).toEqual(["stored"]);
    await advance(DAY - 1);
    await purgeAll(broker);
    expect(await append(broker, { id: "newer", dedupeKey: "k" })).toEqual(["duplicate"]);
    expect(await claimIds(broker)).toEqual(["old", "new"]);
  });

  it("purges thousands of events in as many calls as it says it needs", async ({ broker, advance }) => {
    for (let batch = 0; batch < 5; batch++) {
      await append(broker, ...Array.from({ length: 1000 }, (_, at) => `e${batch}-${at}`));
    }
    await advance(3 * DAY);
    let events = 0;
    let calls = 0;
    for (let more = true; more; calls++) {
      const step = await broker.purge();
      events += step.events;
      more = step.more;
      expect(calls).toBeLessThan(1000);
    }
    expect(events).toBe(5000);
    expect((await broker.stats()).events).toBe(0);
  });
}
