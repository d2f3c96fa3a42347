import type { BrokerStats, NextDueAtParams } from "../broker.ts";
import { integer, text } from "./driver.ts";
import { DEAD, LEASED } from "./schema.ts";
import { countAfter, findSubscription, lastSeq, type SqlStore } from "./store.ts";

export function stats(store: SqlStore): BrokerStats {
  const { driver } = store;
  const log = driver.run("SELECT events, bytes FROM log")[0];
  const counts = new Map(
    driver
      .run(
        `SELECT subscription,
           count(*) FILTER (WHERE state < ${DEAD}) AS unsettled,
           count(*) FILTER (WHERE state = ${LEASED} AND due_ms > ?) AS leased,
           count(*) FILTER (WHERE state = ${DEAD}) AS dead,
           count(forward_ms) AS forwards
         FROM deliveries GROUP BY subscription`,
        store.clock(),
      )
      .map((row) => [integer(row, "subscription"), row]),
  );
  const subscriptions = driver.run("SELECT id, name, cursor FROM subscriptions ORDER BY name").map((row) => {
    const count = counts.get(integer(row, "id"));
    return {
      subscription: text(row, "name") ?? "",
      pending: countAfter(store, integer(row, "cursor")) + integer(count, "unsettled"),
      leased: integer(count, "leased"),
      dead: integer(count, "dead"),
      forwards: integer(count, "forwards"),
    };
  });
  return { events: integer(log, "events"), bytes: integer(log, "bytes"), subscriptions };
}

export function nextDueAt(store: SqlStore, { subscription, filters }: NextDueAtParams): number | null {
  const row = findSubscription(store, subscription);
  if (!row) return null;
  const behind = filters ? store.types.missedUpTo(filters, row.cursor, lastSeq(store)) : row.cursor;
  if (countAfter(store, behind) > 0) return 0;
  const due = store.driver.run(
    "SELECT due_ms FROM deliveries WHERE subscription = ? AND state < 2 ORDER BY due_ms LIMIT 1",
    row.id,
  )[0];
  if (!due) return null;
  const dueMs = integer(due, "due_ms");
  return dueMs <= store.clock() ? 0 : dueMs;
}
