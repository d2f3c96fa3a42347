import { expect } from "vitest";
import { type Broker, brokerFailureCode, type LogRange } from "../../../src/broker/broker.ts";
import { eventId, eventIds } from "./events.ts";
import { DAY, HOUR, type Scenario } from "./harness.ts";
import {
  append,
  claim,
  claimAll,
  claimAttempts,
  claimOne,
  createTurnLimit,
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

/** Ids and positions of a range of the log, page by page. */
async function readRange(broker: Broker, range: LogRange = {}, limit = 100) {
  const ids: string[] = [];
  const positions: string[] = [];
  const turn = createTurnLimit();
  let after: string | undefined;
  do {
    turn();
    const page = await broker.readLog({ range, limit, after });
    expect(page.events.length).toBeLessThanOrEqual(limit);
    ids.push(...page.events.map(eventId));
    positions.push(...page.events.map(({ position }) => position));
    after = page.next;
  } while (after !== undefined);
  return { ids, positions };
}

async function redeliverAll(broker: Broker, subscription = "crm"): Promise<number> {
  const { positions } = await readRange(broker);
  return broker.redeliver({ subscription, positions });
}

export function redeliverTests(it: Scenario): void {
  it("reads the log in its order, whatever became of its events, page by page", async ({ broker }) => {
    expect(await broker.readLog({ range: {}, limit: 10 })).toEqual({ events: [] });
    await subscribeAndAppend(broker, ...eventIds(7));
    const { deliveries } = await claim(broker, { limit: 3 });
    await settle(broker, deliveries.slice(0, 1), DELIVERED);
    await settle(broker, deliveries.slice(1, 2), DEAD);
    expect((await readRange(broker)).ids).toEqual(eventIds(7));
    expect((await readRange(broker, {}, 2)).ids).toEqual(eventIds(7));
    expect((await readRange(broker, {}, 1)).positions.slice(0, 3)).toEqual(deliveries.map(({ position }) => position));
  });

  it("reads events with their bytes and the time at which they were stored", async ({ broker, advance, now }) => {
    await append(broker, "a");
    await advance(1000);
    const { events } = await broker.readLog({ range: {}, limit: 10 });
    expect(events).toMatchObject([{ recordedAtMs: now() - 1000 }]);
    await subscribe(broker);
    const delivery = await claimOne(broker);
    const [logged] = events;
    expect(Buffer.from(logged?.event.bytes ?? [])).toEqual(Buffer.from(delivery.event.bytes));
    expect(logged?.event).toMatchObject({ dataOffset: delivery.event.dataOffset, dataKind: delivery.event.dataKind });
  });

  it("reads a range of times, bounds included", async ({ broker, advance, now }) => {
    const start = now();
    for (const id of eventIds(5)) {
      await append(broker, id);
      await advance(HOUR);
    }
    const idsOf = async (range: LogRange) => (await readRange(broker, range)).ids;
    expect(await idsOf({ sinceMs: start + HOUR, untilMs: start + 3 * HOUR })).toEqual(["e2", "e3", "e4"]);
    expect(await idsOf({ sinceMs: start + HOUR + 1 })).toEqual(["e3", "e4", "e5"]);
    expect(await idsOf({ untilMs: start + HOUR - 1 })).toEqual(["e1"]);
    expect(await idsOf({ sinceMs: start + 9 * HOUR })).toEqual([]);
    expect(await idsOf({ sinceMs: start + 2 * HOUR, untilMs: start + HOUR })).toEqual([]);
  });

  it("reads a range of positions by their number, bounds included", async ({ broker }) => {
    // In one step, so that on Redis they differ in the last number alone, which grows to two digits.
    await append(broker, ...eventIds(25));
    const { positions } = await readRange(broker);
    const [second, ninth, twelfth] = [positions[1], positions[8], positions[11]];
    const idsOf = async (range: LogRange) => (await readRange(broker, range, 4)).ids;
    expect(await idsOf({ fromPosition: second, toPosition: twelfth })).toEqual(eventIds(12).slice(1));
    expect(await idsOf({ fromPosition: ninth, toPosition: twelfth })).toEqual(["e9", "e10", "e11", "e12"]);
    expect(await idsOf({ fromPosition: ninth, toPosition: ninth })).toEqual(["e9"]);
    expect(await idsOf({ fromPosition: twelfth, toPosition: second })).toEqual([]);
    expect(await idsOf({ toPosition: second })).toEqual(["e1", "e2"]);
    expect(await idsOf({ fromPosition: positions[23] })).toEqual(["e24", "e25"]);
  });

  it("reads fewer at once where they are large", async ({ broker }) => {
    // One by one: what a broker takes in one request may have a limit.
    for (const id of eventIds(12)) await append(broker, { id, data: JSON.stringify("x".repeat(1024 * 1024)) });
    const { events, next } = await broker.readLog({ range: {}, limit: 12 });
    expect(events.length).toBeLessThan(12);
    expect(next).toBe(events.at(-1)?.position);
    expect((await readRange(broker)).ids).toEqual(eventIds(12));
  });

  it("divides the log at its last position: all that is stored before it, all that comes behind it", async ({
    broker,
    advance,
  }) => {
    const empty = await broker.lastPosition();
    await append(broker, "a", "b");
    const last = await broker.lastPosition();
    const { positions } = await readRange(broker);
    expect(last).toBe(positions.at(-1));
    await append(broker, "c");
    const idsAfter = async (after: string, range: LogRange = {}) =>
      (await broker.readLog({ range, after, limit: 10 })).events.map(eventId);
    expect(await idsAfter(empty)).toEqual(["a", "b", "c"]);
    expect(await idsAfter(empty, { toPosition: last })).toEqual(["a", "b"]);
    expect(await idsAfter(last)).toEqual(["c"]);
    const third = await broker.lastPosition();
    expect(await idsAfter(third)).toEqual([]);
    // Also where what stood there is gone.
    await advance(10 * DAY);
    await purgeAll(broker);
    expect(await idsAfter(await broker.lastPosition())).toEqual([]);
    await append(broker, "d");
    expect(await idsAfter(third)).toEqual(["d"]);
  });

  it("offers what was delivered, dropped, filtered or dead once more, at once and with attempt 1", async ({
    broker,
    now,
  }) => {
    await subscribe(broker);
    await append(broker, "delivered", "dropped", "dead", { id: "filtered", type: "other" });
    const filters = [{ not: { exact: { type: "other" } } }];
    const [first, ...others] = (await claim(broker, { filters })).deliveries;
    if (first === undefined) throw new Error("Nothing was offered.");
    await settle(broker, [first], retryAt(now()));
    await settle(broker, [await claimOne(broker, { filters })], DELIVERED);
    await settle(broker, others.slice(0, 1), DROPPED);
    await settle(broker, others.slice(1), DEAD);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 0, dead: 1 });
    expect(await redeliverAll(broker)).toBe(4);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 4, leased: 0, dead: 0 });
    expect(await deadIds(broker)).toEqual([]);
    expect(await nextDueAt(broker)).toBe(0);
    expect(await claimAttempts(broker, { filters })).toEqual(["delivered#1", "dropped#1", "dead#1", "filtered#1"]);
    await settle(broker, (await claim(broker)).deliveries, DELIVERED);
    expect(await nextDueAt(broker)).not.toBe(0);
  });

  it("leaves alone what is leased, waits or was never looked at", async ({ broker, now }) => {
    await subscribeAndAppend(broker, "waiting", "leased");
    const [waiting, leased] = (await claim(broker)).deliveries;
    if (waiting === undefined || leased === undefined) throw new Error("Nothing was offered.");
    await settle(broker, [waiting], retryAt(now() + HOUR));
    await append(broker, "new");
    expect(await redeliverAll(broker)).toBe(0);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 3, leased: 1 });
    expect(await claimAttempts(broker)).toEqual(["new#1"]);
    expect(await settle(broker, [leased], DELIVERED)).toEqual(["ok"]);
  });

  it("offers an event once, however often it is put back before it is claimed", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, DELIVERED);
    expect(await redeliverAll(broker)).toBe(1);
    expect(await redeliverAll(broker)).toBe(0);
    expect(await claimAttempts(broker)).toEqual(["a#1"]);
    expect(await redeliverAll(broker)).toBe(0);
  });

  it("puts back for one subscription and no other, and for none that it does not know", async ({ broker }) => {
    await subscribe(broker, "one");
    await subscribe(broker, "two");
    await append(broker, "a");
    await settleAll(broker, DELIVERED, "one");
    await settleAll(broker, DELIVERED, "two");
    expect(await redeliverAll(broker, "one")).toBe(1);
    expect(await redeliverAll(broker, "nobody")).toBe(0);
    expect(await claimAttempts(broker, { subscription: "two" })).toEqual([]);
    expect(await claimAttempts(broker, { subscription: "one" })).toEqual(["a#1"]);
  });

  it("puts back nothing at positions where nothing is", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, DELIVERED);
    const nowhere = broker.capabilities.positions === "number" ? ["99", "0"] : ["99-1", "0-0"];
    expect(await broker.redeliver({ subscription: "crm", positions: [...nowhere, "", "x", "-1"] })).toBe(0);
    expect(await broker.redeliver({ subscription: "crm", positions: [] })).toBe(0);
    expect(await claimAttempts(broker)).toEqual([]);
  });

  it("does not take the tokens of claims before an event was put back", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    const delivery = await claimOne(broker);
    await settle(broker, [delivery], DELIVERED);
    await redeliverAll(broker);
    expect(await settle(broker, [delivery], DEAD)).toEqual(["stale"]);
    const again = await claimOne(broker);
    expect(await settle(broker, [delivery], DEAD)).toEqual(["stale"]);
    expect(await settle(broker, [again], DELIVERED)).toEqual(["ok"]);
  });

  it("counts age from when an event was recorded, or put back", async ({ broker, advance, now }) => {
    const recorded = now();
    await subscribeAndAppend(broker, "a");
    await advance(HOUR);
    const first = await claimOne(broker);
    expect(first).toMatchObject({ agedFromMs: recorded, recordedAtMs: recorded });
    await settle(broker, [first], DEAD);
    await advance(HOUR);
    await broker.requeueDead({ subscription: "crm", positions: [first.position] });
    const requeued = now();
    await advance(HOUR);
    const second = await claimOne(broker);
    expect(second).toMatchObject({ agedFromMs: requeued, recordedAtMs: recorded });
    await settle(broker, [second], retryAt(now()));
    expect(await claimOne(broker)).toMatchObject({ agedFromMs: requeued, attempt: 2 });
    await settleAll(broker, DELIVERED);
    await advance(DAY);
    await settle(broker, (await claim(broker)).deliveries, DELIVERED);
    await redeliverAll(broker);
    expect(await claimOne(broker)).toMatchObject({ agedFromMs: now(), recordedAtMs: recorded, attempt: 1 });
  });

  it("keeps the order by key among events that were put back, and holds back later ones", async ({ broker }) => {
    const keyed = { ordering: "key" } as const;
    await subscribe(broker);
    await append(
      broker,
      { id: "a1", partitionKey: "a" },
      { id: "b1", partitionKey: "b" },
      { id: "a2", partitionKey: "a" },
    );
    for (;;) {
      const { deliveries } = await claim(broker, keyed);
      if (deliveries.length === 0) break;
      await settle(broker, deliveries, DELIVERED);
    }
    expect(await redeliverAll(broker)).toBe(3);
    await append(broker, { id: "a3", partitionKey: "a" });
    const order: string[][] = [];
    for (;;) {
      const { deliveries } = await claim(broker, keyed);
      if (deliveries.length === 0) break;
      order.push(deliveries.map(eventId));
      await settle(broker, deliveries, DELIVERED);
    }
    expect(order).toEqual([["a1", "b1"], ["a2"], ["a3"]]);
  });

  it("keeps what was put back however old it is, until it is settled", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, "a", "b");
    await settleAll(broker, DELIVERED);
    const { positions } = await readRange(broker);
    await broker.redeliver({ subscription: "crm", positions: positions.slice(0, 1) });
    await advance(10 * DAY);
    expect(await purgeAll(broker)).toEqual({ events: 1, deadLetters: 0 });
    expect((await readRange(broker)).ids).toEqual(["a"]);
    expect(await broker.redeliver({ subscription: "crm", positions: positions.slice(1) })).toBe(0);
    expect(await claimAttempts(broker)).toEqual(["a#1"]);
    await settleAll(broker, DELIVERED);
  });

  it("writes state in the same step, or neither", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, DELIVERED);
    const { positions } = await readRange(broker);
    const write = (value: string, ifVersion: number) =>
      broker
        .redeliver({ subscription: "crm", positions, state: [{ collection: "replays", key: "crm", value, ifVersion }] })
        .catch(brokerFailureCode);
    expect(await write("wrong", 7)).toBe("state_conflict");
    expect(await claimAttempts(broker)).toEqual([]);
    expect(await write("right", 0)).toBe(1);
    expect(await broker.getState({ collection: "replays", keys: ["crm"] })).toEqual([
      { key: "crm", value: "right", version: 1 },
    ]);
    // Also where nothing is put back.
    expect(await write("again", 1)).toBe(0);
    expect(await broker.getState({ collection: "replays", keys: ["crm"] })).toMatchObject([{ value: "again" }]);
    expect(await claimAttempts(broker)).toEqual(["a#1"]);
  });

  it(
    "keeps what was put back over a crash",
    async ({ broker, crash }) => {
      await subscribeAndAppend(broker, "a");
      await settleAll(broker, DELIVERED);
      await redeliverAll(broker);
      const reopened = await crash();
      expect((await claimAll(reopened)).deliveries.map(eventId)).toEqual(["a"]);
    },
    { needs: "durable" },
  );
}
