import { type AppendOutcome, BrokerFailure, type NewEvent } from "../broker.ts";
import { integer } from "./driver.ts";
import { firstPart, writeParts } from "./parts.ts";
import { dataKindNumber, type SqlStore } from "./store.ts";

const KEY_BYTES = 16;
const BUCKETS_PER_WINDOW = 8;

export function append(store: SqlStore, events: readonly NewEvent[]): readonly AppendOutcome[] {
  if (events.length === 0) return [];
  const { driver, limits } = store;
  const now = store.clock();
  const log = driver.run("SELECT last_seq, events, bytes FROM log")[0];
  let seq = integer(log, "last_seq");
  let count = integer(log, "events");
  let total = integer(log, "bytes");

  const outcomes = events.map((newEvent): AppendOutcome => {
    if (!rememberKey(store, newEvent.dedupeKey, now)) return "duplicate";
    const { bytes, dataKind, dataOffset } = newEvent.event;
    seq += 1;
    count += 1;
    total += bytes.length;
    if (total > limits.maxBytes) {
      throw new BrokerFailure("broker_full", `the store holds its limit of ${limits.maxBytes} bytes of events`);
    }
    const { first, parts } = firstPart(store, bytes);
    driver.run(
      "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
      seq,
      now,
      newEvent.partitionKey === undefined ? null : storableKey(newEvent.partitionKey),
      dataKindNumber(dataKind),
      dataOffset,
      first,
      parts,
    );
    writeParts(store, seq, bytes, parts);
    store.types.note(seq, newEvent.type);
    return "stored";
  });

  driver.run("UPDATE log SET last_seq = ?, events = ?, bytes = ?", seq, count, total);
  return outcomes;
}

/** The key without NUL, at which Deno ends a text that it reads back. Keys that differ stay different. */
export function storableKey(key: string): string {
  return key.replaceAll("\u0001", "\u0001b").replaceAll("\0", "\u0001a");
}

export function dedupeBucketMs(dedupeWindowMs: number): number {
  return Math.max(1000, Math.ceil(dedupeWindowMs / BUCKETS_PER_WINDOW));
}

/** False where the key was seen within the dedupe window. A bucket is named by the time at which it begins. */
function rememberKey(store: SqlStore, dedupeKey: string, now: number): boolean {
  const { driver, sha256, limits } = store;
  const key = sha256(dedupeKey).subarray(0, KEY_BYTES);
  const bucket = now - (now % dedupeBucketMs(limits.dedupeWindowMs));
  const oldestMs = now - limits.dedupeWindowMs;
  for (const used of usedBuckets(store)) {
    const row = driver.run("SELECT recorded_ms FROM dedupe WHERE bucket = ? AND key = ?", used, key)[0];
    if (row && integer(row, "recorded_ms") > oldestMs) return false;
  }
  driver.run("INSERT OR REPLACE INTO dedupe VALUES (?, ?, ?)", bucket, key, now);
  store.usedBuckets?.add(bucket);
  return true;
}

/**
 * The buckets that may hold keys, so that a lookup is made only where there is something. Learned once, by jumping from
 * one to the next; one whose first key was rolled back costs a lookup and nothing else.
 */
function usedBuckets(store: SqlStore): ReadonlySet<number> {
  if (!store.usedBuckets) {
    store.usedBuckets = new Set();
    for (let bucket = nextBucket(store, -1); bucket !== undefined; bucket = nextBucket(store, bucket)) {
      store.usedBuckets.add(bucket);
    }
  }
  return store.usedBuckets;
}

function nextBucket({ driver }: SqlStore, after: number): number | undefined {
  const row = driver.run("SELECT bucket FROM dedupe WHERE bucket > ? ORDER BY bucket LIMIT 1", after)[0];
  return row && integer(row, "bucket");
}
