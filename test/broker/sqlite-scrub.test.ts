/** What was replaced, deleted or purged must be gone from the very bytes of the files, not from the answers alone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Broker } from "../../src/broker/broker.ts";
import { openSqliteBroker } from "../../src/broker/sqlite.ts";
import { eventId, newEvent } from "../suites/broker/events.ts";

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
  return openSqliteBroker({
    path: join(directory, "poolcast.db"),
    clock: () => nowMs,
    dedupeWindowMs: DAY,
    retentionMs: DAY,
    deadRetentionMs: DAY,
    maxBytes: 1024 ** 3,
  });
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
