import { integer } from "./driver.ts";
import { BLOCKED, WAITING } from "./schema.ts";
import type { SqlStore, SubscriptionRow } from "./store.ts";

/** Brings what was claimed under the other ordering into line, where a subscription's ordering was changed. */
export function switchOrdering({ driver }: SqlStore, { id, ordered }: SubscriptionRow, wanted: boolean): void {
  if (ordered === wanted) return;
  driver.run("UPDATE subscriptions SET ordered = ? WHERE id = ?", wanted ? 1 : 0, id);
  if (wanted) {
    driver.run(
      `UPDATE deliveries SET order_key = (SELECT partition_key FROM events e WHERE e.seq = deliveries.seq)
       WHERE subscription = ?`,
      id,
    );
  } else {
    driver.run("UPDATE deliveries SET order_key = NULL WHERE subscription = ?", id);
    driver.run(`UPDATE deliveries SET state = ${WAITING} WHERE subscription = ? AND state = ${BLOCKED}`, id);
  }
}

/** Whether an event of this key before `seq` is unsettled; without `seq`, any. */
export function hasUnsettled({ driver }: SqlStore, id: number, orderKey: string, before?: number): boolean {
  const sql = `SELECT 1 AS found FROM deliveries
    WHERE subscription = ? AND order_key = ? AND state < 3 AND seq < ? LIMIT 1`;
  return driver.run(sql, id, orderKey, before ?? Number.MAX_SAFE_INTEGER).length > 0;
}

export function countBlocked({ driver }: SqlStore, id: number): number {
  const rows = driver.run(`SELECT count(*) AS n FROM deliveries WHERE subscription = ? AND state = ${BLOCKED}`, id);
  return integer(rows[0], "n");
}

/** Out of the due index until the event before it is settled. */
export function block({ driver }: SqlStore, id: number, seq: number): void {
  driver.run(`UPDATE deliveries SET state = ${BLOCKED} WHERE seq = ? AND subscription = ?`, seq, id);
}
