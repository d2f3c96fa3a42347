import { expect } from "vitest";
import { brokerFailureCode } from "../../../src/broker/broker.ts";
import { eventId, eventIds } from "./events.ts";
import { DAY, type Scenario } from "./harness.ts";
import {
  append,
  claim,
  claimAttempts,
  claimIds,
  claimOne,
  DEAD,
  DELIVERED,
  DROPPED,
  nextDueAt,
  RELEASE,
  retryAt,
  settle,
  subscribe,
  subscribeAndAppend,
} from "./steps.ts";

const DURABLE = { needs: "durable" } as const;

export function crashTests(it: Scenario): void {
  it(
    "has every event after a crash that append reported as stored, in order",
    async ({ broker, crash }) => {
      await subscribe(broker);
      for (const id of eventIds(20)) expect(await append(broker, id)).toEqual(["stored"]);
      expect(await claimIds(await crash())).toEqual(eventIds(20));
    },
    DURABLE,
  );

  it(
    "knows the dedupe keys after a crash, and the end of their window",
    async ({ broker, crash, advance }) => {
      await append(broker, "a", "b");
      const after = await crash();
      expect(await append(after, "a", "c", "b")).toEqual(["duplicate", "stored", "duplicate"]);
      await advance(2 * DAY);
      expect(await append(after, "a")).toEqual(["stored"]);
    },
    DURABLE,
  );

  it(
    "knows the subscriptions and where they stand after a crash",
    async ({ broker, crash }) => {
      await subscribeAndAppend(broker, "a", "b");
      await broker.ensureSubscription({ subscription: "latest", start: "latest" });
      await subscribe(broker, "removed");
      await broker.removeSubscription({ subscription: "removed" });
      await settle(broker, [await claimOne(broker)], DELIVERED);
      const after = await crash();
      expect(await after.listSubscriptions()).toEqual(["crm", "latest"]);
      expect(await claimIds(after)).toEqual(["b"]);
      expect(await claimIds(after, { subscription: "latest" })).toEqual([]);
    },
    DURABLE,
  );

  it(
    "offers nothing again after a crash that was delivered, dropped, dead or missed the filters",
    async ({ broker, crash }) => {
      await subscribeAndAppend(broker, ...["a", "b", "c"].map((id) => ({ id, type: "hit" })), "miss");
      const { deliveries } = await claim(broker, { filters: [{ exact: { type: "hit" } }] });
      for (const [at, verdict] of [DELIVERED, DROPPED, DEAD].entries()) {
        await settle(broker, deliveries.slice(at, at + 1), verdict);
      }
      const after = await crash();
      expect(await claim(after)).toEqual({ deliveries: [], more: false, filtered: 0 });
    },
    DURABLE,
  );

  it(
    "keeps a lease after a crash until it ends, and then counts the next attempt",
    async ({ broker, crash, advance, now }) => {
      await subscribeAndAppend(broker, "a");
      const ends = now() + 5000;
      await claim(broker, { leaseMs: 5000 });
      const after = await crash();
      expect(await nextDueAt(after)).toBe(ends);
      await advance(4999);
      expect(await claimAttempts(after)).toEqual([]);
      await advance(1);
      expect(await claimAttempts(after)).toEqual(["a#2"]);
    },
    DURABLE,
  );

  it(
    "takes a token after a crash that was given before it, and no token twice",
    async ({ broker, crash }) => {
      await subscribeAndAppend(broker, "a", "b", "c");
      const { deliveries } = await claim(broker);
      await settle(broker, deliveries.slice(0, 1), DELIVERED);
      await settle(broker, deliveries.slice(2), RELEASE);
      const after = await crash();
      const released = await claim(after);
      expect(released.deliveries.map((one) => `${eventId(one)}#${one.attempt}`)).toEqual(["c#1"]);
      expect(await settle(after, deliveries, DELIVERED)).toEqual(["stale", "ok", "stale"]);
      expect(await settle(after, released.deliveries, DELIVERED)).toEqual(["ok"]);
    },
    DURABLE,
  );

  it(
    "keeps the time and the attempts of a retry after a crash",
    async ({ broker, crash, advance, now }) => {
      await subscribeAndAppend(broker, "a");
      for (let tries = 0; tries < 2; tries++) await settle(broker, [await claimOne(broker)], retryAt(now()));
      const at = now() + 5000;
      await settle(broker, [await claimOne(broker)], retryAt(at));
      const after = await crash();
      expect(await nextDueAt(after)).toBe(at);
      await advance(4999);
      expect(await claimAttempts(after)).toEqual([]);
      await advance(1);
      expect(await claimAttempts(after)).toEqual(["a#4"]);
    },
    DURABLE,
  );

  it(
    "keeps the dead letters after a crash, and requeues them",
    async ({ broker, crash, now }) => {
      await subscribeAndAppend(broker, "a", "b");
      const died = await claimOne(broker);
      await settle(broker, [died], { kind: "dead", reason: "http_status", detail: "404" });
      const after = await crash();
      const letters = await after.listDead({ subscription: "crm", limit: 10 });
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({
        position: died.position,
        reason: "http_status",
        detail: "404",
        attempt: 1,
        diedAtMs: now(),
      });
      await after.requeueDead({ subscription: "crm", positions: [died.position] });
      expect(await claimAttempts(after)).toEqual(["a#1", "b#1"]);
    },
    DURABLE,
  );

  it(
    "keeps the order by key after a crash",
    async ({ broker, crash }) => {
      await subscribeAndAppend(broker, ...["a1", "a2", "a3"].map((id) => ({ id, partitionKey: "a" })));
      const first = await claimOne(broker, { ordering: "key", limit: 10 });
      const after = await crash();
      expect(await claimIds(after, { ordering: "key" })).toEqual([]);
      await settle(after, [first], DELIVERED);
      expect(await claimIds(after, { ordering: "key" })).toEqual(["a2"]);
    },
    DURABLE,
  );

  it(
    "counts the same after a crash as before",
    async ({ broker, crash, now }) => {
      await subscribeAndAppend(broker, ...eventIds(6));
      const { deliveries } = await claim(broker, { limit: 4 });
      await settle(broker, deliveries.slice(0, 1), DELIVERED);
      await settle(broker, deliveries.slice(1, 2), DEAD);
      await settle(broker, deliveries.slice(2, 3), retryAt(now() + 1000));
      const { events, subscriptions } = await broker.stats();
      expect(await (await crash()).stats()).toMatchObject({ events, subscriptions });
    },
    DURABLE,
  );

  it(
    "has everything after it was closed and opened again, also what was still under way",
    async ({ broker, restart }) => {
      await subscribeAndAppend(broker, "a", "b");
      const leased = await claimOne(broker);
      const underWay = append(broker, "c");
      const after = await restart();
      expect(await underWay).toEqual(["stored"]);
      expect(await claimIds(after)).toEqual(["b", "c"]);
      expect(await settle(after, [leased], DELIVERED)).toEqual(["ok"]);
    },
    DURABLE,
  );

  it("closes twice without complaint", async ({ broker }) => {
    await append(broker, "a");
    await broker.close();
    await broker.close();
  });

  it("rejects with broker_unavailable what is asked of it after close", async ({ broker }) => {
    await subscribe(broker);
    await broker.close();
    expect(await append(broker, "a").catch(brokerFailureCode)).toBe("broker_unavailable");
    expect(await claim(broker).catch(brokerFailureCode)).toBe("broker_unavailable");
    expect(await broker.stats().catch(brokerFailureCode)).toBe("broker_unavailable");
  });
}
