/** A target that takes several events in one request. Time is the fake one. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventIds } from "../suites/broker/events.ts";
import { openLoopKit, pause, SUBSCRIPTION } from "../support/loop-kit.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 4, 4, 12);
const BATCH = { maxEvents: 10, maxBytes: 262_144, lingerMs: 200 };

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

function idsOf(kit: { readonly sink: { readonly batches: readonly { readonly ids: readonly string[] }[] } }) {
  return kit.sink.batches.map(({ ids }) => ids);
}

async function deadIds(kit: Awaited<ReturnType<typeof openLoopKit>>): Promise<readonly string[]> {
  const letters = await kit.broker.listDead({ subscription: SUBSCRIPTION, limit: 1000 });
  return letters.map(({ event }) => JSON.parse(new TextDecoder().decode(event.bytes)).id);
}

describe("batches", () => {
  it("are full while there is a backlog, and at most as many under way as the concurrency allows", async () => {
    const kit = await openLoopKit({
      options: { batch: BATCH, concurrency: 2 },
      answerBatch: () => pause(10).then(() => 204),
    });
    await kit.append(...eventIds(100));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(400);
    expect(idsOf(kit).flat()).toEqual(eventIds(100));
    expect(kit.sink.batches).toHaveLength(10);
    expect(kit.sink.mostUnderWay()).toBe(2);
    expect(kit.mostLeased()).toBeLessThanOrEqual(2 * 2 * BATCH.maxEvents);
    expect(await kit.counts()).toMatchObject({ pending: 0, leased: 0, dead: 0 });
    await loop.stop(0);
  });

  it("wait for company as long as told and no longer, and not at all when they are full", async () => {
    const kit = await openLoopKit({ options: { batch: BATCH }, answerBatch: () => 204 });
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    const startMs = START + HOUR_MS;
    await kit.append("a");
    await vi.advanceTimersByTimeAsync(150);
    await kit.append("b");
    await vi.advanceTimersByTimeAsync(49);
    expect(kit.sink.batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(kit.sink.batches).toEqual([{ ids: ["a", "b"], atMs: startMs + 200 }]);
    await kit.append(...eventIds(10));
    await vi.advanceTimersByTimeAsync(0);
    expect(kit.sink.batches.at(-1)).toEqual({ ids: eventIds(10), atMs: startMs + 200 });
    await loop.stop(0);
  });

  it("are counted, as are the events in them", async () => {
    const kit = await openLoopKit({
      options: { batch: BATCH },
      answerBatch: (_, __, before) => (before < 1 ? 503 : 204),
    });
    await kit.append(...eventIds(13));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(idsOf(kit).map((ids) => ids.length)).toEqual([10, 3, 10]);
    expect(await kit.metric("poolcast_delivered_total")).toEqual({ "": 13 });
    expect(await kit.metric("poolcast_retried_total")).toEqual({ 'reason="status_503"': 10 });
    expect(await kit.metric("poolcast_batch_events_sum")).toEqual({ "": 23 });
    expect(await kit.metric("poolcast_batch_events_count")).toEqual({ "": 3 });
    expect(await kit.metric("poolcast_attempt_duration_seconds_count")).toEqual({ "": 3 });
    await loop.stop(0);
  });

  it("are tried again as they were, whatever else has come meanwhile, and all their events at one time", async () => {
    const kit = await openLoopKit({
      options: { batch: BATCH, concurrency: 2 },
      answerBatch: (_, __, before) => (before < 3 ? 500 : 204),
    });
    await kit.append(...eventIds(7));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(200);
    for (let at = 0; at < 6; at++) {
      await kit.append(...eventIds(2, `late${at}-`));
      await vi.advanceTimersByTimeAsync(1000);
    }
    const same = idsOf(kit).filter((ids) => ids.includes("e1"));
    expect(same.length).toBeGreaterThan(1);
    for (const ids of same) expect(ids).toEqual(eventIds(7));
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 0 });
    await loop.stop(0);
  });

  it("that time out or break off are tried again, with all of their events", async () => {
    const kit = await openLoopKit({
      options: { batch: BATCH, timeoutMs: 1000 },
      answerBatch: (_, signal, before) =>
        before > 0
          ? 204
          : new Promise((done) => {
              signal.addEventListener("abort", () => done({ kind: "failure", reason: "aborted", message: "" }));
            }),
    });
    await kit.append(...eventIds(10));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(3000);
    expect(idsOf(kit)).toEqual([eventIds(10), eventIds(10)]);
    expect(await kit.metric("poolcast_retried_total")).toEqual({ 'reason="timeout"': 10 });
    await loop.stop(0);
  });

  it("die event by event: those that are too old, while the others go on together", async () => {
    const kit = await openLoopKit({
      options: { batch: BATCH, maxAgeMs: 1000, backoffDelayMs: 10 },
      answerBatch: (ids) => (ids.includes("old1") ? 500 : 204),
    });
    await kit.append("old1", "old2");
    await vi.advanceTimersByTimeAsync(900);
    await kit.append("new1", "new2");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await deadIds(kit)).toEqual(["old1", "old2"]);
    expect(idsOf(kit).at(-1)).toEqual(["new1", "new2"]);
    await loop.stop(0);
  });

  it("count for the rate by their events, and for the breaker by their requests", async () => {
    const kit = await openLoopKit({ options: { batch: BATCH, rate: 10 }, answerBatch: () => 204 });
    await kit.append(...eventIds(100));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(5000);
    const sent = idsOf(kit).flat().length;
    expect(sent).toBeGreaterThanOrEqual(40);
    expect(sent).toBeLessThanOrEqual(60);
    await loop.stop(0);

    const failing = await openLoopKit({ options: { batch: BATCH }, answerBatch: () => 500 });
    await failing.append(...eventIds(1000));
    const probing = failing.start();
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    const before = failing.sink.batches.length;
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(failing.sink.batches.length - before).toBeLessThanOrEqual(121);
    expect(await failing.counts()).toMatchObject({ pending: 1000, leased: 0, dead: 0 });
    expect(await failing.metric("poolcast_breaker_opened_total")).toEqual({ "": 1 });
    await probing.stop(0);
  });

  it("wait as long as the target asks, all of them", async () => {
    const kit = await openLoopKit({
      options: { batch: BATCH, concurrency: 1 },
      answerBatch: (_, __, before) => (before === 0 ? { kind: "answer", status: 429, retryAfter: "60" } : 204),
    });
    await kit.append(...eventIds(20));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(59_000);
    expect(kit.sink.batches).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(idsOf(kit).slice(1).flat().toSorted()).toEqual(eventIds(20).toSorted());
    await loop.stop(0);
  });

  it("keep their events where the target is gone", async () => {
    const kit = await openLoopKit({ options: { batch: BATCH }, answerBatch: () => 410 });
    await kit.append(...eventIds(25));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.disabled).toEqual(["status_410"]);
    expect(await kit.counts()).toMatchObject({ pending: 25, leased: 0, dead: 0 });
    await loop.stop(0);
  });

  it("give all of their leases back at a stop, also what waits for company", async () => {
    const kit = await openLoopKit({
      options: { batch: { ...BATCH, lingerMs: 60_000 }, concurrency: 1 },
      answerBatch: () => new Promise(() => {}),
    });
    await kit.append(...eventIds(14));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(await kit.counts()).toMatchObject({ leased: 14 });
    void loop.stop(1000);
    await vi.advanceTimersByTimeAsync(100);
    expect(await kit.counts()).toMatchObject({ pending: 14, leased: 10 });
  });
});

describe("a batch that is refused", () => {
  it.each([
    [400, "default"],
    [413, "default"],
    [415, "default"],
    [422, "default"],
    [401, "knative"],
  ] as const)("by %d is split until the culprit stands alone, who alone dies (%s)", async (status, profile) => {
    const kit = await openLoopKit({
      options: { batch: BATCH, profile },
      answerBatch: (ids) => (ids.includes("e7") ? status : 204),
    });
    await kit.append(...eventIds(30));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await deadIds(kit)).toEqual(["e7"]);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 1 });
    const withCulprit = idsOf(kit).filter((ids) => ids.includes("e7"));
    // Then alone, as often as a target gets to see a refused event.
    expect(withCulprit.map((ids) => ids.length)).toEqual([10, 5, 3, 2, ...(profile === "default" ? [1, 1, 1] : [1])]);
    expect(await kit.metric("poolcast_batches_split_total")).toEqual({ [`reason="status_${status}"`]: 4 });
    // Nobody else was sent more often than a halving needs, and nobody was late because of it.
    for (const id of eventIds(30).filter((one) => one !== "e7")) {
      expect(idsOf(kit).filter((ids) => ids.includes(id) && !ids.includes("e7"))).toHaveLength(1);
    }
    expect(kit.log.filter(({ message }) => message.includes("halves"))).toHaveLength(4);
    await loop.stop(0);
  });

  it("spends no attempt of those that are not to blame", async () => {
    const kit = await openLoopKit({
      options: { batch: BATCH, retry: 0 },
      answerBatch: (ids) => (ids.includes("e1") ? 400 : 204),
    });
    await kit.append(...eventIds(10));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await deadIds(kit)).toEqual(["e1"]);
    await loop.stop(0);
  });

  it("is halved where it is only too large, and nobody dies", async () => {
    const kit = await openLoopKit({ options: { batch: BATCH }, answerBatch: (ids) => (ids.length > 4 ? 413 : 204) });
    await kit.append(...eventIds(40));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 0 });
    await loop.stop(0);
  });

  it("holds what cannot be sent at all: that is found in the same way", async () => {
    const kit = await openLoopKit({
      options: { batch: BATCH },
      answerBatch: (ids) => (ids.includes("e3") ? { kind: "failure", reason: "unsendable", message: "damaged" } : 204),
    });
    await kit.append(...eventIds(10));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await deadIds(kit)).toEqual(["e3"]);
    expect(await kit.counts()).toMatchObject({ pending: 0 });
    await loop.stop(0);
  });

  it("by everything is split into single events, all of which die", async () => {
    const kit = await openLoopKit({ options: { batch: BATCH }, answerBatch: () => 422 });
    await kit.append(...eventIds(10));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 10 });
    await loop.stop(0);
  });
});

describe("batches with ordering by key", () => {
  it("hold one event of a key at most, each after the one before it was taken", async () => {
    const kit = await openLoopKit({ options: { batch: BATCH, ordering: "key" }, answerBatch: () => 204 });
    await kit.append(...["a1", "a2", "b1", "a3", "c1"].map((id) => ({ id, partitionKey: id[0] ?? "" })));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(idsOf(kit)).toEqual([["a1", "b1", "c1"], ["a2"], ["a3"]]);
    await loop.stop(0);
  });

  it("keep each key's events in order, whatever is refused, fails or takes long", async () => {
    const scenario = fc.record({
      keys: fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 25 }),
      answers: fc.infiniteStream(fc.record({ status: fc.constantFrom(204, 204, 500, 413), takesMs: fc.nat(300) })),
      poison: fc.nat(30),
      concurrency: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ keys, answers, poison, concurrency }) => {
        const taken: string[] = [];
        const twice: (readonly string[])[] = [];
        const kit = await openLoopKit({
          options: { batch: { ...BATCH, maxEvents: 4 }, ordering: "key", concurrency },
          async answerBatch(ids) {
            if (new Set(ids.map((id) => id[0])).size < ids.length) twice.push(ids);
            const { status, takesMs } = answers.next().value;
            await pause(takesMs);
            const refused = ids.some((id) => id.slice(1) === String(poison));
            const given = refused ? 422 : ids.length === 1 && status === 413 ? 204 : status;
            if (given === 204) taken.push(...ids);
            return given;
          },
        });
        await kit.append(...keys.map((key, at) => ({ id: `${key}${at}`, partitionKey: key })));
        const loop = kit.start();
        await vi.advanceTimersByTimeAsync(10 * HOUR_MS);
        expect(await kit.counts()).toMatchObject({ pending: 0, dead: poison < keys.length ? 1 : 0 });
        expect(twice).toEqual([]);
        for (const key of "abcd") {
          const wanted = keys.flatMap((one, at) => (one === key && at !== poison ? [`${key}${at}`] : []));
          expect(taken.filter((id) => id.startsWith(key))).toEqual(wanted);
        }
        await loop.stop(0);
      }),
      { numRuns: 30 },
    );
  });
});
