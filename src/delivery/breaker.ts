import type { Random } from "../core/clock.ts";

/**
 * Keeps a target that does not answer from being asked over and over: opens after a run of failures or when too many of
 * the last tries failed, lets single probes through at growing pauses, and after a success comes back step by step.
 * A pure state machine: times come in, nothing waits in here.
 */
export interface Breaker {
  /** How many tries may be under way at once now. */
  limit(nowMs: number): number;
  /** When the next probe may go, in epoch ms; null where tries may go now. */
  closedUntilMs(nowMs: number): number | null;
  /** The target fails, and is only probed. */
  isOpen(): boolean;
  /** A try that begins now is a probe: it does not count against the event. */
  isProbing(nowMs: number): boolean;
  /** How a try ended. Answers what came of it, where the breaker changed. */
  report(good: boolean, nowMs: number): "opened" | "recovered" | undefined;
}

export interface BreakerOptions {
  readonly concurrency: number;
  /** The first pause before a probe; each failed one doubles it, up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Lengthens each pause by up to a half, the longest aside: targets that failed together are not probed together. */
  readonly random: Random;
}

const RUN = 10;
const WINDOW = 20;
const WINDOW_SHARE = 0.5;
/** On the way back, a target that answers some tries goes on being tried, at a lower rate. */
const RAMPING_RUN = 3;

export function createBreaker({ concurrency, firstPauseMs, longestPauseMs, random }: BreakerOptions): Breaker {
  let state: "closed" | "open" | "ramping" = "closed";
  let openUntilMs = 0;
  let pauseMs = 0;
  let ramp = concurrency;
  let run = 0;
  let recent: boolean[] = [];

  function open(nowMs: number): void {
    state = "open";
    pauseMs = Math.min(longestPauseMs, pauseMs === 0 ? firstPauseMs : 2 * pauseMs);
    openUntilMs = nowMs + Math.min(longestPauseMs, Math.round(pauseMs * (1 + random() / 2)));
    run = 0;
    recent = [];
  }

  function note(good: boolean): void {
    run = good ? 0 : run + 1;
    recent.push(good);
    if (recent.length > WINDOW) recent.shift();
  }

  /** Of a whole window only: one failure of the first two says little. */
  function isFailing(): boolean {
    const bad = recent.filter((good) => !good).length;
    return run >= RUN || (recent.length === WINDOW && bad >= WINDOW * WINDOW_SHARE);
  }

  function isProbing(nowMs: number): boolean {
    return state === "open" && nowMs >= openUntilMs;
  }

  return {
    isProbing,
    isOpen: () => state === "open",
    limit(nowMs) {
      if (state === "open") return isProbing(nowMs) ? 1 : 0;
      return state === "ramping" ? ramp : concurrency;
    },
    closedUntilMs: (nowMs) => (state === "open" && nowMs < openUntilMs ? openUntilMs : null),
    report(good, nowMs) {
      switch (state) {
        case "open":
          if (good) {
            state = "ramping";
            ramp = 1;
            pauseMs = 0;
            return grow();
          }
          // One that was under way before it opened tells nothing new.
          if (isProbing(nowMs)) open(nowMs);
          return undefined;
        case "ramping":
          if (good) return grow();
          ramp = Math.max(1, Math.floor(ramp / 2));
          run += 1;
          if (run < RAMPING_RUN) return undefined;
          open(nowMs);
          return "opened";
        case "closed":
          note(good);
          if (!isFailing()) return undefined;
          open(nowMs);
          return "opened";
      }
    },
  };

  /** One more with each success doubles it with each round. */
  function grow(): "recovered" | undefined {
    run = 0;
    ramp += 1;
    if (ramp < concurrency) return undefined;
    state = "closed";
    return "recovered";
  }
}
