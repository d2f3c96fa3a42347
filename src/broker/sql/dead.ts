import type { DeadLetter, ListDeadParams } from "../broker.ts";
import { integer, type SqlRow, text } from "./driver.ts";
import { toEvent } from "./event-row.ts";
import { seqOf } from "./log.ts";
import { DEAD, WAITING } from "./schema.ts";
import { findSubscription, type SqlStore } from "./store.ts";

export const LETTER_COLUMNS =
  "e.seq, e.recorded_ms, e.data_kind, e.data_offset, e.bytes, e.parts, d.attempt, d.due_ms, d.reason, d.detail";

const LETTERS = `SELECT ${LETTER_COLUMNS}
  FROM deliveries d JOIN events e ON e.seq = d.seq WHERE d.subscription = ? AND d.state = ${DEAD}`;

export function listDead(store: SqlStore, { subscription, after, limit }: ListDeadParams): readonly DeadLetter[] {
  const row = findSubscription(store, subscription);
  if (!row) return [];
  const sql = `${LETTERS} AND d.seq > ? ORDER BY d.seq LIMIT ?`;
  return store.driver.run(sql, row.id, Number(after ?? 0), limit).map((found) => toLetter(store, found));
}

export function getDead(store: SqlStore, subscription: string, position: string): DeadLetter | null {
  const row = findSubscription(store, subscription);
  const seq = seqOf(position);
  if (!row || seq === undefined) return null;
  const [found] = store.driver.run(`${LETTERS} AND d.seq = ?`, row.id, seq);
  return found ? toLetter(store, found) : null;
}

/** Of a row with the columns above. */
export function toLetter(store: SqlStore, dead: SqlRow): DeadLetter {
  return {
    position: String(integer(dead, "seq")),
    reason: text(dead, "reason") ?? "",
    detail: text(dead, "detail"),
    attempt: integer(dead, "attempt"),
    diedAtMs: integer(dead, "due_ms"),
    recordedAtMs: integer(dead, "recorded_ms"),
    event: toEvent(store, dead),
  };
}

/** Order by key is looked after at the next claim: a dead letter that comes back goes before later ones of its key. */
export function requeueDead(store: SqlStore, subscription: string, positions: readonly string[]): number {
  const row = findSubscription(store, subscription);
  if (!row) return 0;
  const now = store.clock();
  let requeued = 0;
  for (const seq of positions.flatMap((position) => seqOf(position) ?? [])) {
    const rows = store.driver.run(
      `UPDATE deliveries SET due_ms = ?, put_back_ms = ?, attempt = 0, reason = NULL, detail = NULL, state = ${WAITING},
         forward_note = NULL, forward_ms = NULL
       WHERE seq = ? AND subscription = ? AND state = ${DEAD} RETURNING seq`,
      now,
      now,
      seq,
      row.id,
    );
    requeued += rows.length;
  }
  return requeued;
}

export function dropDead(store: SqlStore, subscription: string, positions: readonly string[]): number {
  const row = findSubscription(store, subscription);
  if (!row) return 0;
  const sql = `DELETE FROM deliveries WHERE seq = ? AND subscription = ? AND state = ${DEAD} RETURNING seq`;
  return positions
    .flatMap((position) => seqOf(position) ?? [])
    .reduce((dropped, seq) => dropped + store.driver.run(sql, seq, row.id).length, 0);
}
