import { describe, expect, it } from "vitest";
import { createRateLimit } from "../../../src/ingest/poll/rate-limit.ts";
import { createFakeClock } from "../../suites/broker/fake-clock.ts";

const { signal } = new AbortController();

function limitOf(perSecond: number) {
  const clock = createFakeClock();
  const limit = createRateLimit({ perSecond, clock: clock.now, wait: async (ms) => clock.advance(ms) });
  return { clock, limit };
}

describe("a rate limit", () => {
  it("spaces requests evenly and saves nothing up while nobody comes", async () => {
    const { clock, limit } = limitOf(2);
    const zero = clock.now();
    const at: number[] = [];
    for (let n = 0; n < 4; n++) {
      await limit.take(signal);
      at.push(clock.now() - zero);
    }
    clock.advance(60_000);
    for (let n = 0; n < 2; n++) {
      await limit.take(signal);
      at.push(clock.now() - zero);
    }
    expect(at).toEqual([0, 500, 1000, 1500, 61_500, 62_000]);
  });

  it("keeps the pace where requests take their time", async () => {
    const { clock, limit } = limitOf(2);
    const zero = clock.now();
    for (let n = 0; n < 10; n++) {
      await limit.take(signal);
      clock.advance(400);
    }
    expect(clock.now() - zero).toBe(9 * 500 + 400);
  });

  it("serves those who wait at once one after the other", async () => {
    const clock = createFakeClock();
    const waits: number[] = [];
    const limit = createRateLimit({
      perSecond: 2,
      clock: clock.now,
      wait: async (ms) => {
        waits.push(ms);
        await new Promise(() => {});
      },
    });
    for (let n = 0; n < 4; n++) void limit.take(signal);
    expect(waits).toEqual([500, 1000, 1500]);
    expect(limit.delayMs()).toBe(2000);
  });

  it("does not wait for a time that a clock set back made far away", async () => {
    const { clock, limit } = limitOf(2);
    await limit.take(signal);
    clock.advance(-3_600_000);
    expect(limit.delayMs()).toBe(500);
    await limit.take(signal);
    expect(limit.delayMs()).toBe(500);
  });
});
