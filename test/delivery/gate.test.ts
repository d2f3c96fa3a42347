import { describe, expect, it } from "vitest";
import { createGate } from "../../src/delivery/gate.ts";

const OPTIONS = { concurrency: 4, rate: 0, backoffDelayMs: 1000, backoffMaxMs: 60_000, random: () => 0 };

/** How many tries begin in each second, where each is over at once and somebody asks every 10 ms. */
function begunPerSecond(rate: number, seconds: number): readonly number[] {
  const gate = createGate({ ...OPTIONS, rate });
  return Array.from({ length: seconds }, (_, second) => {
    let begun = 0;
    for (let ms = 0; ms < 1000; ms += 10) {
      const nowMs = 1_000_000 + second * 1000 + ms;
      for (let free = gate.free(0, nowMs); free > 0; free--) {
        gate.begin(nowMs);
        begun += 1;
      }
    }
    return begun;
  });
}

describe("a gate", () => {
  it("lets as many tries begin as the concurrency leaves free", () => {
    const gate = createGate(OPTIONS);
    expect([0, 3, 4, 5].map((running) => gate.free(running, 0))).toEqual([4, 1, 0, 0]);
    expect(gate.lead(2, 0)).toBe(8);
    expect(gate.closedUntilMs(0)).toBeNull();
  });

  it.each([1, 5, 50, 400])("keeps a rate of %d a second, evenly", (rate) => {
    const begun = begunPerSecond(rate, 5);
    for (const count of begun.slice(1)) expect(Math.abs(count - rate)).toBeLessThanOrEqual(1);
  });

  it("says when the next try may begin at a slow rate", () => {
    const gate = createGate({ ...OPTIONS, rate: 0.1 });
    expect(gate.free(0, 5000)).toBe(1);
    gate.begin(5000);
    expect(gate.free(0, 5000)).toBe(0);
    expect(gate.closedUntilMs(5000)).toBe(15_000);
    expect(gate.free(0, 14_999)).toBe(0);
    expect(gate.free(0, 15_001)).toBe(1);
  });

  it("is shut while the target asked for a pause, of several the longest", () => {
    const gate = createGate(OPTIONS);
    gate.pauseUntil(9000);
    gate.pauseUntil(7000);
    expect(gate.free(0, 8999)).toBe(0);
    expect(gate.lead(0, 8999)).toBe(0);
    expect(gate.closedUntilMs(8000)).toBe(9000);
    expect(gate.free(0, 9000)).toBe(4);
  });

  it("tells a probe from a try", () => {
    const gate = createGate(OPTIONS);
    expect(gate.begin(0)).toBe(false);
    for (let failures = 0; failures < 10; failures++) gate.report(false, 0);
    expect(gate.free(0, 999)).toBe(0);
    expect(gate.free(0, 1000)).toBe(1);
    expect(gate.begin(1000)).toBe(true);
  });

  it("gives nothing for a clock that went back, and goes on from there", () => {
    const gate = createGate({ ...OPTIONS, rate: 1 });
    expect(gate.free(0, 100_000)).toBe(1);
    gate.begin(100_000);
    expect(gate.free(0, 50_000)).toBe(0);
    expect(gate.free(0, 51_000)).toBe(1);
  });
});
