/** How many tries a subscription may begin: by its concurrency, its breaker, its rate, and what its target asked for. */
import type { Random } from "../core/clock.ts";
import { type Breaker, createBreaker } from "./breaker.ts";

export interface Gate {
  /** How many tries may begin now, while `running` are under way. */
  free(running: number, nowMs: number): number;
  /** For how many tries deliveries are worth holding a lease on, those under way included. */
  lead(running: number, nowMs: number): number;
  /**
   * Must be told of each try that begins, and of how many events it holds (one unless told). True where it is a probe,
   * which does not count against its events.
   */
  begin(nowMs: number, events?: number): boolean;
  /** Until when time alone keeps every try from beginning; null where it does not. */
  closedUntilMs(nowMs: number): number | null;
  /** The target fails, or asked for a pause that is not over. */
  isResting(nowMs: number): boolean;
  /** The target fails, and is only probed. */
  isOpen(): boolean;
  /** The target asked to be left alone. */
  pauseUntil(atMs: number): void;
  readonly report: Breaker["report"];
}

export interface GateOptions {
  readonly concurrency: number;
  /** Events per second; 0 = no limit. */
  readonly rate: number;
  readonly backoffDelayMs: number;
  readonly backoffMaxMs: number;
  /** Of the pauses between probes. */
  readonly random: Random;
}

/** Of the rate's tokens, as many are saved up: smooth at high rates, one at least at low ones. */
const BURST_SECONDS = 0.1;

/** A target that is back is found within this time. */
const LONGEST_PROBE_PAUSE_MS = 30_000;

export function createGate(options: GateOptions): Gate {
  const { concurrency, rate, backoffDelayMs, backoffMaxMs, random } = options;
  const longestPauseMs = Math.min(LONGEST_PROBE_PAUSE_MS, backoffMaxMs);
  const breaker = createBreaker({ concurrency, firstPauseMs: backoffDelayMs, longestPauseMs, random });
  const burst = Math.max(1, rate * BURST_SECONDS);
  let tokens = burst;
  let filledAtMs = 0;
  let pausedUntilMs = 0;

  function refill(nowMs: number): void {
    // A clock that went back gives nothing and takes nothing.
    tokens = Math.min(burst, tokens + (Math.max(0, nowMs - filledAtMs) / 1000) * rate);
    filledAtMs = nowMs;
  }

  function limit(nowMs: number): number {
    return nowMs < pausedUntilMs ? 0 : breaker.limit(nowMs);
  }

  function affordable(nowMs: number): number {
    if (rate === 0) return Number.POSITIVE_INFINITY;
    refill(nowMs);
    return Math.floor(tokens);
  }

  return {
    free: (running, nowMs) => Math.max(0, Math.min(limit(nowMs) - running, affordable(nowMs))),
    lead: (running, nowMs) => Math.min(2 * limit(nowMs), running + Math.max(0, affordable(nowMs))),
    begin(nowMs, events = 1) {
      // Below zero by a batch that was larger than what was saved up: the next try waits until that is made good.
      if (rate > 0) tokens -= events;
      return breaker.isProbing(nowMs);
    },
    closedUntilMs(nowMs) {
      const untilMs = Math.max(pausedUntilMs, breaker.closedUntilMs(nowMs) ?? 0, tokenAtMs(nowMs));
      return untilMs > nowMs ? untilMs : null;
    },
    isResting: (nowMs) => breaker.isOpen() || nowMs < pausedUntilMs,
    isOpen: breaker.isOpen,
    pauseUntil(atMs) {
      pausedUntilMs = Math.max(pausedUntilMs, atMs);
    },
    report: breaker.report,
  };

  function tokenAtMs(nowMs: number): number {
    return affordable(nowMs) >= 1 ? 0 : nowMs + Math.ceil(((1 - tokens) / rate) * 1000);
  }
}
