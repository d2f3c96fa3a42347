/** All events of one slice of time, page by page: repeats what fails in passing, begins anew where a token is refused. */
import type { Random } from "../../core/clock.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type RetryPolicy, retryDelayMs } from "../../core/retry.ts";
import type { Wait } from "../../core/wait.ts";
import {
  EVENTS_PER_PAGE,
  type EventHistory,
  type HistoryEvent,
  type HistoryPage,
  type HistoryQuery,
} from "./event-history.ts";
import { isPassing, LEASE_LOST, type PollFault, STOPPED } from "./fault.ts";
import { MOST_PAGES, type PageMark, type Span, shorterLength } from "./lookup-length.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { PollTurn } from "./runner.ts";

export interface SliceParts {
  readonly history: EventHistory;
  readonly limit: RateLimit;
  readonly random: Random;
  readonly wait: Wait;
  readonly turn: Pick<PollTurn, "signal" | "keep">;
  /** Called with the outcome of each request. */
  readonly onRequest: (result: Result<HistoryPage, PollFault>) => void;
  /**
   * Takes events of a slice that cannot be cut shorter and has more than should be held. They are neither in order nor
   * all there are.
   */
  readonly spill: (events: readonly HistoryEvent[]) => Promise<Result<unknown, PollFault>>;
}

export type Slice =
  | ReadSlice
  /** There are too many events: what is before `read` begins is to be read in slices of this length. */
  | { readonly kind: "too_long"; readonly lengthMs: number; readonly read: ReadSlice };

export interface ReadSlice {
  readonly kind: "read";
  readonly span: Span;
  /** Oldest first, without those that were spilled. */
  readonly events: readonly HistoryEvent[];
  /** Of all events, the spilled ones included. */
  readonly count: number;
  /** What AWS's clock said at the first page. Events that became visible later may be missing. */
  readonly atMs: number | undefined;
}

const RETRY: RetryPolicy = {
  retry: 6,
  backoffPolicy: "exponential",
  backoffDelayMs: 1000,
  backoffMaxMs: 30_000,
  maxAgeMs: Number.POSITIVE_INFINITY,
};
const RESTARTS = 3;

export async function readSlice(span: Span, parts: SliceParts): Promise<Result<Slice, PollFault>> {
  for (let restart = 0; ; restart++) {
    const slice = await readPages(span, parts);
    if (slice.ok || slice.error.code !== "invalid_token" || restart === RESTARTS) return slice;
  }
}

async function readPages(span: Span, parts: SliceParts): Promise<Result<Slice, PollFault>> {
  let newestFirst: HistoryEvent[] = [];
  const marks: PageMark[] = [];
  let count = 0;
  let atMs: number | undefined;
  let oldestMs = span.toMs;
  let token: string | undefined;
  while (true) {
    const page = await readPage({ ...span, token }, parts);
    if (!page.ok) return page;
    const { events, next } = page.value;
    if (marks.length === 0) atMs = page.value.atMs;
    newestFirst.push(...events);
    count += events.length;
    for (const { timeMs } of events) oldestMs = Math.min(oldestMs, timeMs);
    marks.push({ events: count, oldestMs });
    // An empty page is no end: only a missing token is.
    if (next === undefined) return ok({ kind: "read", span, events: oldestFirst(newestFirst), count, atMs });
    token = next;
    const lengthMs = shorterLength(span, marks);
    if (lengthMs !== undefined)
      return ok({ kind: "too_long", lengthMs, read: readSoFar(span, newestFirst, oldestMs, atMs) });
    if (newestFirst.length >= MOST_PAGES * EVENTS_PER_PAGE) {
      const spilled = await parts.spill(oldestFirst(newestFirst));
      if (!spilled.ok) return spilled;
      newestFirst = [];
    }
  }
}

/** The end of a slice that was left in its midst. Of its oldest second there may be more. */
function readSoFar(
  { toMs }: Span,
  newestFirst: readonly HistoryEvent[],
  oldestMs: number,
  atMs: number | undefined,
): ReadSlice {
  const fromMs = Math.min(toMs, (Math.floor(oldestMs / 1000) + 1) * 1000);
  const events = oldestFirst(newestFirst.filter(({ timeMs }) => timeMs >= fromMs));
  return { kind: "read", span: { fromMs, toMs }, events, count: events.length, atMs };
}

async function readPage(query: HistoryQuery, parts: SliceParts): Promise<Result<HistoryPage, PollFault>> {
  const { history, limit, random, wait, turn } = parts;
  for (let failures = 0; ; ) {
    await limit.take(turn.signal);
    if (turn.signal.aborted) return err(STOPPED);
    if (!(await turn.keep())) return err(LEASE_LOST);
    const page = await history.page(query, turn.signal);
    parts.onRequest(page);
    if (page.ok || !isPassing(page.error)) return page;
    failures += 1;
    if (failures > RETRY.retry) return page;
    await wait(retryDelayMs(RETRY, failures, random), turn.signal);
  }
}

/** The order within a second is AWS's, turned round. */
function oldestFirst(newestFirst: readonly HistoryEvent[]): readonly HistoryEvent[] {
  return newestFirst.toReversed().sort((a, b) => a.timeMs - b.timeMs);
}
