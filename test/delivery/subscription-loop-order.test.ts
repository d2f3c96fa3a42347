/** `ordering: key`: whatever fails and is tried again, events of one key reach the sink one after the other. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openLoopKit, pause, SUBSCRIPTION } from "../support/loop-kit.ts";

const HOUR_MS = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 4, 4, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** `a2` is the second event of the key `a`; events of the key `-` have none. */
function sketch(id: string) {
  const key = id.replace(/\d+$/, "");
  return key === "-" ? { id } : { id, partitionKey: key };
}

describe("with ordering by key", () => {
  it("an event waits for the retries of the one before it, and others do not", async () => {
    const kit = await openLoopKit({
      options: { ordering: "key", concurrency: 4 },
      answer: ({ id, time }) => (id === "a1" && time < 3 ? 500 : 204),
    });
    await kit.append(...["a1", "a2", "b1", "a3", "-1", "b2"].map(sketch));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(kit.sink.ids()).toEqual(["a1", "b1", "-1", "b2"]);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.ids().slice(4)).toEqual(["a1", "a1", "a2", "a3"]);
    await loop.stop(0);
  });

  it("a poison event holds its key back until it is dead, and then lets the next one go", async () => {
    const kit = await openLoopKit({ options: { ordering: "key" }, answer: ({ id }) => (id === "a1" ? 422 : 204) });
    await kit.append(...["a1", "a2", "a3"].map(sketch));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.ids()).toEqual(["a1", "a1", "a1", "a2", "a3"]);
    expect(await kit.broker.listDead({ subscription: SUBSCRIPTION, limit: 5 })).toHaveLength(1);
    await loop.stop(0);
  });

  it("without it, the later ones do not wait", async () => {
    const kit = await openLoopKit({ answer: ({ id, time }) => (id === "a1" && time === 1 ? 500 : 204) });
    await kit.append(...["a1", "a2"].map(sketch));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.ids()).toEqual(["a1", "a2", "a1"]);
    await loop.stop(0);
  });

  it("each key's events come in order and one at a time, whatever the sink answers and how long it takes", async () => {
    const scenario = fc.record({
      keys: fc.array(fc.constantFrom("a", "b", "c", "-"), { minLength: 1, maxLength: 25 }),
      answers: fc.infiniteStream(
        fc.record({ status: fc.constantFrom(204, 204, 204, 500, 429, 422), takesMs: fc.nat(300) }),
      ),
      concurrency: fc.integer({ min: 1, max: 6 }),
      late: fc.nat(25),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ keys, answers, concurrency, late }) => {
        const underWay = new Set<string>();
        const together: string[] = [];
        const kit = await openLoopKit({
          options: { ordering: "key", concurrency, retry: 3 },
          async answer({ id }) {
            const key = id.replace(/\d+$/, "");
            if (key !== "-" && underWay.has(key)) together.push(id);
            underWay.add(key);
            const { status, takesMs } = answers.next().value;
            await pause(takesMs);
            underWay.delete(key);
            return status;
          },
        });
        const sketches = keys.map((key, at) => sketch(`${key}${at + 1}`));
        await kit.append(...sketches.slice(0, late));
        const loop = kit.start();
        await vi.advanceTimersByTimeAsync(200);
        await kit.append(...sketches.slice(late));
        await vi.advanceTimersByTimeAsync(HOUR_MS);
        expect(together).toEqual([]);
        for (const key of ["a", "b", "c"]) {
          const numbers = kit.sink.ids().flatMap((id) => (id.startsWith(key) ? [Number(id.slice(1))] : []));
          expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
        }
        expect(new Set(kit.sink.ids()).size).toBe(keys.length);
        // Probes of a target that fails too much are not counted.
        const { "": opened = 0 } = await kit.metric("poolcast_breaker_opened_total");
        if (opened === 0) expect(kit.sink.sent.every(({ time }) => time <= 4)).toBe(true);
        expect(await kit.counts()).toMatchObject({ pending: 0, leased: 0 });
        expect(kit.mostLeased()).toBeLessThanOrEqual(2 * concurrency);
        await loop.stop(0);
      }),
      { numRuns: 60 },
    );
  });
});
