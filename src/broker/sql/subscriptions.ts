import type { EnsureSubscriptionParams } from "../broker.ts";
import { integer, text } from "./driver.ts";
import { DEAD, LEASED } from "./schema.ts";
import { countAfter, findSubscription, lastSeq, type SqlStore } from "./store.ts";

export function ensureSubscription(store: SqlStore, { subscription, start }: EnsureSubscriptionParams): void {
  const cursor = start === "latest" ? lastSeq(store) : 0;
  store.driver.run(
    "INSERT INTO subscriptions (name, cursor) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
    subscription,
    cursor,
  );
}

export function removeSubscription(store: SqlStore, name: string): { readonly dropped: number } {
  const row = findSubscription(store, name);
  if (!row) return { dropped: 0 };
  const dropped = pendingOf(store, row.id, row.cursor);
  store.driver.run("DELETE FROM deliveries WHERE subscription = ?", row.id);
  store.driver.run("DELETE FROM subscriptions WHERE id = ?", row.id);
  return { dropped };
}

export function listSubscriptions(store: SqlStore): readonly string[] {
  return store.driver.run("SELECT name FROM subscriptions ORDER BY name").flatMap((row) => text(row, "name") ?? []);
}

/** Leases of a process that is gone are given back; only one process has the store, so that is every lease. */
export function releaseAllLeases({ driver }: Pick<SqlStore, "driver">): void {
  driver.run("UPDATE deliveries SET state = 0, due_ms = 0, lease = 0 WHERE state = ?", LEASED);
  driver.run("UPDATE deliveries SET forward_ms = 0, forward_lease = 0 WHERE forward_ms > 0 AND forward_lease > 0");
}

function pendingOf(store: SqlStore, id: number, cursor: number): number {
  const rows = store.driver.run("SELECT count(*) AS n FROM deliveries WHERE subscription = ? AND state < ?", id, DEAD);
  return countAfter(store, cursor) + integer(rows[0], "n");
}
