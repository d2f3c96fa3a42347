/** The log as such: pages of it, and events of it that a subscription is offered once more. */
import { isPosition } from "../../core/position.ts";
import type { LoggedEvent, LogPage, ReadLogParams } from "../broker.ts";
import { integer, text } from "./driver.ts";
import { EVENT_COLUMNS, toEvent } from "./event-row.ts";
import { DEAD, WAITING } from "./schema.ts";
import { findSubscription, type SqlStore } from "./store.ts";

/** Rows looked at in one call at most; of those outside the range the bytes are not read. */
const LOOK_LIMIT = 5000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Undefined where no event can stand there. */
export function seqOf(position: string): number | undefined {
  return isPosition(position, "number") ? Number(position) : undefined;
}

export function readLog(store: SqlStore, { range, after, limit }: ReadLogParams): LogPage {
  const { driver } = store;
  const { sinceMs, untilMs, fromPosition, toPosition } = range;
  const begin = Math.max(seqOf(after ?? "") ?? 0, (seqOf(fromPosition ?? "") ?? 1) - 1);
  const rows = driver.run(
    `SELECT seq, recorded_ms FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${LOOK_LIMIT}`,
    begin,
    seqOf(toPosition ?? "") ?? Number.MAX_SAFE_INTEGER,
  );
  const events: LoggedEvent[] = [];
  let bytes = 0;
  for (const row of rows) {
    const [seq, recordedAtMs] = [integer(row, "seq"), integer(row, "recorded_ms")];
    if (recordedAtMs < (sinceMs ?? recordedAtMs) || recordedAtMs > (untilMs ?? recordedAtMs)) continue;
    if (events.length === limit || bytes >= PAGE_BYTES) return { events, next: String(seq - 1) };
    const [found] = driver.run(`SELECT ${EVENT_COLUMNS} FROM events e WHERE e.seq = ?`, seq);
    if (!found) continue;
    const event = toEvent(store, found);
    bytes += event.bytes.length;
    events.push({ position: String(seq), recordedAtMs, event });
  }
  return rows.length < LOOK_LIMIT ? { events } : { events, next: String(integer(rows.at(-1), "seq")) };
}

/** Order by key is looked after at the next claim, as for dead letters that are put back. */
export function redeliver(store: SqlStore, subscription: string, positions: readonly string[]): number {
  const row = findSubscription(store, subscription);
  if (!row) return 0;
  const { driver } = store;
  const now = store.clock();
  let count = 0;
  for (const seq of new Set(positions.flatMap((position) => seqOf(position) ?? []))) {
    const [event] = driver.run(
      `SELECT e.partition_key, d.state FROM events e
       LEFT JOIN deliveries d ON d.seq = e.seq AND d.subscription = ? WHERE e.seq = ? AND e.seq <= ?`,
      row.id,
      seq,
      row.cursor,
    );
    if (!event || (event.state !== null && event.state !== DEAD)) continue;
    driver.run(
      `INSERT OR REPLACE INTO deliveries (seq, subscription, state, due_ms, attempt, lease, order_key, put_back_ms)
       VALUES (?, ?, ${WAITING}, ?, 0, 0, ?, ?)`,
      seq,
      row.id,
      now,
      row.ordered ? (text(event, "partition_key") ?? null) : null,
      now,
    );
    count += 1;
  }
  return count;
}
