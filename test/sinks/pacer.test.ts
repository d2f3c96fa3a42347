import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPacer } from "../../src/sinks/pacer.ts";

const { signal } = new AbortController();

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** When each of `count` callers had his turn, in ms from now; "none" where he had none. */
async function turns(pacer: ReturnType<typeof createPacer>, count: number, forMs: number) {
  const startMs = Date.now();
  const times: (number | "none")[] = [];
  for (let at = 0; at < count; at++) {
    pacer.turn(signal).then((came) => times.push(came ? Date.now() - startMs : "none"));
  }
  await vi.advanceTimersByTimeAsync(forMs);
  return times;
}

describe("createPacer", () => {
  it("lets everybody go at once without a rate", async () => {
    expect(await turns(createPacer(Date.now, 5000), 100, 0)).toEqual(Array(100).fill(0));
  });

  it("lets one go at a time, evenly spaced, in the order in which they came", async () => {
    const pacer = createPacer(Date.now, 5000);
    pacer.setRate(60);
    expect(await turns(pacer, 6, 5000)).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
  });

  it("sends away who would wait too long, after as long as he would have waited", async () => {
    const pacer = createPacer(Date.now, 2500);
    pacer.setRate(60);
    expect(await turns(pacer, 5, 2499)).toEqual([0, 1000, 2000]);
    expect(await turns(pacer, 0, 1)).toEqual([]);
    const later = await turns(pacer, 3, 2000);
    // What nobody took is there for those who come now.
    expect(later).toEqual([500, 1500]);
  });

  it("does not save up what was not used", async () => {
    const pacer = createPacer(Date.now, 5000);
    pacer.setRate(60);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await turns(pacer, 3, 5000)).toEqual([0, 1000, 2000]);
  });

  it("never lets more go in any minute than it may, whatever the crowd", async () => {
    const pacer = createPacer(Date.now, 1000);
    pacer.setRate(100);
    const went: number[] = [];
    const come = async (): Promise<void> => {
      if (await pacer.turn(signal)) went.push(Date.now());
      if (Date.now() < start + 180_000) return come();
    };
    const start = Date.now();
    const crowd = Promise.all(Array.from({ length: 16 }, come));
    await vi.advanceTimersByTimeAsync(190_000);
    await crowd;
    for (const from of went)
      expect(went.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(100);
    expect(went.length).toBeGreaterThan(290);
  });

  it("takes up a new rate for those who come, and the same rate anew changes nothing", async () => {
    const pacer = createPacer(Date.now, 60_000);
    pacer.setRate(6);
    const slow = turns(pacer, 3, 0);
    pacer.setRate(6);
    await slow;
    expect(await turns(pacer, 1, 30_000)).toEqual([30_000]);
    pacer.setRate(6000);
    expect(await turns(pacer, 3, 30)).toEqual([10, 20, 30]);
    pacer.setRate(undefined);
    expect(await turns(pacer, 3, 0)).toEqual([0, 0, 0]);
  });

  it("ends at once when the signal aborts, before and while it waits", async () => {
    const pacer = createPacer(Date.now, 5000);
    pacer.setRate(60);
    const controller = new AbortController();
    await pacer.turn(signal);
    const waiting = pacer.turn(controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
    expect(await pacer.turn(AbortSignal.abort())).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
