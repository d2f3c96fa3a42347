/**
 * The slices of one scan, oldest first. Where AWS answers slowly, requests that the rate allows would go unused while
 * one slice waits for its next page: the slices behind it are begun with them. They come out in order all the same.
 */
import type { Result } from "../../core/result.ts";
import type { Wait } from "../../core/wait.ts";
import type { PollFault } from "./fault.ts";
import { lengthAfter, type Span } from "./lookup-length.ts";
import type { Slice } from "./lookup-slice.ts";
import type { RateLimit } from "./rate-limit.ts";

export interface SliceQueueParts {
  readonly limit: RateLimit;
  readonly wait: Wait;
  readonly signal: AbortSignal;
  /** `isFirst` resolves when all slices before it are done. Never rejects but where the broker does. */
  readonly read: (span: Span, isFirst: Promise<void>) => Promise<Result<Slice, PollFault>>;
  /** The length that was good last time, and from now on. */
  readonly length: { ms: number };
}

export type ReadSlice = Extract<Slice, { readonly kind: "read" }>;

export interface SliceQueue {
  /** The next slice in order; undefined where there are no more. */
  next(): Promise<Result<{ readonly span: Span; readonly slice: ReadSlice }, PollFault> | undefined>;
}

/** Answers of 3.9 s are usual in a busy Region: eight at a time make two a second. */
const MOST_AT_ONCE = 8;

interface Entry {
  readonly span: Span;
  reading?: { readonly result: Promise<Result<Slice, PollFault>>; readonly becameFirst: () => void };
}

export function createSliceQueue(whole: Span, parts: SliceQueueParts): SliceQueue {
  const { limit, wait, signal, length } = parts;
  let entries: Entry[] = whole.fromMs < whole.toMs ? [{ span: whole }] : [];

  /** Begins the first entry that is not begun, cut to the length in use; false where there is none. */
  function begin(): boolean {
    const at = entries.findIndex(({ reading }) => reading === undefined);
    const entry = entries[at];
    if (!entry) return false;
    const { fromMs, toMs } = entry.span;
    const cutMs = Math.min(toMs, fromMs + length.ms);
    const span = { fromMs, toMs: cutMs };
    const { promise: isFirst, resolve: becameFirst } = Promise.withResolvers<void>();
    const result = parts.read(span, isFirst);
    // Whoever waits for its turn may never get to look at it.
    result.catch(() => {});
    const rest: Entry[] = cutMs < toMs ? [{ span: { fromMs: cutMs, toMs } }] : [];
    entries.splice(at, 1, { span, reading: { result, becameFirst } }, ...rest);
    return true;
  }

  /** Waits for `first`, and begins others whenever a request could be made and nobody makes it. */
  async function settled<T>(first: Promise<T>): Promise<T> {
    const over = new AbortController();
    const waiting = AbortSignal.any([signal, over.signal]);
    const done = first.finally(() => over.abort());
    // Who awaits it is told below.
    done.catch(() => {});
    while (!waiting.aborted) {
      await Promise.race([done, wait(Math.max(1, limit.delayMs()), waiting)]).catch(() => {});
      if (waiting.aborted || limit.delayMs() > 0) continue;
      if (entries.filter(({ reading }) => reading).length >= MOST_AT_ONCE || !begin()) break;
    }
    return done;
  }

  return {
    async next() {
      while (true) {
        if (entries.length === 0) return undefined;
        if (!entries[0]?.reading) begin();
        const [first] = entries;
        if (!first?.reading) return undefined;
        first.reading.becameFirst();
        const result = await settled(first.reading.result);
        if (!result.ok) return result;
        const slice = result.value;
        if (slice.kind === "read") {
          entries = entries.slice(1);
          length.ms = lengthAfter(length.ms, first.span, slice.count);
          return { ok: true, value: { span: first.span, slice } };
        }
        length.ms = slice.lengthMs;
        entries = [{ span: first.span }, ...entries.slice(1)];
      }
    },
  };
}
