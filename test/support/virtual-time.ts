/** A clock and pauses over it: a week passes as soon as nobody has anything left to do but wait. */
import type { Wait } from "../../src/core/wait.ts";

export interface VirtualTime {
  clock(): number;
  readonly wait: Wait;
  /** Lets time pass until `work` is done, or until nothing waits any more. */
  until<T>(work: Promise<T>): Promise<T>;
  /** Without letting anybody act meanwhile. */
  skip(ms: number): void;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export function createVirtualTime(startMs: number): VirtualTime {
  let nowMs = startMs;
  let sleepers: Sleeper[] = [];

  return {
    clock: () => nowMs,
    skip(ms) {
      nowMs += ms;
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const wake = () => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        const sleeper: Sleeper = { atMs: nowMs + ms, wake };
        sleepers.push(sleeper);
        signal.addEventListener("abort", wake, { once: true });
      }),
    async until(work) {
      let done = false;
      const end = () => {
        done = true;
      };
      work.then(end, end);
      while (!done) {
        // What a real broker does takes turns of the event loop, not time.
        for (let turn = 0; turn < 3 && !done; turn++) await new Promise((next) => setImmediate(next));
        const [first] = sleepers.toSorted((a, b) => a.atMs - b.atMs);
        if (done || !first) continue;
        nowMs = Math.max(nowMs, first.atMs);
        first.wake();
      }
      return work;
    },
  };
}
