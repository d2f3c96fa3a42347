/** Dead letters that are to be sent somewhere else: a few columns more in their rows. */
import type { ClaimForwardsParams, Forward, ForwardVerdict, SettleForwardsParams } from "../broker.ts";
import { LETTER_COLUMNS, toLetter } from "./dead.ts";
import { integer, text } from "./driver.ts";
import { DEAD } from "./schema.ts";
import { findSubscription, type SqlStore } from "./store.ts";

export function claimForwards(
  store: SqlStore,
  { subscription, limit, leaseMs }: ClaimForwardsParams,
): readonly Forward[] {
  const { driver } = store;
  const row = findSubscription(store, subscription);
  if (!row || limit < 1) return [];
  const nowMs = store.clock();
  const rows = driver.run(
    `SELECT ${LETTER_COLUMNS}, d.forward_note, d.forward_tries
     FROM deliveries d JOIN events e ON e.seq = d.seq
     WHERE d.subscription = ? AND d.state = ${DEAD} AND d.forward_ms <= ? ORDER BY d.forward_ms, d.seq LIMIT ?`,
    row.id,
    nowMs,
    limit,
  );
  if (rows.length === 0) return [];
  const lease = integer(driver.run("UPDATE log SET last_lease = last_lease + 1 RETURNING last_lease")[0], "last_lease");
  return rows.map((dead) => {
    const seq = integer(dead, "seq");
    const tries = integer(dead, "forward_tries") + 1;
    driver.run(
      "UPDATE deliveries SET forward_ms = ?, forward_tries = ?, forward_lease = ? WHERE seq = ? AND subscription = ?",
      nowMs + leaseMs,
      tries,
      lease,
      seq,
      row.id,
    );
    return { ...toLetter(store, dead), token: `${seq}.${lease}`, tries, note: text(dead, "forward_note") ?? "" };
  });
}

export function settleForwards(
  store: SqlStore,
  { subscription, settlements }: SettleForwardsParams,
): readonly ("ok" | "stale")[] {
  const row = findSubscription(store, subscription);
  return settlements.map(({ token, verdict }) => {
    const [seq, lease] = token.split(".").map(Number);
    // Zero stands in rows that nobody holds.
    if (!row || !Number.isSafeInteger(seq) || !Number.isSafeInteger(lease) || !lease) return "stale";
    return settleOne(store, row.id, seq ?? 0, lease, verdict) ? "ok" : "stale";
  });
}

function settleOne({ driver, clock }: SqlStore, id: number, seq: number, lease: number, verdict: ForwardVerdict) {
  const owned = `WHERE seq = ? AND subscription = ? AND forward_lease = ? AND forward_ms IS NOT NULL
    AND state = ${DEAD} RETURNING seq`;
  if (verdict.kind === "done") {
    const sql = `UPDATE deliveries SET forward_note = NULL, forward_ms = NULL, forward_lease = 0 ${owned}`;
    return driver.run(sql, seq, id, lease).length > 0;
  }
  const atMs = verdict.kind === "retry" ? verdict.atMs : clock();
  const keep = verdict.kind === "retry" && verdict.counts ? 0 : 1;
  const sql = `UPDATE deliveries SET forward_ms = ?, forward_tries = forward_tries - ?, forward_lease = 0 ${owned}`;
  return driver.run(sql, atMs, keep, seq, id, lease).length > 0;
}

export function nextForwardDueAt(store: SqlStore, subscription: string): number | null {
  const row = findSubscription(store, subscription);
  if (!row) return null;
  const due = store.driver.run(
    `SELECT forward_ms FROM deliveries WHERE subscription = ? AND forward_ms IS NOT NULL
     ORDER BY forward_ms LIMIT 1`,
    row.id,
  )[0];
  if (!due) return null;
  const dueMs = integer(due, "forward_ms");
  return dueMs <= store.clock() ? 0 : dueMs;
}
