import { expect } from "vitest";
import { brokerFailureCode } from "../../../src/broker/broker.ts";
import { eventId } from "./events.ts";
import { fill, PADDING, SMALL_BYTES } from "./fill.ts";
import { DAY, type Scenario, type ScenarioOptions } from "./harness.ts";
import {
  append,
  claim,
  claimAll,
  claimOne,
  DEAD,
  DELIVERED,
  deadIds,
  nextDueAt,
  purgeAll,
  settle,
  settleAll,
  subscribe,
} from "./steps.ts";

const SMALL: ScenarioOptions = { limits: { maxBytes: SMALL_BYTES } };

export function limitsTests(it: Scenario): void {
  it(
    "rejects an append with broker_full at the limit of bytes, and keeps what was stored",
    async ({ broker }) => {
      await subscribe(broker);
      const stored = await fill(broker);
      expect(stored.length).toBeGreaterThan(16);
      expect((await claimAll(broker)).deliveries.map(eventId)).toEqual(stored);
    },
    SMALL,
  );

  it(
    "stores nothing of a batch for which there is no room",
    async ({ broker }) => {
      await subscribe(broker);
      const batch = Array.from({ length: 128 }, (_, at) => ({ id: `e${at}`, data: PADDING }));
      expect(await append(broker, ...batch).catch(brokerFailureCode)).toBe("broker_full");
      expect((await claim(broker)).deliveries).toEqual([]);
      expect((await broker.stats()).events).toBe(0);
      expect(await append(broker, ...batch.slice(0, 8))).toEqual(Array.from({ length: 8 }, () => "stored"));
    },
    SMALL,
  );

  it(
    "still claims, settles, lists, requeues and counts when it is full",
    async ({ broker }) => {
      await subscribe(broker);
      const stored = await fill(broker);
      const first = await claimOne(broker);
      expect(await settle(broker, [first], DEAD)).toEqual(["ok"]);
      expect(await deadIds(broker)).toEqual(stored.slice(0, 1));
      expect(await broker.requeueDead({ subscription: "crm", positions: [first.position] })).toBe(1);
      expect(await nextDueAt(broker)).toBe(0);
      expect((await broker.stats()).events).toBe(stored.length);
      await subscribe(broker, "late");
      expect(eventId(await claimOne(broker, { subscription: "late" }))).toBe(stored[0]);
      expect(await broker.removeSubscription({ subscription: "late" })).toEqual({ dropped: stored.length });
      const { deliveries } = await claimAll(broker);
      expect(await settle(broker, deliveries, DELIVERED)).toEqual(stored.map(() => "ok"));
    },
    SMALL,
  );

  it(
    "answers duplicate for what it holds when it is full",
    async ({ broker }) => {
      const stored = await fill(broker);
      const again = stored.slice(0, 4).map((id) => ({ id, data: PADDING }));
      expect(await append(broker, ...again)).toEqual(again.map(() => "duplicate"));
    },
    SMALL,
  );

  it(
    "has room again after a purge",
    async ({ broker, advance }) => {
      await subscribe(broker);
      const stored = await fill(broker);
      await settleAll(broker, DELIVERED);
      await advance(3 * DAY);
      expect(await purgeAll(broker)).toEqual({ events: stored.length, deadLetters: 0 });
      const again = await fill(broker, "again");
      expect(again.length).toBeGreaterThan(16);
      expect((await claimAll(broker)).deliveries.map(eventId)).toEqual(again);
    },
    SMALL,
  );
}
