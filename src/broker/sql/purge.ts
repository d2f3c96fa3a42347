import { dedupeBucketMs } from "./append.ts";
import { integer } from "./driver.ts";
import { SIZE } from "./parts.ts";
import { DEAD } from "./schema.ts";
import { lastSeq, type SqlStore } from "./store.ts";

/** Rows looked at in one call at most: a purge shares the store with live traffic. */
const BATCH = 500;

export interface PurgeResult {
  readonly events: number;
  readonly deadLetters: number;
  readonly more: boolean;
  /** Where the next call goes on, so that old events that must stay are not looked at again and again. */
  readonly after: number;
}

export function purge(store: SqlStore, after: number): PurgeResult {
  const deadLetters = purgeDead(store);
  const keys = purgeKeys(store);
  const events = purgeEvents(store, after);
  const more = deadLetters === BATCH || keys === BATCH || events.after > 0;
  return { events: events.count, deadLetters, more, after: events.after };
}

function purgeDead({ driver, clock, limits }: SqlStore): number {
  const rows = driver.run(
    `DELETE FROM deliveries WHERE (seq, subscription) IN (SELECT seq, subscription FROM deliveries
       INDEXED BY deliveries_died WHERE state = ${DEAD} AND due_ms <= ? LIMIT ${BATCH}) RETURNING seq`,
    clock() - limits.deadRetentionMs,
  );
  return rows.length;
}

function purgeKeys(store: SqlStore): number {
  const { driver, clock, limits } = store;
  const oldestMs = clock() - limits.dedupeWindowMs;
  // The bucket that is partly within the window goes later, whole.
  const ended = oldestMs - dedupeBucketMs(limits.dedupeWindowMs);
  const rows = driver.run(
    `DELETE FROM dedupe WHERE (bucket, key) IN
       (SELECT bucket, key FROM dedupe WHERE bucket < ? AND recorded_ms <= ? LIMIT ${BATCH}) RETURNING bucket`,
    ended,
    oldestMs,
  );
  // Learned anew at the next append.
  if (rows.length > 0) delete store.usedBuckets;
  return rows.length;
}

function purgeEvents(store: SqlStore, after: number): { readonly count: number; readonly after: number } {
  const { driver } = store;
  const oldestMs = store.clock() - store.limits.retentionMs;
  const minimum = driver.run("SELECT min(cursor) AS cursor, count(*) AS n FROM subscriptions")[0];
  const settledTo = integer(minimum, "n") > 0 ? integer(minimum, "cursor") : lastSeq(store);
  const rows = driver.run(
    `SELECT e.seq, e.recorded_ms, e.parts, ${SIZE} AS size,
       EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = e.seq) AS held
     FROM events e WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq LIMIT ${BATCH}`,
    after,
    settledTo,
  );
  let count = 0;
  let size = 0;
  let last = 0;
  let next = 0;
  for (const row of rows) {
    // Recorded times follow log order but for clock steps; what a step hides is purged by a later round.
    if (integer(row, "recorded_ms") > oldestMs) return finish(0);
    next = integer(row, "seq");
    if (integer(row, "held")) continue;
    driver.run("DELETE FROM events WHERE seq = ?", next);
    if (integer(row, "parts") > 0) driver.run("DELETE FROM event_parts WHERE seq = ?", next);
    store.types.forget(next);
    last = next;
    count += 1;
    size += integer(row, "size");
  }
  return finish(rows.length === BATCH ? next : 0);

  function finish(nextAfter: number) {
    if (count > 0) {
      const sql = "UPDATE log SET events = events - ?, bytes = bytes - ?, last_purged = max(last_purged, ?)";
      driver.run(sql, count, size, last);
    }
    return { count, after: nextAfter };
  }
}
