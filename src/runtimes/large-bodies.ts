/** Bodies of which an isolate, with 128 MB, takes one at a time. */
import type { Clock } from "../core/clock.ts";
import { createTurns, type Turns } from "./turns.ts";

/** A body is there several times over: as bytes, as text, as values, as events. Two of 8 MiB would be too much. */
export const LARGE_BYTES = 1024 ** 2;
/** EventBridge gives a request 5 seconds. */
const PATIENCE_MS = 4000;
/**
 * A sender may stop in the midst of its body and stay connected. And where it goes, the platform may end its request, and
 * what that was about to do is then never done.
 */
const LOST_MS = 60_000;

export function largeBodyTurns(clock: Clock): Turns {
  return createTurns(PATIENCE_MS, { afterMs: LOST_MS, clock });
}

/** Who sends these is known when all of a body is here, which may be never. They take less than what is large. */
const FROM_STRANGERS = new Set(["/ingest/sns", "/ingest/cognito"]);

export function isLarge({ url, body, headers }: Request): boolean {
  if (body === null || FROM_STRANGERS.has(new URL(url).pathname)) return false;
  return Number(headers.get("content-length") ?? Number.POSITIVE_INFINITY) > LARGE_BYTES;
}
