/** Pauses that last as long as the fake clock says. */
import type { Wait } from "../../src/core/wait.ts";
import { createFakeClock, type FakeClock } from "../suites/broker/fake-clock.ts";

export interface FakeTime extends FakeClock {
  readonly wait: Wait;
  /** Moves the clock, ends the pauses that are over, and lets everybody who waited go on. */
  pass(ms: number): Promise<void>;
}

export function createFakeTime(): FakeTime {
  const clock = createFakeClock();
  const pauses = new Set<{ readonly endMs: number; readonly end: () => void }>();
  return {
    ...clock,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const pause = {
          endMs: clock.now() + ms,
          end() {
            pauses.delete(pause);
            resolve();
          },
        };
        pauses.add(pause);
        signal.addEventListener("abort", pause.end, { once: true });
      }),
    async pass(ms) {
      clock.advance(ms);
      for (const pause of [...pauses]) if (pause.endMs <= clock.now()) pause.end();
      await settle();
    },
  };
}

/** Lets all promises go on that can. */
export function settle(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
