/** Lets requests go one by one, evenly spaced, where a target says how many a minute it wants. */

import type { Clock } from "../core/clock.ts";
import { wait } from "../core/wait.ts";

export interface Pacer {
  /** Requests per minute; undefined = no limit. */
  setRate(perMinute: number | undefined): void;
  /**
   * Resolves when it is the caller's turn: true. False where the signal aborted, or where the turn would not come
   * within `patienceMs`, which is then over.
   */
  turn(signal: AbortSignal): Promise<boolean>;
}

export function createPacer(clock: Clock, patienceMs: number): Pacer {
  let intervalMs = 0;
  let nextAtMs = 0;

  return {
    setRate(perMinute) {
      const askedMs = perMinute === undefined ? 0 : 60_000 / perMinute;
      if (askedMs === intervalMs) return;
      intervalMs = askedMs;
      // A turn far away, given out at a slower rate, binds nobody any more.
      nextAtMs = Math.min(nextAtMs, clock() + intervalMs);
    },
    async turn(signal) {
      if (intervalMs === 0) return !signal.aborted;
      const nowMs = clock();
      const atMs = Math.max(nowMs, nextAtMs);
      if (atMs - nowMs > patienceMs) {
        // Not at once: whoever is told no comes back as soon as he can.
        await wait(patienceMs, signal);
        return false;
      }
      nextAtMs = atMs + intervalMs;
      if (atMs > nowMs) await wait(atMs - nowMs, signal);
      return !signal.aborted;
    },
  };
}
