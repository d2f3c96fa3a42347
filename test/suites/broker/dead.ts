import { expect } from "vitest";
import type { Broker, DeadLetter } from "../../../src/broker/broker.ts";
import { eventId, eventIds } from "./events.ts";
import { HOUR, type Scenario } from "./harness.ts";
import {
  append,
  claim,
  claimAttempts,
  claimOne,
  createTurnLimit,
  DEAD,
  DELIVERED,
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

function listDead(broker: Broker, limit = 100, after?: string): Promise<readonly DeadLetter[]> {
  return broker.listDead({ subscription: "crm", limit, ...(after === undefined ? {} : { after }) });
}

export function deadTests(it: Scenario): void {
  it("lists a dead letter with its reason, detail, attempt and times", async ({ broker, advance, now }) => {
    const start = now();
    await subscribeAndAppend(broker, "a");
    await settle(broker, [await claimOne(broker)], retryAt(start));
    const delivery = await claimOne(broker);
    await advance(1500);
    await settle(broker, [delivery], { kind: "dead", reason: "http_status", detail: "410 Gone: „weg“ 😀" });
    const [letter, ...rest] = await listDead(broker);
    expect(rest).toEqual([]);
    expect(letter).toMatchObject({
      position: delivery.position,
      reason: "http_status",
      detail: "410 Gone: „weg“ 😀",
      attempt: 2,
      recordedAtMs: start,
      diedAtMs: start + 1500,
    });
    expect(letter === undefined ? "" : eventId(letter)).toBe("a");
  });

  it("lists a dead letter without detail where none was given", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, DEAD);
    const [letter] = await listDead(broker);
    expect(letter?.reason).toBe("retries_exhausted");
    expect(letter?.detail).toBeUndefined();
  });

  it("keeps a detail of 10,000 characters", async ({ broker }) => {
    const detail = "ü".repeat(10_000);
    await subscribeAndAppend(broker, "a");
    await settleAll(broker, { kind: "dead", reason: "http_status", detail });
    expect((await listDead(broker))[0]?.detail).toBe(detail);
  });

  it("lists dead letters in log order, whatever the order in which they died", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, ...eventIds(12));
    const { deliveries } = await claim(broker);
    for (const one of [...deliveries].reverse()) {
      await settle(broker, [one], DEAD);
      await advance(10);
    }
    expect(await deadIds(broker)).toEqual(eventIds(12));
  });

  it("lists page by page: at most limit, after the position given", async ({ broker }) => {
    await subscribeAndAppend(broker, ...eventIds(12));
    await settleAll(broker, DEAD);
    const pages: string[][] = [];
    let after: string | undefined;
    const turn = createTurnLimit(100);
    for (;;) {
      turn();
      const page = await listDead(broker, 5, after);
      if (page.length === 0) break;
      pages.push(page.map(eventId));
      after = page.at(-1)?.position;
    }
    expect(pages.map((page) => page.length)).toEqual([5, 5, 2]);
    expect(pages.flat()).toEqual(eventIds(12));
  });

  it("keeps the dead letters of subscriptions apart", async ({ broker }) => {
    await subscribe(broker, "one");
    await subscribe(broker, "two");
    await append(broker, "a", "b");
    const one = await claim(broker, { subscription: "one" });
    const two = await claim(broker, { subscription: "two" });
    await settle(broker, one.deliveries.slice(0, 1), DEAD, "one");
    await settle(broker, two.deliveries.slice(1), DEAD, "two");
    expect(await deadIds(broker, "one")).toEqual(["a"]);
    expect(await deadIds(broker, "two")).toEqual(["b"]);
    const positions = two.deliveries.map(({ position }) => position);
    expect(await broker.requeueDead({ subscription: "one", positions })).toBe(1);
    expect(await deadIds(broker, "two")).toEqual(["b"]);
  });

  it("offers a requeued dead letter at once, with attempt 1", async ({ broker, now }) => {
    await subscribeAndAppend(broker, "a");
    await settle(broker, [await claimOne(broker)], retryAt(now()));
    const delivery = await claimOne(broker);
    await settle(broker, [delivery], DEAD);
    expect(await broker.requeueDead({ subscription: "crm", positions: [delivery.position] })).toBe(1);
    expect(await deadIds(broker)).toEqual([]);
    expect(await nextDueAt(broker)).toBe(0);
    expect(await claimAttempts(broker)).toEqual(["a#1"]);
  });

  it("offers requeued dead letters before new events, in log order", async ({ broker }) => {
    await subscribeAndAppend(broker, ...eventIds(3));
    await settleAll(broker, DEAD);
    await append(broker, "new");
    const [first, second, third] = (await listDead(broker)).map(({ position }) => position);
    await broker.requeueDead({ subscription: "crm", positions: [third ?? "", first ?? ""] });
    expect(await claimAttempts(broker)).toEqual(["e1#1", "e3#1", "new#1"]);
    expect((await listDead(broker)).map(({ position }) => position)).toEqual([second]);
  });

  it("counts only what was dead when it requeues", async ({ broker }) => {
    await subscribeAndAppend(broker, "dead", "delivered", "leased");
    const { deliveries } = await claim(broker);
    await settle(broker, deliveries.slice(0, 1), DEAD);
    await settle(broker, deliveries.slice(1, 2), DELIVERED);
    const positions = deliveries.map(({ position }) => position);
    expect(await broker.requeueDead({ subscription: "crm", positions })).toBe(1);
    expect(await broker.requeueDead({ subscription: "crm", positions })).toBe(0);
    expect(await claimAttempts(broker)).toEqual(["dead#1"]);
  });

  it("does not judge a requeued dead letter by the filters again", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    const delivery = await claimOne(broker);
    await settle(broker, [delivery], DEAD);
    await broker.requeueDead({ subscription: "crm", positions: [delivery.position] });
    expect(await claimAttempts(broker, { filters: [{ exact: { type: "other" } }] })).toEqual(["a#1"]);
  });

  it("does not take the token of the try an event died of after it was requeued", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    const died = await claimOne(broker);
    await settle(broker, [died], DEAD);
    await broker.requeueDead({ subscription: "crm", positions: [died.position] });
    expect(await settle(broker, [died], DELIVERED)).toEqual(["stale"]);
    const again = await claimOne(broker);
    expect(await settle(broker, [died], DELIVERED)).toEqual(["stale"]);
    expect(await settle(broker, [again], DELIVERED)).toEqual(["ok"]);
  });

  it("lists a dead letter anew that was requeued and died again", async ({ broker, advance, now }) => {
    await subscribeAndAppend(broker, "a");
    const first = await claimOne(broker);
    await settle(broker, [first], { kind: "dead", reason: "first", detail: "once" });
    await broker.requeueDead({ subscription: "crm", positions: [first.position] });
    await advance(HOUR);
    await settle(broker, [await claimOne(broker)], { kind: "dead", reason: "second" });
    const letters = await listDead(broker);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ reason: "second", attempt: 1, diedAtMs: now() });
    expect(letters[0]?.detail).toBeUndefined();
    expect((await subscriptionStats(broker)).dead).toBe(1);
  });

  it("shows one dead letter as it is listed, and none where none is", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", "b");
    const { deliveries } = await claim(broker);
    await settle(broker, deliveries.slice(1), { kind: "dead", reason: "http_status", detail: "404" });
    const [a = "", b = ""] = deliveries.map(({ position }) => position);
    const [listed] = await listDead(broker);
    expect(await broker.getDead({ subscription: "crm", position: b })).toEqual(listed);
    for (const position of [a, "", "x", "-1"]) {
      expect(await broker.getDead({ subscription: "crm", position })).toBeNull();
    }
    expect(await broker.getDead({ subscription: "nobody", position: b })).toBeNull();
  });

  it("drops dead letters for good, counts only what was dead, and leaves the others", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, ...eventIds(3));
    const { deliveries } = await claim(broker);
    await settle(broker, deliveries.slice(0, 2), DEAD);
    const positions = deliveries.map(({ position }) => position);
    expect(await broker.dropDead({ subscription: "nobody", positions })).toBe(0);
    expect(await broker.dropDead({ subscription: "crm", positions: [...positions.slice(1), "", "x"] })).toBe(1);
    expect(await broker.dropDead({ subscription: "crm", positions: positions.slice(1) })).toBe(0);
    expect(await deadIds(broker)).toEqual(["e1"]);
    expect((await subscriptionStats(broker)).dead).toBe(1);
    expect(await broker.requeueDead({ subscription: "crm", positions: positions.slice(1) })).toBe(0);
    expect(await settle(broker, deliveries.slice(2), DELIVERED)).toEqual(["ok"]);
    await advance(3 * 24 * HOUR);
    expect((await purgeAll(broker)).events).toBe(2);
  });
}
