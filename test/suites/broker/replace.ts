import { expect } from "vitest";
import type { Broker, LoggedEvent } from "../../../src/broker/broker.ts";
import { type EventSketch, eventId, newEvent } from "./events.ts";
import type { Scenario } from "./harness.ts";
import {
  append,
  claim,
  claimAll,
  claimOne,
  DEAD,
  DELIVERED,
  deadIds,
  retryAt,
  settle,
  settleAll,
  subscribe,
  subscribeAndAppend,
  subscriptionStats,
} from "./steps.ts";

const OLD = "old-content";
const old = (id: string, partitionKey?: string): EventSketch => ({
  id,
  data: `{"text":"${OLD}"}`,
  ...(partitionKey !== undefined && { partitionKey }),
});

async function log(broker: Broker): Promise<readonly LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  let after: string | undefined;
  do {
    const page = await broker.readLog({ range: {}, limit: 100, after });
    events.push(...page.events);
    after = page.next;
  } while (after !== undefined);
  return events;
}

/** Puts events of the same ids in the place of all, with nothing in them. */
async function replaceAll(broker: Broker, partitionKey?: string): Promise<number> {
  const replacements = (await log(broker)).map((stored) => {
    const { event } = newEvent({ id: eventId(stored), ...(partitionKey !== undefined && { partitionKey }) });
    return { position: stored.position, event, partitionKey };
  });
  return broker.replaceEvents({ replacements });
}

/** What of the old is to be had by any method. */
async function oldIn(broker: Broker): Promise<readonly string[]> {
  const all = [
    ...(await log(broker)),
    ...(await broker.listDead({ subscription: "crm", limit: 100 })),
    ...(await claimAll(broker)).deliveries,
  ];
  return all.map(({ event }) => new TextDecoder().decode(event.bytes)).filter((text) => text.includes(OLD));
}

export function replaceTests(scenario: Scenario): void {
  scenario("offers the new event where the old one was never looked at", async ({ broker }) => {
    await subscribeAndAppend(broker, old("e1"), old("e2"));
    expect(await replaceAll(broker)).toBe(2);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 2 });
    const { deliveries } = await claimAll(broker);
    expect(deliveries.map(eventId)).toEqual(["e1", "e2"]);
    await settle(broker, deliveries, DELIVERED);
    expect(await oldIn(broker)).toEqual([]);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 0, leased: 0, dead: 0 });
  });

  scenario("offers nothing anew of what every subscription had finished with", async ({ broker }) => {
    await subscribeAndAppend(broker, old("e1"), old("e2"));
    await settleAll(broker, DELIVERED);
    expect(await replaceAll(broker)).toBe(2);
    expect((await claimAll(broker)).deliveries).toEqual([]);
    expect(await oldIn(broker)).toEqual([]);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 0, leased: 0, dead: 0 });
  });

  scenario("offers the new event where the old one waited for a retry", async ({ broker, now }) => {
    await subscribeAndAppend(broker, old("e1"));
    await settleAll(broker, retryAt(now()));
    expect(await replaceAll(broker)).toBe(1);
    const { deliveries } = await claimAll(broker);
    expect(deliveries.map(eventId)).toEqual(["e1"]);
    await settle(broker, deliveries, DELIVERED);
    expect(await oldIn(broker)).toEqual([]);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 0, leased: 0, dead: 0 });
  });

  scenario("offers the old event no more, whatever becomes of a lease on it", async ({ broker, now }) => {
    await subscribeAndAppend(broker, old("e1"));
    const { deliveries } = await claim(broker);
    expect(await replaceAll(broker)).toBe(1);
    await settle(broker, deliveries, retryAt(now()));
    expect(await oldIn(broker)).toEqual([]);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 1, dead: 0 });
  });

  scenario("keeps a dead letter, without the old event", async ({ broker }) => {
    await subscribeAndAppend(broker, old("e1"));
    await settleAll(broker, DEAD);
    expect(await replaceAll(broker)).toBe(1);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 0, dead: 1 });
    expect(await oldIn(broker)).toEqual([]);
    expect((await deadIds(broker)).length).toBe(1);
  });

  scenario("forgets the note with which a dead letter was to be forwarded", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, old("e1"));
    await settleAll(broker, { kind: "dead", reason: "rejected", forward: `{"answer":"${OLD}"}` });
    const leased = { subscription: "crm", limit: 10, leaseMs: 1000 };
    expect((await broker.claimForwards(leased)).map(({ note }) => note)).toEqual([`{"answer":"${OLD}"}`]);
    expect(await replaceAll(broker)).toBe(1);
    await advance(2000);
    const forwards = await broker.claimForwards(leased);
    expect(forwards.map(({ note, event }) => note + new TextDecoder().decode(event.bytes)).join()).not.toContain(OLD);
    expect(await subscriptionStats(broker)).toMatchObject({ dead: 1 });
  });

  scenario("replaces events that are larger than a value may be, and by such", async ({ broker }) => {
    const large = (id: string, text: string): EventSketch => ({ id, data: `"${text.repeat(200_000)}"` });
    await subscribeAndAppend(broker, large("e1", OLD), old("e2"), large("e3", OLD));
    const news = [newEvent("e1"), newEvent(large("e2", "new-content")), newEvent(large("e3", "new-content"))];
    const replacements = (await log(broker)).flatMap(({ position }, at) => {
      const event = news[at]?.event;
      return event ? [{ position, event }] : [];
    });
    expect(await broker.replaceEvents({ replacements })).toBe(3);
    const { deliveries } = await claimAll(broker);
    const sizes = (all: readonly Pick<LoggedEvent, "event">[]) =>
      all.map((one) => [eventId(one), one.event.bytes.length]);
    expect(sizes(deliveries)).toEqual(sizes(replacements));
    await settle(broker, deliveries, DELIVERED);
    expect(await oldIn(broker)).toEqual([]);
  });

  scenario("holds events of one key back by one another under their new key as well", async ({ broker }) => {
    const ordered = { ordering: "key" } as const;
    await subscribeAndAppend(broker, old("e1", "mia"), old("e2", "mia"), old("e3", "mia"));
    const first = await claimOne(broker, ordered);
    expect((await claim(broker, ordered)).deliveries).toEqual([]);
    expect(await replaceAll(broker, "sub-1")).toBe(3);
    await settle(broker, [first], DELIVERED);
    const seen: string[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const { deliveries } = await claimAll(broker, ordered);
      expect(deliveries.length).toBeLessThanOrEqual(1);
      seen.push(...deliveries.map(eventId));
      await settle(broker, deliveries, DELIVERED);
    }
    // Where the lease was ended with the entry, the first comes again.
    expect(seen.filter((id) => id !== "e1")).toEqual(["e2", "e3"]);
    expect(await oldIn(broker)).toEqual([]);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 0, leased: 0 });
  });

  scenario("leaves other events, and those held back by them, as they are", async ({ broker }) => {
    await subscribe(broker);
    await append(broker, old("e1", "mia"), { id: "e2", partitionKey: "mia" }, { id: "e3", partitionKey: "bo" });
    const { deliveries: leased } = await claim(broker, { ordering: "key" });
    expect(leased.map(eventId)).toEqual(["e1", "e3"]);
    const [stored] = await log(broker);
    const { event } = newEvent({ id: "e1", partitionKey: "sub-1" });
    await broker.replaceEvents({ replacements: [{ position: stored?.position ?? "", event, partitionKey: "sub-1" }] });
    await settle(broker, leased, DELIVERED);
    // Where the lease was ended with the entry, the first comes again.
    const { deliveries } = await claimAll(broker, { ordering: "key" });
    expect(deliveries.map(eventId).filter((id) => id !== "e1")).toEqual(["e2"]);
    await settle(broker, deliveries, DELIVERED);
    expect(await subscriptionStats(broker)).toMatchObject({ pending: 0, leased: 0 });
  });

  scenario("counts positions that hold an event, and no others", async ({ broker }) => {
    const { event } = newEvent("e1");
    await subscribeAndAppend(broker, old("e1"));
    const positions = ["999999", "999999-0", "", "no position"];
    expect(await broker.replaceEvents({ replacements: positions.map((position) => ({ position, event })) })).toBe(0);
    expect(await broker.replaceEvents({ replacements: [] })).toBe(0);
    expect((await log(broker)).length).toBe(1);
  });

  scenario("counts the bytes of the new events", async ({ broker }) => {
    await subscribeAndAppend(broker, old("e1"));
    await replaceAll(broker);
    const [stored] = await log(broker);
    expect((await broker.stats()).bytes).toBe(stored?.event.bytes.length);
  });

  scenario("can be scrubbed while others work", async ({ broker }) => {
    await subscribeAndAppend(broker, old("e1"));
    await replaceAll(broker);
    await Promise.all([broker.scrub(), append(broker, "e2"), broker.scrub(), append(broker, "e3")]);
    expect((await claimAll(broker)).deliveries.map(eventId)).toEqual(["e1", "e2", "e3"]);
  });
}
