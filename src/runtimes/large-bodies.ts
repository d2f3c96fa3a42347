/** Bodies of which an isolate, with 128 MB, takes one at a time. */
import { createTurns, type LostTurns, type Turns } from "./turns.ts";

/** A body is there several times over: as bytes, as text, as values, as events. Two of 8 MiB would be too much. */
export const LARGE_BYTES = 1024 ** 2;
/** EventBridge gives a request 5 seconds. */
const PATIENCE_MS = 4000;

export function largeBodyTurns(lost?: LostTurns): Turns {
  return createTurns(PATIENCE_MS, lost);
}

/** Who sends these is known when all of a body is here, which may be never. They take less than what is large. */
const FROM_STRANGERS = new Set(["/ingest/sns", "/ingest/cognito"]);

export function isLarge({ url, body, headers }: Request): boolean {
  if (body === null || FROM_STRANGERS.has(new URL(url).pathname)) return false;
  return Number(headers.get("content-length") ?? Number.POSITIVE_INFINITY) > LARGE_BYTES;
}
