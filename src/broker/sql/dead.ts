import type { DeadLetter, ListDeadParams } from "../broker.ts";
import { toEvent } from "./claim.ts";
import { integer, text } from "./driver.ts";
import { BLOCKED, DEAD, WAITING } from "./schema.ts";
import { findSubscription, type SqlStore } from "./store.ts";

export function listDead(store: SqlStore, { subscription, after, limit }: ListDeadParams): readonly DeadLetter[] {
  const row = findSubscription(store, subscription);
  if (!row) return [];
  const rows = store.driver.run(
    `SELECT e.seq, e.recorded_ms, e.data_kind, e.data_offset, e.bytes, d.attempt, d.due_ms, d.reason, d.detail
     FROM deliveries d JOIN events e ON e.seq = d.seq
     WHERE d.subscription = ? AND d.state = ${DEAD} AND d.seq > ? ORDER BY d.seq LIMIT ?`,
    row.id,
    Number(after ?? 0),
    limit,
  );
  return rows.map((dead) => ({
    position: String(integer(dead, "seq")),
    reason: text(dead, "reason") ?? "",
    detail: text(dead, "detail"),
    attempt: integer(dead, "attempt"),
    diedAtMs: integer(dead, "due_ms"),
    recordedAtMs: integer(dead, "recorded_ms"),
    event: toEvent(dead),
  }));
}

/**
 * A dead letter that comes back while an earlier event of its key is unsettled waits for it. Later ones of its key
 * that were let go meanwhile are not called back: order held until it died.
 */
export function requeueDead(store: SqlStore, subscription: string, positions: readonly string[]): number {
  const row = findSubscription(store, subscription);
  if (!row) return 0;
  let requeued = 0;
  for (const position of positions) {
    const rows = store.driver.run(
      `UPDATE deliveries AS d SET due_ms = ?, attempt = 0, reason = NULL, detail = NULL, state =
         CASE WHEN EXISTS (SELECT 1 FROM deliveries o WHERE o.subscription = d.subscription
                           AND o.order_key = d.order_key AND o.state < ${DEAD}) THEN ${BLOCKED} ELSE ${WAITING} END
       WHERE d.seq = ? AND d.subscription = ? AND d.state = ${DEAD} RETURNING d.seq`,
      store.clock(),
      Number(position),
      row.id,
    );
    requeued += rows.length;
  }
  return requeued;
}
