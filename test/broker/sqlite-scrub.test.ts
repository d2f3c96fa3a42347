/** What was replaced, deleted or purged must be gone from the very bytes of the files, not from the answers alone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Broker } from "../../src/broker/broker.ts";
import { eventId, newEvent } from "../suites/broker/events.ts";
import { openTestSqliteBroker } from "../support/sqlite-broker.ts";

const DAY = 86_400_000;
const SECRET = "zanderette@mail.example";
const ALL = { subscription: "crm", filters: [], limit: 100, leaseMs: 30_000, ordering: "key" } as const;

let directory: string;
let nowMs: number;
let broker: Broker;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "poolcast-scrub-"));
  nowMs = Date.parse("2026-05-04T12:00:00Z");
  broker = open();
});
afterEach(async () => {
  await broker.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(): Broker {
  const limits = { retentionMs: DAY, deadRetentionMs: DAY, maxBytes: 1024 ** 3 };
  return openTestSqliteBroker({ path: join(directory, "poolcast.db"), clock: () => nowMs, ...limits });
}

/** How often the secret stands in the files. */
function traces(): number {
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name)).toString("latin1").split(SECRET).length - 1)
    .reduce((sum, count) => sum + count, 0);
}

/** From what fits into a page with many others to what takes many pages. */
function secretEvents(prefix: string) {
  return [10, 300, 3000, 20_000, 150_000].flatMap((size) =>
    [1, 2, 3].map((at) =>
      newEvent({
        id: `${prefix}-${size}-${at}`,
        partitionKey: SECRET,
        data: JSON.stringify({ mail: SECRET, text: SECRET.padEnd(size, SECRET) }),
      }),
    ),
  );
}

async function deliverAll(): Promise<void> {
  for (;;) {
    const { deliveries, more } = await broker.claim(ALL);
    const settlements = deliveries.map(({ token }) => ({ token, verdict: { kind: "delivered" } as const }));
    await broker.settle({ subscription: "crm", settlements });
    if (deliveries.length === 0 && !more) return;
  }
}

async function replaceAll(): Promise<void> {
  const { events } = await broker.readLog({ range: {}, limit: 100 });
  const replacements = events.map((one) => {
    const { event } = newEvent({ id: eventId(one), partitionKey: "sub-1" });
    return { position: one.position, partitionKey: "sub-1", event };
  });
  expect(await broker.replaceEvents({ replacements })).toBeGreaterThan(0);
}

type Below = (limit: number) => number;

/** https://en.wikipedia.org/wiki/Linear_congruential_generator, of Numerical Recipes */
function randomOf(seed: number): Below {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

let numbers = 0;

function eventsOf(random: Below, count: number, isSecret: () => boolean) {
  return Array.from({ length: count }, () => {
    const word = isSecret() ? SECRET : "x";
    const size = random(10) === 0 ? random(60_000) : random(3000);
    const data = JSON.stringify({ text: word.repeat(1 + size / word.length) });
    return newEvent({ id: `r${numbers++}`, data, ...(random(3) > 0 && { partitionKey: word + random(4) }) });
  });
}

function secretFree(random: Below, count: number) {
  return eventsOf(random, count, () => false);
}

/** Events come, are delivered, die and go, in no order. */
async function liveALife(random: Below): Promise<void> {
  numbers = 0;
  nowMs = Date.parse("2026-05-04T12:00:00Z");
  await broker.ensureSubscription({ subscription: "crm", start: "earliest" });
  for (let step = 0; step < 30; step++) {
    const value = random(3) > 0 ? JSON.stringify({ mail: SECRET, more: "y".repeat(random(5000)) }) : null;
    await broker.append({
      events: eventsOf(random, 1 + random(30), () => random(3) === 0),
      state: [{ collection: "identity", key: `user-${random(50)}`, value }],
    });
    const { deliveries } = await broker.claim({ ...ALL, limit: 1 + random(40), leaseMs: 1000 });
    const settlements = deliveries.flatMap(({ token }) => {
      if (random(5) === 0) return [];
      const verdict =
        random(5) === 0 ? ({ kind: "dead", reason: "retries" } as const) : ({ kind: "delivered" } as const);
      return [{ token, verdict }];
    });
    await broker.settle({ subscription: "crm", settlements });
    nowMs += random(DAY / 4);
    if (random(4) === 0) await broker.purge();
  }
}

async function replaceSecrets(): Promise<void> {
  let after: string | undefined;
  do {
    const page = await broker.readLog({ range: {}, limit: 50, ...(after !== undefined && { after }) });
    const replacements = page.events
      .filter(({ event }) => Buffer.from(event.bytes).includes(SECRET))
      .map((one) => ({ position: one.position, event: newEvent(eventId(one)).event }));
    await broker.replaceEvents({ replacements });
    after = page.next;
  } while (after !== undefined);
  const state = Array.from({ length: 50 }, (_, at) => ({ collection: "identity", key: `user-${at}`, value: null }));
  await broker.append({ events: [], state });
}

describe("a scrubbed SQLite file", { timeout: 60_000 }, () => {
  it("holds nothing of events that were purged or replaced, of their keys, or of state that was deleted", async () => {
    await broker.ensureSubscription({ subscription: "crm", start: "earliest" });
    await broker.append({
      events: secretEvents("purged"),
      state: [{ collection: "identity", key: `arn/${SECRET}`, value: `{"email":"${SECRET}"}` }],
    });
    await deliverAll();
    nowMs += 2 * DAY;
    expect((await broker.purge()).events).toBe(15);
    await broker.append({ events: [...secretEvents("replaced"), newEvent("other")] });
    // Some leased, some held back by the key that is the secret.
    await broker.claim({ ...ALL, limit: 1 });
    await broker.append({ events: [], state: [{ collection: "identity", key: `arn/${SECRET}`, value: null }] });
    await replaceAll();
    expect(traces()).toBeGreaterThan(0);
    await broker.scrub();
    expect(traces()).toBe(0);
    await broker.close();
    expect(traces()).toBe(0);
    broker = open();
    nowMs += 60_000;
    await deliverAll();
    expect((await broker.stats()).subscriptions).toMatchObject([{ pending: 0, dead: 0 }]);
    expect((await broker.readLog({ range: {}, limit: 100 })).events.length).toBe(16);
  });

  it("holds nothing in the corners of its pages, whatever was stored and moved in it before, and is sound", async () => {
    const rest = () => {
      const file = new DatabaseSync(join(directory, "poolcast.db"));
      const said = file.prepare("PRAGMA integrity_check").get()?.integrity_check;
      file.close();
      return said;
    };
    await broker.close();
    for (const seed of [1, 51, 55, 77]) {
      rmSync(directory, { recursive: true });
      broker = open();
      const random = randomOf(seed);
      await liveALife(random);
      await replaceSecrets();
      await broker.scrub();
      expect([seed, traces()]).toEqual([seed, 0]);
      await broker.append({ events: secretFree(random, 200) });
      nowMs += 2 * DAY;
      await deliverAll();
      await broker.purge();
      await broker.close();
      expect([seed, traces(), rest()]).toEqual([seed, 0, "ok"]);
    }
    broker = open();
  });

  it("holds nothing behind the end of a value that took the place of a longer one", async () => {
    await broker.append({ events: secretEvents("purged") });
    nowMs += 2 * DAY;
    await broker.purge();
    const data = JSON.stringify({ text: "x".repeat(6000) });
    await broker.append({ events: Array.from({ length: 200 }, (_, at) => newEvent({ id: `short-${at}`, data })) });
    await broker.scrub();
    expect(traces()).toBe(0);
    const { events } = await broker.readLog({ range: {}, limit: 300 });
    expect(events.every(({ event }) => new TextDecoder().decode(event.bytes).endsWith(`${data}}`))).toBe(true);
    expect(events.length).toBe(200);
  });

  it("is no larger for it, and one that was left half scrubbed is like any other", async () => {
    await broker.append({ events: secretEvents("e") });
    nowMs += 2 * DAY;
    await broker.purge();
    await broker.scrub();
    const size = () => readFileSync(join(directory, "poolcast.db")).length;
    const before = size();
    await broker.scrub();
    await broker.append({ events: secretEvents("f") });
    await broker.scrub();
    expect(size()).toBeLessThanOrEqual(before + 16 * 4096);
  });
});
