/** When a file that could not be fetched is tried again, and when it is given up. */
import type { Random } from "../../core/clock.ts";
import { type RetryPolicy, retryDelayMs } from "../../core/retry.ts";
import type { ObjectFailure } from "./object-store.ts";
import type { FailureCode, FileWork } from "./work.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const MAX_AGE_MS = 14 * DAY_MS;

function pauses(fromMs: number, toMs: number, maxAgeMs: number, retry = Number.POSITIVE_INFINITY): RetryPolicy {
  return { backoffPolicy: "exponential", backoffDelayMs: fromMs, backoffMaxMs: toMs, maxAgeMs, retry };
}

/** It passes by itself. */
const SOON = pauses(SECOND_MS, 5 * MINUTE_MS, MAX_AGE_MS);
/** Somebody has to mend it, and then the file is wanted. */
const MENDED = pauses(30 * SECOND_MS, 15 * MINUTE_MS, MAX_AGE_MS);
/** It lies in the file, unless it came from the way here. */
const IN_FILE = pauses(10 * SECOND_MS, MINUTE_MS, MAX_AGE_MS, 2);

/** Ages count from the first of the tries that ended alike. */
const POLICIES: Readonly<Record<FailureCode, RetryPolicy>> = {
  // S3 shows an object as soon as it is written, so a notice that is right is right at once.
  missing: pauses(5 * SECOND_MS, 5 * MINUTE_MS, HOUR_MS),
  bucket_missing: MENDED,
  forbidden: MENDED,
  credentials: MENDED,
  archived: MENDED,
  refused: MENDED,
  throttled: SOON,
  unavailable: SOON,
  interrupted: SOON,
  invalid_gzip: IN_FILE,
  takes_too_long: IN_FILE,
  unpacks_to_too_much: { ...IN_FILE, retry: 0 },
};

/** The work as it waits for the next try; undefined where there shall be none. */
export function afterFailure(
  work: FileWork,
  { code, error }: ObjectFailure,
  nowMs: number,
  random: Random,
): FileWork | undefined {
  const policy = POLICIES[code];
  const before = work.failure?.code === code ? work.failure : undefined;
  const sinceMs = before?.sinceMs ?? nowMs;
  const tries = (before?.tries ?? 0) + 1;
  const isTooOld = nowMs - sinceMs >= policy.maxAgeMs || nowMs - work.queuedAtMs >= MAX_AGE_MS;
  if (tries > policy.retry || isTooOld) return undefined;
  return {
    file: work.file,
    queuedAtMs: work.queuedAtMs,
    dueAtMs: nowMs + retryDelayMs(policy, tries, random),
    failure: { code, ...(error !== undefined && { error }), sinceMs, tries },
  };
}
