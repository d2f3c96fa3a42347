import type { Claim, ClaimParams, Delivery } from "../broker.ts";
import { claimNew } from "./claim-new.ts";
import { integer, text } from "./driver.ts";
import { EVENT_COLUMNS, toDelivery } from "./event-row.ts";
import { block, hasUnsettled, switchOrdering } from "./order.ts";
import { LEASED } from "./schema.ts";
import { findSubscription, type SqlStore, type SubscriptionRow } from "./store.ts";

export function claim(store: SqlStore, params: ClaimParams): Claim {
  const subscription = findSubscription(store, params.subscription);
  if (!subscription || params.limit < 1) return { deliveries: [], more: false, filtered: 0 };
  switchOrdering(store, subscription, params.ordering === "key");
  const log = store.driver.run("SELECT last_seq, last_lease FROM log")[0];
  const lease = integer(log, "last_lease") + 1;
  const due = claimDue(store, params, subscription, lease);
  const limit = params.limit - due.length;
  const fresh =
    limit > 0
      ? claimNew(store, { ...params, lease, limit, lastSeq: integer(log, "last_seq") }, subscription)
      : { deliveries: [], more: true, filtered: 0 };
  const deliveries = [...due, ...fresh.deliveries];
  // A claim that finds nothing writes nothing, so an idle subscription costs no fsync.
  if (deliveries.length > 0) store.driver.run("UPDATE log SET last_lease = ?", lease);
  return { ...fresh, deliveries };
}

/** Retries whose time has come and leases that ran out: the longest due, handed out in log order. */
function claimDue(store: SqlStore, params: ClaimParams, { id }: SubscriptionRow, lease: number): Delivery[] {
  const now = store.clock();
  const deliveries: Delivery[] = [];
  while (deliveries.length < params.limit) {
    const rows = store.driver.run(
      `SELECT ${EVENT_COLUMNS}, d.attempt, d.order_key, d.put_back_ms FROM deliveries d JOIN events e ON e.seq = d.seq
       WHERE d.subscription = ? AND d.state < 2 AND d.due_ms <= ? ORDER BY d.due_ms, d.seq LIMIT ?`,
      id,
      now,
      params.limit - deliveries.length,
    );
    for (const row of rows) {
      const seq = integer(row, "seq");
      const orderKey = text(row, "order_key");
      if (orderKey !== undefined && hasUnsettled(store, id, orderKey, seq)) {
        block(store, id, seq);
        continue;
      }
      const attempt = integer(row, "attempt") + 1;
      store.driver.run(
        "UPDATE deliveries SET state = ?, due_ms = ?, attempt = ?, lease = ? WHERE seq = ? AND subscription = ?",
        LEASED,
        now + params.leaseMs,
        attempt,
        lease,
        seq,
        id,
      );
      deliveries.push(toDelivery(store, row, lease, attempt));
    }
    if (rows.length === 0) break;
  }
  return deliveries.sort((a, b) => Number(a.position) - Number(b.position));
}
