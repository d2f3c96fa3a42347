/** Lets requests go one by one, evenly spaced, where a target says how many a minute it wants. */
import type { Clock } from "../core/clock.ts";

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
        await pause(patienceMs, signal);
        return false;
      }
      nextAtMs = atMs + intervalMs;
      return atMs === nowMs ? !signal.aborted : await pause(atMs - nowMs, signal);
    },
  };
}

/** True after the time, false as soon as the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const end = (passed: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve(passed);
    };
    const onAbort = () => end(false);
    const timer = setTimeout(() => end(true), ms);
    signal.addEventListener("abort", onAbort);
  });
}
