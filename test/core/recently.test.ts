import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRecently } from "../../src/core/recently.ts";

let nowMs: number;
let readings: PromiseWithResolvers<number>[];
let recently: () => Promise<number>;
beforeEach(() => {
  nowMs = 1_000_000;
  readings = [];
  recently = createRecently(
    () => {
      const reading = Promise.withResolvers<number>();
      readings.push(reading);
      return reading.promise;
    },
    () => nowMs,
    1000,
  );
});

afterEach(() => {
  vi.useRealTimers();
});

/** One reading that takes so long. */
async function readFor(tookMs: number, answer = 1): Promise<void> {
  const asked = recently();
  nowMs += tookMs;
  readings.at(-1)?.resolve(answer);
  await asked;
}

describe("what was read lately", () => {
  it("serves all who ask within the time", async () => {
    await readFor(0, 7);
    nowMs += 999;
    expect([await recently(), readings.length]).toEqual([7, 1]);
    nowMs += 1;
    void recently();
    expect(readings).toHaveLength(2);
  });

  it("is read once at a time, however long that takes", () => {
    void recently();
    nowMs += 20_000;
    void recently();
    expect(readings).toHaveLength(1);
  });

  it("that failed is an answer too where an older one is known", async () => {
    await readFor(0);
    nowMs += 1000;
    const asked = recently();
    readings[1]?.reject(new Error("away"));
    await expect(asked).rejects.toThrow("away");
  });

  it.each([
    [500, 4999, 1],
    [500, 5000, 2],
    [20_000, 29_999, 1],
    [20_000, 30_000, 2],
  ])("and took %i ms serves for ten times as long, half a minute at most", async (tookMs, laterMs, count) => {
    await readFor(tookMs);
    nowMs += laterMs - tookMs;
    void recently();
    expect(readings).toHaveLength(count);
  });

  it("that failed is not held on to for longer than usual", async () => {
    const asked = recently();
    nowMs += 900;
    readings[0]?.reject(new Error("away"));
    await expect(asked).rejects.toThrow("away");
    nowMs += 100;
    await Promise.resolve();
    void recently();
    expect(readings).toHaveLength(2);
  });

  it("is told once more where reading anew takes more than a second, and then the new", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await readFor(0, 1);
    nowMs += 1000;
    const [first, second] = [recently(), recently()];
    await vi.advanceTimersByTimeAsync(999);
    const waiting = await Promise.race([first, Promise.resolve("waiting")]);
    await vi.advanceTimersByTimeAsync(1);
    expect([waiting, await first, await second, readings.length]).toEqual(["waiting", 1, 1, 2]);
    const third = recently();
    readings[1]?.resolve(2);
    expect([await third, await recently(), readings.length]).toEqual([2, 2, 2]);
  });

  it("is read anew where the clock went back", async () => {
    await readFor(0);
    nowMs -= 3_600_000;
    void recently();
    expect(readings).toHaveLength(2);
  });
});
