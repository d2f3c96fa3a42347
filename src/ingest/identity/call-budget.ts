/**
 * How many calls may be made: some at once after a quiet time, so that a batch of records need not wait for each of
 * its users in turn, and then so many a second.
 */
import type { Clock } from "../../core/clock.ts";

export interface CallBudget {
  /** The ms until the caller's turn, which is his from now on; undefined, and nobody's, where that is over `maxMs`. */
  reserve(maxMs: number): number | undefined;
}

export interface CallBudgetParts {
  readonly perSecond: number;
  /** Calls without a wait after a quiet time. */
  readonly burst: number;
  readonly clock: Clock;
}

export function createCallBudget({ perSecond, burst, clock }: CallBudgetParts): CallBudget {
  const spacingMs = 1000 / perSecond;
  const savedMs = (burst - 1) * spacingMs;
  /** When the next turn would be if nothing could be saved up. */
  let nextAtMs = Number.NEGATIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;

  return {
    reserve(maxMs) {
      const now = clock();
      // A clock that was set back must not make anybody wait for the old time.
      if (now < lastMs) nextAtMs -= lastMs - now;
      lastMs = now;
      const turnMs = Math.max(nextAtMs, now - savedMs);
      const waitMs = Math.max(0, turnMs - now);
      if (waitMs > maxMs) return undefined;
      nextAtMs = turnMs + spacingMs;
      return waitMs;
    },
  };
}
