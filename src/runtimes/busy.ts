/** How much is under way in an object that may be put to sleep when nothing is. */
import type { Clock } from "../core/clock.ts";
import { wait } from "../core/wait.ts";

export interface Busy {
  during<T>(work: () => Promise<T>): Promise<T>;
  count(): number;
  /** Resolves once nothing was under way for `quietMs`, or after `atMostMs`. */
  settled(quietMs: number, atMostMs: number): Promise<void>;
}

const LOOK_EVERY_MS = 25;
const NEVER = new AbortController().signal;

export function createBusy(clock: Clock): Busy {
  let count = 0;
  let lastMs = 0;

  return {
    async during(work) {
      count += 1;
      try {
        return await work();
      } finally {
        count -= 1;
        lastMs = clock();
      }
    },
    count: () => count,
    async settled(quietMs, atMostMs) {
      const beganMs = clock();
      for (let nowMs = beganMs; nowMs - beganMs < atMostMs; nowMs = clock()) {
        if (count === 0 && nowMs - Math.max(beganMs, lastMs) >= quietMs) return;
        await wait(LOOK_EVERY_MS, NEVER);
      }
    },
  };
}
