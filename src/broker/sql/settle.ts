import type { SettleParams, SettleVerdict } from "../broker.ts";
import { integer, type SqlRow, text } from "./driver.ts";
import { BLOCKED, DEAD, WAITING } from "./schema.ts";
import { findSubscription, type SqlStore } from "./store.ts";

export function settle(store: SqlStore, { subscription, settlements }: SettleParams): readonly ("ok" | "stale")[] {
  const row = findSubscription(store, subscription);
  const outcomes = settlements.map((): "ok" | "stale" => "stale");
  if (!row) return outcomes;
  const seen = new Set<string>();
  /** What is over, by lease: nearly all of them, so each lease takes one statement. */
  const over = new Map<number, Map<number, number>>();
  for (const [place, { token, verdict }] of settlements.entries()) {
    const [seq = 0, lease = 0] = token.split(".").map(Number);
    // Zero stands in rows that nobody holds. Of two settlements by one token the first counts.
    if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(lease) || lease === 0 || seen.has(token)) continue;
    seen.add(token);
    if (verdict.kind === "delivered" || verdict.kind === "dropped") {
      const lot = over.get(lease) ?? new Map<number, number>();
      over.set(lease, lot.set(seq, place));
    } else if (settleOne(store, row.id, seq, lease, verdict)) outcomes[place] = "ok";
  }
  for (const [lease, places] of over) {
    for (const ended of end(store, row.id, lease, [...places.keys()])) {
      const place = places.get(integer(ended, "seq"));
      if (place !== undefined) outcomes[place] = "ok";
    }
  }
  return outcomes;
}

function end(store: SqlStore, id: number, lease: number, seqs: readonly number[]): readonly SqlRow[] {
  const rows = store.driver.run(
    `DELETE FROM deliveries WHERE seq IN (SELECT value FROM json_each(?)) AND subscription = ? AND lease = ?
     AND state < ${DEAD} RETURNING seq, order_key`,
    JSON.stringify(seqs),
    id,
    lease,
  );
  for (const row of rows) free(store, id, row);
  return rows;
}

/**
 * The lease number fences: a row that was claimed anew carries another one. A lease that ran out is good until then,
 * also where an earlier event of its key came back and holds it back.
 */
const OWNED = `WHERE seq = ? AND subscription = ? AND lease = ? AND state < ${DEAD} RETURNING order_key`;

type Unfinished = Exclude<SettleVerdict, { readonly kind: "delivered" | "dropped" }>;

function settleOne(store: SqlStore, id: number, seq: number, lease: number, verdict: Unfinished): boolean {
  const { driver } = store;
  const now = store.clock();
  switch (verdict.kind) {
    case "dead": {
      const { reason, detail = null, forward = null } = verdict;
      const sql = `UPDATE deliveries SET state = ${DEAD}, due_ms = ?, lease = 0, reason = ?, detail = ?,
        forward_note = ?, forward_ms = ?, forward_tries = 0, forward_lease = 0 ${OWNED}`;
      const forwardMs = forward === null ? null : now;
      const [dead] = driver.run(sql, now, reason, detail, forward, forwardMs, seq, id, lease);
      if (dead) free(store, id, dead);
      return dead !== undefined;
    }
    case "retry":
    case "release": {
      const keep = verdict.kind === "retry" && verdict.counts ? 0 : 1;
      const sql = `UPDATE deliveries SET state = ${WAITING}, due_ms = ?, lease = 0, attempt = attempt - ? ${OWNED}`;
      return driver.run(sql, verdict.kind === "retry" ? verdict.atMs : now, keep, seq, id, lease).length > 0;
    }
  }
}

/** Lets the next event of the same key go: due from now on, or, a retry, from its time. */
function free({ driver, clock }: SqlStore, id: number, settled: SqlRow): void {
  const orderKey = text(settled, "order_key");
  if (orderKey === undefined) return;
  driver.run(
    `UPDATE deliveries SET state = ${WAITING}, due_ms = CASE attempt WHEN 0 THEN ? ELSE due_ms END
     WHERE state = ${BLOCKED} AND subscription = ? AND seq =
     (SELECT min(seq) FROM deliveries WHERE subscription = ? AND order_key = ? AND state < ${DEAD})`,
    clock(),
    id,
    id,
    orderKey,
  );
}
