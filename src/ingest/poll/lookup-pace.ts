/**
 * How a long scan gets on: says where it is from time to time, and whether events come faster than they can be read,
 * which is measured: a scan that needs more than a second for a second of events will never arrive.
 */
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Labels } from "../../core/metrics.ts";

export interface Pace {
  /** A scan from `fromMs` to `toMs`, of which what is behind `unseenMs` was never read. */
  begin(scan: { readonly fromMs: number; readonly unseenMs: number; readonly toMs: number }): void;
  /** All before `atMs` is read, with `events` events since the last call. */
  reached(atMs: number, events: number): void;
  end(): void;
  cannotKeepUp(): boolean;
}

export interface PaceParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly labels: Labels;
}

/** Below this much, a scan is nothing to talk about. */
const FAR_BEHIND_MS = 3_600_000;
const TELL_MS = 30_000;
const JUDGE_MS = 120_000;
const WARN_MS = 3_600_000;

export function createPace({ clock, log, labels }: PaceParts): Pace {
  let target = 0;
  let told = { atMs: 0, far: false };
  let judged = { atMs: 0, reachedMs: 0 };
  let events = 0;
  let begunAtMs = 0;
  let tooSlow = false;
  let warnedAtMs = Number.NEGATIVE_INFINITY;

  function tell(message: string, reachedMs: number): void {
    told = { atMs: clock(), far: true };
    const at = new Date(reachedMs).toISOString();
    log("info", message, { ...labels, at, behindSeconds: Math.round((target - reachedMs) / 1000), events });
  }

  function judge(reachedMs: number): void {
    const tookMs = clock() - judged.atMs;
    if (tookMs < JUDGE_MS) return;
    tooSlow = reachedMs - judged.reachedMs < tookMs;
    judged = { atMs: clock(), reachedMs };
    if (!tooSlow || clock() - warnedAtMs < WARN_MS) return;
    warnedAtMs = clock();
    log("warn", "polling cannot keep up: events come faster than LookupEvents lets them be read; use a webhook road", {
      ...labels,
      at: new Date(reachedMs).toISOString(),
    });
  }

  return {
    begin({ fromMs, unseenMs, toMs }) {
      target = toMs;
      events = 0;
      begunAtMs = clock();
      judged = { atMs: clock(), reachedMs: fromMs };
      told = { atMs: clock(), far: false };
      if (toMs - unseenMs > FAR_BEHIND_MS) tell("catching up with CloudTrail's event history", unseenMs);
    },
    reached(atMs, count) {
      events += count;
      judge(atMs);
      if (told.far && clock() - told.atMs >= TELL_MS) tell("catching up with CloudTrail's event history", atMs);
    },
    end() {
      if (told.far) tell("caught up with CloudTrail's event history", target);
      if (clock() - begunAtMs < JUDGE_MS) tooSlow = false;
    },
    cannotKeepUp: () => tooSlow,
  };
}
