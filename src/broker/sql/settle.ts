import type { SettleParams, SettleVerdict } from "../broker.ts";
import { text } from "./driver.ts";
import { BLOCKED, DEAD, WAITING } from "./schema.ts";
import { findSubscription, type SqlStore } from "./store.ts";

export function settle(store: SqlStore, { subscription, settlements }: SettleParams): readonly ("ok" | "stale")[] {
  const row = findSubscription(store, subscription);
  return settlements.map(({ token, verdict }) => {
    const [seq, lease] = token.split(".").map(Number);
    // Zero stands in rows that nobody holds.
    if (!row || !Number.isSafeInteger(seq) || !Number.isSafeInteger(lease) || !lease) return "stale";
    return settleOne(store, row.id, seq ?? 0, lease, verdict) ? "ok" : "stale";
  });
}

/**
 * The lease number fences: a row that was claimed anew carries another one. A lease that ran out is good until then,
 * also where an earlier event of its key came back and holds it back.
 */
const OWNED = `WHERE seq = ? AND subscription = ? AND lease = ? AND state < ${DEAD} RETURNING order_key`;

function settleOne(store: SqlStore, id: number, seq: number, lease: number, verdict: SettleVerdict): boolean {
  const { driver } = store;
  const now = store.clock();
  switch (verdict.kind) {
    case "delivered":
    case "dropped":
      return free(store, id, driver.run(`DELETE FROM deliveries ${OWNED}`, seq, id, lease));
    case "dead": {
      const { reason, detail = null, forward = null } = verdict;
      const sql = `UPDATE deliveries SET state = ${DEAD}, due_ms = ?, lease = 0, reason = ?, detail = ?,
        forward_note = ?, forward_ms = ?, forward_tries = 0, forward_lease = 0 ${OWNED}`;
      const forwardMs = forward === null ? null : now;
      return free(store, id, driver.run(sql, now, reason, detail, forward, forwardMs, seq, id, lease));
    }
    case "retry":
    case "release": {
      const keep = verdict.kind === "retry" && verdict.counts ? 0 : 1;
      const sql = `UPDATE deliveries SET state = ${WAITING}, due_ms = ?, lease = 0, attempt = attempt - ? ${OWNED}`;
      return driver.run(sql, verdict.kind === "retry" ? verdict.atMs : now, keep, seq, id, lease).length > 0;
    }
  }
}

/** Lets the next event of the same key go: due from now on, or, a retry, from its time. False where nothing was settled. */
function free(store: SqlStore, id: number, settled: ReturnType<SqlStore["driver"]["run"]>): boolean {
  const orderKey = text(settled[0], "order_key");
  if (orderKey !== undefined) {
    store.driver.run(
      `UPDATE deliveries SET state = ${WAITING}, due_ms = CASE attempt WHEN 0 THEN ? ELSE due_ms END
       WHERE state = ${BLOCKED} AND subscription = ? AND seq =
       (SELECT min(seq) FROM deliveries WHERE subscription = ? AND order_key = ? AND state < ${DEAD})`,
      store.clock(),
      id,
      id,
      orderKey,
    );
  }
  return settled.length > 0;
}
