/**
 * How long a slice of time should be, for the events in it to be held in memory at once. Pure: the next length comes
 * from what the last slice held.
 */
import { EVENTS_PER_PAGE } from "./event-history.ts";

/** A slice that turns out to have more is cut shorter. */
export const MOST_PAGES = 32;
/** The last page of a slice is half empty on average, so few long slices cost fewer requests than many short ones. */
const WANTED_EVENTS = 16 * EVENTS_PER_PAGE;
/** A guess from fewer pages is worth little. */
const PAGES_TO_JUDGE = 4;

export const SHORTEST_MS = 1000;
/** A pool where little happens needs one request a day. */
export const FIRST_LENGTH_MS = 86_400_000;
const LONGEST_MS = 90 * 86_400_000;

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** After a slice of `span` that had `events`, with slices of `lengthMs` in use. */
export function lengthAfter(lengthMs: number, span: Span, events: number): number {
  const factor = Math.min(8, Math.max(0.25, WANTED_EVENTS / Math.max(1, events)));
  const fitting = (span.toMs - span.fromMs) * factor;
  // A slice may be short because nothing was left, which says nothing against longer ones.
  return wholeSeconds(events < WANTED_EVENTS ? Math.max(lengthMs, fitting) : Math.min(lengthMs, fitting));
}

/** How far a slice was read, after one of its pages. */
export interface PageMark {
  /** Events so far. */
  readonly events: number;
  /** The time of the oldest of them: events come newest first. */
  readonly oldestMs: number;
}

/**
 * Undefined as long as the slice may go on, else the length to try in its place. There are more pages than the marks
 * tell of. It is judged by the last few: where a quiet time ends in a busy one, the average says nothing.
 */
export function shorterLength(span: Span, marks: readonly PageMark[]): number | undefined {
  const spanMs = span.toMs - span.fromMs;
  if (spanMs <= SHORTEST_MS) return undefined;
  const last = marks.at(-1) ?? { events: 0, oldestMs: span.toMs };
  const before = marks.at(-1 - PAGES_TO_JUDGE) ?? { events: 0, oldestMs: span.toMs };
  const perMs = (last.events - before.events) / Math.max(SHORTEST_MS, before.oldestMs - last.oldestMs);
  const expected = last.events + perMs * (last.oldestMs - span.fromMs);
  const tooMany = marks.length >= PAGES_TO_JUDGE && expected > MOST_PAGES * EVENTS_PER_PAGE;
  if (!tooMany && marks.length < MOST_PAGES) return undefined;
  return wholeSeconds(Math.min(spanMs / 2, perMs > 0 ? WANTED_EVENTS / perMs : Number.POSITIVE_INFINITY));
}

function wholeSeconds(ms: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.floor(ms / 1000) * 1000));
}
