import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Breaker, createBreaker } from "../../src/delivery/breaker.ts";

const OPTIONS = { concurrency: 8, firstPauseMs: 1000, longestPauseMs: 30_000, random: () => 0 };

function reportAll(breaker: Breaker, outcomes: string, nowMs = 0): readonly (string | undefined)[] {
  return [...outcomes].map((outcome) => breaker.report(outcome === "+", nowMs));
}

function opened(): Breaker {
  const breaker = createBreaker(OPTIONS);
  reportAll(breaker, "-".repeat(10));
  return breaker;
}

describe("a breaker", () => {
  it.each([
    ["nine failures in a row", "-".repeat(9)],
    ["failures with successes between", `${"-".repeat(9)}+`.repeat(1)],
    ["fewer than half of the last twenty", `${"-".repeat(9)}${"+".repeat(11)}`],
    ["what came before the last twenty", `${"-".repeat(9)}${"+".repeat(30)}${"-".repeat(9)}`],
  ])("stays closed after %s", (_, outcomes) => {
    const breaker = createBreaker(OPTIONS);
    expect(reportAll(breaker, outcomes)).not.toContain("opened");
    expect(breaker.limit(0)).toBe(8);
    expect(breaker.closedUntilMs(0)).toBeNull();
  });

  it.each([
    ["ten failures in a row", "-".repeat(10)],
    ["half of the last twenty", "+-".repeat(10)],
  ])("opens at %s, and says so once", (_, outcomes) => {
    const breaker = createBreaker(OPTIONS);
    const changes = reportAll(breaker, outcomes);
    expect(changes.filter((change) => change === "opened")).toHaveLength(1);
    expect(changes.at(-1)).toBe("opened");
    expect(breaker.limit(999)).toBe(0);
    expect(breaker.closedUntilMs(999)).toBe(1000);
  });

  it("lets one probe through after its pause, and doubles the pause with each failed one", () => {
    const breaker = opened();
    const pauses: number[] = [];
    let nowMs = 0;
    for (let probes = 0; probes < 7; probes++) {
      const untilMs = breaker.closedUntilMs(nowMs) ?? 0;
      pauses.push(untilMs - nowMs);
      nowMs = untilMs;
      expect(breaker.isProbing(nowMs - 1)).toBe(false);
      expect(breaker.isProbing(nowMs)).toBe(true);
      expect(breaker.limit(nowMs)).toBe(1);
      expect(breaker.report(false, nowMs)).toBeUndefined();
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it("lengthens each pause by chance, by half of it at most and never beyond the longest", () => {
    for (const chance of [0, 0.3, 0.999]) {
      const breaker = createBreaker({ ...OPTIONS, random: () => chance });
      reportAll(breaker, "-".repeat(10));
      const pauses: number[] = [];
      for (let probes = 0, nowMs = 0; probes < 7; probes++) {
        const untilMs = breaker.closedUntilMs(nowMs) ?? 0;
        pauses.push(untilMs - nowMs);
        nowMs = untilMs;
        breaker.report(false, nowMs);
      }
      const nominal = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
      expect(pauses).toEqual(nominal.map((ms) => Math.min(30_000, Math.round(ms * (1 + chance / 2)))));
    }
  });

  it("is not moved by failures of tries that began before it opened", () => {
    const breaker = opened();
    reportAll(breaker, "-----", 500);
    expect(breaker.closedUntilMs(500)).toBe(1000);
  });

  it("comes back step by step after a success, and says when it is all the way back", () => {
    const breaker = opened();
    const limits: number[] = [];
    let change: string | undefined;
    while (change === undefined) {
      change = breaker.report(true, 1000);
      limits.push(breaker.limit(1000));
    }
    expect(limits).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(change).toBe("recovered");
  });

  it("slows down again at a failure on the way back, and opens at three", () => {
    const breaker = opened();
    reportAll(breaker, "+++", 1000);
    expect(breaker.limit(1000)).toBe(4);
    expect(reportAll(breaker, "--", 1000)).toEqual([undefined, undefined]);
    expect(breaker.limit(1000)).toBe(1);
    expect(breaker.report(false, 1000)).toBe("opened");
    expect(breaker.closedUntilMs(1000)).toBe(2000);
  });

  it("never stays shut for longer than its longest pause, and never lets more through than its concurrency", () => {
    const step = fc.record({ good: fc.boolean(), afterMs: fc.nat(40_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const breaker = createBreaker(OPTIONS);
        let nowMs = 0;
        for (const { good, afterMs } of steps) {
          nowMs += afterMs;
          if (breaker.limit(nowMs) > 0) breaker.report(good, nowMs);
          expect(breaker.limit(nowMs)).toBeLessThanOrEqual(8);
          expect((breaker.closedUntilMs(nowMs) ?? nowMs) - nowMs).toBeLessThanOrEqual(30_000);
          expect(breaker.limit(nowMs) === 0).toBe(breaker.closedUntilMs(nowMs) !== null);
        }
      }),
    );
  });
});
