/**
 * The slices of one scan, oldest first. Where AWS answers slowly, requests that the rate allows would go unused while
 * one slice waits for its next page: the slices behind it are begun with them. They come out in order all the same.
 */
import { ok, type Result } from "../../core/result.ts";
import type { Wait } from "../../core/wait.ts";
import type { PollFault } from "./fault.ts";
import { lengthAfter, type Span } from "./lookup-length.ts";
import type { ReadSlice, Slice } from "./lookup-slice.ts";
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

export interface SliceQueue {
  /** The next slice in order; undefined where there are no more. */
  next(): Promise<Result<ReadSlice, PollFault> | undefined>;
}

/** Answers of 3.9 s are usual in a busy Region: with eight slices at a time two a second can be made. */
const MOST_AT_ONCE = 16;
/** What was read of slices that turned out to be too long is kept, up to so many events of them. */
const MOST_KEPT_EVENTS = 4000;

type Entry = Waiting | Begun | Kept;

interface Waiting {
  readonly kind: "waiting";
  readonly span: Span;
}

interface Begun {
  readonly kind: "begun";
  readonly span: Span;
  readonly result: Promise<Result<Slice, PollFault>>;
  readonly becameFirst: () => void;
}

interface Kept {
  readonly kind: "kept";
  readonly slice: ReadSlice;
}

export function createSliceQueue(whole: Span, parts: SliceQueueParts): SliceQueue {
  const { limit, wait, signal, length } = parts;
  let entries: Entry[] = whole.fromMs < whole.toMs ? [{ kind: "waiting", span: whole }] : [];

  /** Begins the first entry that waits, cut to the length in use; false where there is none. */
  function begin(): boolean {
    const at = entries.findIndex(({ kind }) => kind === "waiting");
    const entry = entries[at];
    if (entry?.kind !== "waiting") return false;
    const { fromMs, toMs } = entry.span;
    const cutMs = Math.min(toMs, fromMs + length.ms);
    const span = { fromMs, toMs: cutMs };
    const { promise: isFirst, resolve: becameFirst } = Promise.withResolvers<void>();
    const result = parts.read(span, isFirst);
    // Whoever waits for its turn may never get to look at it.
    result.catch(() => {});
    const rest: Entry[] = cutMs < toMs ? [{ kind: "waiting", span: { fromMs: cutMs, toMs } }] : [];
    entries.splice(at, 1, { kind: "begun", span, result, becameFirst }, ...rest);
    return true;
  }

  /** Waits for the first slice, and begins others whenever a request could be made and nobody makes it. */
  async function settled(first: Promise<Result<Slice, PollFault>>): Promise<Result<Slice, PollFault>> {
    const over = new AbortController();
    const waiting = AbortSignal.any([signal, over.signal]);
    const done = first.finally(() => over.abort());
    // Whoever waits for `done` is told of it below.
    done.catch(() => {});
    while (!waiting.aborted) {
      await Promise.race([done, wait(Math.max(1, limit.delayMs()), waiting)]).catch(() => {});
      if (waiting.aborted || limit.delayMs() > 0) continue;
      if (entries.filter(({ kind }) => kind === "begun").length >= MOST_AT_ONCE || !begin()) break;
    }
    return done;
  }

  /** In place of the first entry, which was too long: what is still to be read of it, and what was. */
  function cut({ fromMs, toMs }: Span, read: ReadSlice): void {
    const kept = entries.reduce((sum, entry) => sum + (entry.kind === "kept" ? entry.slice.events.length : 0), 0);
    const keeps = read.events.length > 0 && kept + read.events.length <= MOST_KEPT_EVENTS;
    const again: Entry = { kind: "waiting", span: { fromMs, toMs: keeps ? read.span.fromMs : toMs } };
    entries = [again, ...(keeps ? [{ kind: "kept", slice: read } as const] : []), ...entries.slice(1)];
  }

  function take(slice: ReadSlice): Result<ReadSlice, PollFault> {
    entries = entries.slice(1);
    length.ms = lengthAfter(length.ms, slice.span, slice.count);
    return ok(slice);
  }

  return {
    async next() {
      while (entries.length > 0) {
        if (entries[0]?.kind === "waiting") begin();
        const [first] = entries;
        if (first?.kind === "kept") return take(first.slice);
        if (first?.kind !== "begun") break;
        first.becameFirst();
        const result = await settled(first.result);
        if (!result.ok) return result;
        if (result.value.kind === "read") return take(result.value);
        length.ms = result.value.lengthMs;
        cut(first.span, result.value.read);
      }
      return undefined;
    },
  };
}
