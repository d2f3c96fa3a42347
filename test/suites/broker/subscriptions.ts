import { expect } from "vitest";
import type { Scenario } from "./harness.ts";
import { append, claim, claimIds, DEAD, DELIVERED, deadIds, settle, subscribe, subscribeAndAppend } from "./steps.ts";

export function subscriptionsTests(it: Scenario): void {
  it("starts an earliest subscription at the first stored event", async ({ broker }) => {
    await append(broker, "a", "b");
    await broker.ensureSubscription({ subscription: "crm", start: "earliest" });
    await append(broker, "c");
    expect(await claimIds(broker)).toEqual(["a", "b", "c"]);
  });

  it("starts a latest subscription after what is stored", async ({ broker }) => {
    await append(broker, "a", "b");
    await broker.ensureSubscription({ subscription: "crm", start: "latest" });
    expect(await claim(broker)).toEqual({ deliveries: [], more: false, filtered: 0 });
    await append(broker, "c");
    expect(await claimIds(broker)).toEqual(["c"]);
  });

  it("starts a latest subscription on an empty store at the first event to come", async ({ broker }) => {
    await broker.ensureSubscription({ subscription: "crm", start: "latest" });
    await append(broker, "a");
    expect(await claimIds(broker)).toEqual(["a"]);
  });

  it("shows an earliest subscription what others have settled", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", "b");
    await settle(broker, (await claim(broker)).deliveries, DELIVERED);
    await subscribe(broker, "late");
    expect(await claimIds(broker, { subscription: "late" })).toEqual(["a", "b"]);
  });

  it("changes nothing when a subscription is ensured again, whatever the start", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", "b", "c");
    const { deliveries } = await claim(broker, { limit: 2 });
    await settle(broker, deliveries.slice(0, 1), DELIVERED);
    await broker.ensureSubscription({ subscription: "crm", start: "latest" });
    await broker.ensureSubscription({ subscription: "crm", start: "earliest" });
    expect(await claimIds(broker)).toEqual(["c"]);
    expect(await settle(broker, deliveries.slice(1), DELIVERED)).toEqual(["ok"]);
  });

  it("makes a subscription once where it is ensured many times at once", async ({ broker }) => {
    await append(broker, "a");
    await Promise.all(Array.from({ length: 10 }, () => subscribe(broker)));
    expect(await broker.listSubscriptions()).toEqual(["crm"]);
    expect(await claimIds(broker)).toEqual(["a"]);
  });

  it("lists the names of its subscriptions, sorted", async ({ broker }) => {
    expect(await broker.listSubscriptions()).toEqual([]);
    for (const name of ["crm", "audit", "z-9", "billing"]) await subscribe(broker, name);
    expect(await broker.listSubscriptions()).toEqual(["audit", "billing", "crm", "z-9"]);
    await broker.removeSubscription({ subscription: "billing" });
    expect(await broker.listSubscriptions()).toEqual(["audit", "crm", "z-9"]);
  });

  it("keeps the deliveries of subscriptions apart", async ({ broker }) => {
    await subscribe(broker, "one");
    await subscribe(broker, "two");
    await append(broker, "a", "b");
    const { deliveries } = await claim(broker, { subscription: "one" });
    await settle(broker, deliveries, DELIVERED, "one");
    expect(await claimIds(broker, { subscription: "one" })).toEqual([]);
    expect(await claimIds(broker, { subscription: "two" })).toEqual(["a", "b"]);
  });

  it("keeps subscriptions apart whose names begin alike", async ({ broker }) => {
    for (const name of ["crm", "crm.a", "crm:a", "crm-a", "crm_a"]) await subscribe(broker, name);
    await append(broker, "a");
    await settle(broker, (await claim(broker, { subscription: "crm.a" })).deliveries, DEAD, "crm.a");
    await broker.removeSubscription({ subscription: "crm" });
    expect(await broker.listSubscriptions()).toEqual(["crm-a", "crm.a", "crm:a", "crm_a"]);
    expect(await deadIds(broker, "crm.a")).toEqual(["a"]);
    for (const subscription of ["crm:a", "crm-a", "crm_a"]) {
      expect(await claimIds(broker, { subscription })).toEqual(["a"]);
    }
  });

  it("answers how many unsettled events a removed subscription leaves: waiting, leased and never offered", async ({
    broker,
    now,
  }) => {
    await subscribeAndAppend(broker, "a", "b", "c", "d", "e");
    const { deliveries } = await claim(broker, { limit: 4 });
    await settle(broker, deliveries.slice(0, 1), DELIVERED);
    await settle(broker, deliveries.slice(1, 2), DEAD);
    await settle(broker, deliveries.slice(2, 3), { kind: "retry", atMs: now() + 1000, counts: true });
    expect(await broker.removeSubscription({ subscription: "crm" })).toEqual({ dropped: 3 });
  });

  it("answers 0 for the removal of a subscription it does not know", async ({ broker }) => {
    await append(broker, "a");
    expect(await broker.removeSubscription({ subscription: "nobody" })).toEqual({ dropped: 0 });
  });

  it("forgets the backlog, the leases and the dead letters of a removed subscription", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", "b", "c");
    const { deliveries } = await claim(broker, { limit: 2 });
    await settle(broker, deliveries.slice(0, 1), DEAD);
    await broker.removeSubscription({ subscription: "crm" });
    await broker.ensureSubscription({ subscription: "crm", start: "latest" });
    expect(await settle(broker, deliveries.slice(1), DELIVERED)).toEqual(["stale"]);
    expect(await deadIds(broker)).toEqual([]);
    expect(await claimIds(broker)).toEqual([]);
    expect(await broker.nextDueAt({ subscription: "crm" })).toBeNull();
  });

  it("begins anew with attempt 1 where a removed subscription comes back as earliest", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    const { deliveries } = await claim(broker);
    await broker.removeSubscription({ subscription: "crm" });
    await subscribe(broker);
    const again = await claim(broker);
    expect(again.deliveries.map((one) => one.attempt)).toEqual([1]);
    expect(await settle(broker, deliveries, DELIVERED)).toEqual(["stale"]);
    expect(await settle(broker, again.deliveries, DELIVERED)).toEqual(["ok"]);
  });

  it(
    "leaves a subscription alone that another handle said to want lately, where it is asked to",
    async ({ broker, second, advance }) => {
      await subscribeAndAppend(broker, "a");
      const other = await second();
      const params = { subscription: "crm", unlessKeptWithinMs: 5000 };
      expect(await other.removeSubscription(params)).toEqual({ dropped: 0, kept: true });
      await advance(4000);
      await broker.keepSubscriptions({ subscriptions: ["crm", "nobody"] });
      await advance(4000);
      expect(await other.removeSubscription(params)).toEqual({ dropped: 0, kept: true });
      await subscribe(broker);
      await advance(4000);
      expect(await other.removeSubscription(params)).toEqual({ dropped: 0, kept: true });
      expect(await claimIds(broker)).toEqual(["a"]);
      await advance(1000);
      expect(await other.removeSubscription(params)).toEqual({ dropped: 1 });
      expect(await broker.listSubscriptions()).toEqual([]);
    },
    { needs: "shared" },
  );

  it("removes a subscription at once where it is not asked to wait", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    await broker.keepSubscriptions({ subscriptions: ["crm"] });
    expect(await broker.removeSubscription({ subscription: "crm" })).toEqual({ dropped: 1 });
  });

  it("makes no subscription known by keeping it", async ({ broker }) => {
    await broker.keepSubscriptions({ subscriptions: ["crm"] });
    expect(await broker.listSubscriptions()).toEqual([]);
  });

  it("answers for a subscription it does not know as for one that has nothing", async ({ broker }) => {
    await append(broker, "a");
    const subscription = "nobody";
    expect(await claim(broker, { subscription })).toEqual({ deliveries: [], more: false, filtered: 0 });
    expect(await broker.nextDueAt({ subscription })).toBeNull();
    expect(await broker.listDead({ subscription, limit: 10 })).toEqual([]);
    expect(await broker.requeueDead({ subscription, positions: [] })).toBe(0);
    const settlements = [{ token: "no-token", verdict: DELIVERED }];
    expect(await broker.settle({ subscription, settlements })).toEqual(["stale"]);
    expect(await broker.listSubscriptions()).toEqual([]);
  });
}
