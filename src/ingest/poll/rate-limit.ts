/**
 * At most so many requests a second, evenly spaced: what AWS allows an account is shared with everything else that runs
 * in it, so nothing is saved up for a burst.
 */
import type { Clock } from "../../core/clock.ts";
import type { Wait } from "../../core/wait.ts";

export interface RateLimit {
  /** Resolves when it is the caller's turn, first come first served, or at once when the signal aborts. */
  take(signal: AbortSignal): Promise<void>;
  /** How long a caller would wait now. */
  delayMs(): number;
}

export interface RateLimitParts {
  readonly perSecond: number;
  readonly clock: Clock;
  readonly wait: Wait;
}

export function createRateLimit({ perSecond, clock, wait }: RateLimitParts): RateLimit {
  const spacingMs = 1000 / perSecond;
  let waiting = 0;
  /** The earliest moment for the next who comes. */
  let freeAtMs = 0;

  /** A clock that was set back must not make anybody wait for the old time. */
  function delayMs(): number {
    return Math.max(0, Math.min(freeAtMs - clock(), (waiting + 1) * spacingMs));
  }

  return {
    delayMs,
    async take(signal) {
      const ms = delayMs();
      freeAtMs = clock() + ms + spacingMs;
      if (ms === 0) return;
      waiting += 1;
      await wait(ms, signal);
      waiting -= 1;
    },
  };
}
