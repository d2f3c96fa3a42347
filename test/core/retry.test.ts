import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BackoffPolicy, backoffCeilingMs, type RetryPolicy, retryDelayMs } from "../../src/core/retry.ts";

const ALMOST_ONE = 1 - 2 ** -53;

function policy(backoffPolicy: BackoffPolicy, changes: Partial<RetryPolicy> = {}): RetryPolicy {
  return { retry: 20, backoffPolicy, backoffDelayMs: 1000, backoffMaxMs: 3_600_000, maxAgeMs: 86_400_000, ...changes };
}

describe("backoffCeilingMs", () => {
  it.each<[BackoffPolicy, readonly number[]]>([
    ["constant", [1000, 1000, 1000, 1000, 1000]],
    ["linear", [1000, 2000, 3000, 4000, 5000]],
    ["exponential", [1000, 2000, 4000, 8000, 16_000]],
  ])("grows as %s says, from the first failed try on", (backoffPolicy, wanted) => {
    expect([1, 2, 3, 4, 5].map((attempt) => backoffCeilingMs(policy(backoffPolicy), attempt))).toEqual(wanted);
  });

  it.each<[BackoffPolicy, number]>([
    ["constant", 700],
    ["linear", 2500],
    ["exponential", 2500],
  ])("never exceeds backoffMaxMs with %s", (backoffPolicy, backoffMaxMs) => {
    expect(backoffCeilingMs(policy(backoffPolicy, { backoffMaxMs }), 3)).toBe(backoffMaxMs);
  });

  it.each<BackoffPolicy>(["constant", "linear", "exponential"])(
    "treats attempts below 1 like the first with %s",
    (p) => {
      for (const attempt of [0, -1, -1000]) expect(backoffCeilingMs(policy(p), attempt)).toBe(1000);
    },
  );

  it("stays at the ceiling after more tries than a number has bits", () => {
    for (const attempt of [53, 54, 1024, 5000, 1_000_000]) {
      expect(backoffCeilingMs(policy("exponential"), attempt)).toBe(3_600_000);
    }
    expect(backoffCeilingMs(policy("exponential", { backoffDelayMs: 0 }), 5000)).toBe(0);
  });
});

describe("retryDelayMs", () => {
  it("spreads over everything from nothing to the ceiling, the ceiling included", () => {
    const delays = [0, 0.25, 0.5, 0.75, ALMOST_ONE].map((random) => retryDelayMs(policy("linear"), 4, () => random));
    expect(delays).toEqual([1, 1000, 2000, 3000, 4000]);
  });

  it("asks for one random number a delay", () => {
    let asked = 0;
    retryDelayMs(policy("exponential"), 3, () => {
      asked += 1;
      return 0.5;
    });
    expect(asked).toBe(1);
  });

  it("is at least 1 ms, also without a delay in the policy", () => {
    expect(retryDelayMs(policy("constant", { backoffDelayMs: 0 }), 1, () => 0.9)).toBe(1);
  });

  it("is a whole number of ms within the bounds, whatever the policy, attempt and chance", () => {
    const policies = fc.record({
      retry: fc.nat(),
      backoffPolicy: fc.constantFrom<BackoffPolicy>("exponential", "linear", "constant"),
      backoffDelayMs: fc.nat(10_000_000),
      backoffMaxMs: fc.integer({ min: 1, max: 10_000_000 }),
      maxAgeMs: fc.nat(),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(policies, fc.nat(2000), random, (one, attempt, chance) => {
        const delay = retryDelayMs(one, attempt, () => chance);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(1);
        expect(delay).toBeLessThanOrEqual(Math.max(1, backoffCeilingMs(one, attempt)));
        expect(backoffCeilingMs(one, attempt)).toBeLessThanOrEqual(one.backoffMaxMs);
      }),
    );
  });
});
