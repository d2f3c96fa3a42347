import type { EncodedEvent } from "../core/event.ts";
import type { LogPage, NewEvent, ReadLogParams } from "./broker.ts";

export interface LogEntry {
  readonly seq: number;
  readonly recordedAtMs: number;
  readonly partitionKey: string | undefined;
  readonly type: string;
  readonly event: EncodedEvent;
}

/** The memory broker's events, oldest first. Numbers are never used twice, so a purged one leaves a gap. */
export interface MemoryLog {
  /** The number of the event stored last, be it still here or not; 0 before the first. */
  lastSeq(): number;
  size(): number;
  bytes(): number;
  add(newEvent: Omit<NewEvent, "dedupeKey">, recordedAtMs: number): void;
  get(seq: number): LogEntry | undefined;
  /** Changes the entry itself, wherever it is held. False where there is none. */
  replace(seq: number, event: EncodedEvent, partitionKey: string | undefined): boolean;
  /** Those after number `seq`. */
  after(seq: number): Iterable<LogEntry>;
  countAfter(seq: number): number;
  /** Removes up to `limit` of the events recorded before `beforeMs` that `isOver` is true of. */
  remove(beforeMs: number, limit: number, isOver: (entry: LogEntry) => boolean): number;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

export function createMemoryLog(): MemoryLog {
  let entries: Mutable<LogEntry>[] = [];
  let lastSeq = 0;
  let bytes = 0;

  function indexAfter(seq: number): number {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = entries[middle];
      if (entry !== undefined && entry.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    lastSeq: () => lastSeq,
    size: () => entries.length,
    bytes: () => bytes,
    add({ event, partitionKey, type }, recordedAtMs) {
      // A copy: the bytes may be a view into a request body that would stay in memory as long as the event.
      const own = { ...event, bytes: event.bytes.slice() };
      lastSeq += 1;
      bytes += own.bytes.length;
      entries.push({ seq: lastSeq, recordedAtMs, partitionKey, type, event: own });
    },
    get(seq) {
      const entry = entries[indexAfter(seq - 1)];
      return entry?.seq === seq ? entry : undefined;
    },
    replace(seq, event, partitionKey) {
      const entry = entries[indexAfter(seq - 1)];
      if (entry?.seq !== seq) return false;
      bytes += event.bytes.length - entry.event.bytes.length;
      entry.event = { ...event, bytes: event.bytes.slice() };
      entry.partitionKey = partitionKey;
      return true;
    },
    *after(seq) {
      for (let at = indexAfter(seq); at < entries.length; at++) {
        const entry = entries[at];
        if (entry !== undefined) yield entry;
      }
    },
    countAfter: (seq) => entries.length - indexAfter(seq),
    remove(beforeMs, limit, isOver) {
      const removed = new Set<LogEntry>();
      for (const entry of entries) {
        if (removed.size === limit) break;
        if (entry.recordedAtMs < beforeMs && isOver(entry)) removed.add(entry);
      }
      for (const entry of removed) bytes -= entry.event.bytes.length;
      if (removed.size > 0) entries = entries.filter((entry) => !removed.has(entry));
      return removed.size;
    },
  };
}

const PAGE_BYTES = 4 * 1024 * 1024;

/** The broker's `readLog`. */
export function readMemoryLog(log: MemoryLog, { range, after = "0", limit }: ReadLogParams): LogPage {
  const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY, fromPosition, toPosition } = range;
  const last = toPosition === undefined ? Number.POSITIVE_INFINITY : Number(toPosition);
  const events = [];
  let bytes = 0;
  for (const { seq, recordedAtMs, event } of log.after(Math.max(Number(after), Number(fromPosition ?? 1) - 1))) {
    if (seq > last) break;
    if (recordedAtMs < sinceMs || recordedAtMs > untilMs) continue;
    if (events.length === limit || bytes >= PAGE_BYTES) return { events, next: events.at(-1)?.position ?? after };
    bytes += event.bytes.length;
    events.push({ position: String(seq), recordedAtMs, event });
  }
  return { events };
}
