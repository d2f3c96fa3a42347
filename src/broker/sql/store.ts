import type { Clock, Sha256 } from "../../core/clock.ts";
import type { DataKind } from "../../core/event.ts";
import type { BrokerLimits } from "../broker.ts";
import { integer, type SqlDriver } from "./driver.ts";
import type { EventTypes } from "./event-types.ts";

/** What every statement of the SQL broker works with. All of them run inside a transaction that their caller opened. */
export interface SqlStore {
  readonly driver: SqlDriver;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly limits: BrokerLimits;
  readonly types: EventTypes;
  /** What `append` remembers of the dedupe table; see there. */
  usedBuckets?: Set<number>;
}

export interface SubscriptionRow {
  readonly id: number;
  /** Every event up to this `seq` was looked at. */
  readonly cursor: number;
  /** The last claim asked for order by key. */
  readonly ordered: boolean;
}

export function findSubscription(store: SqlStore, name: string): SubscriptionRow | undefined {
  const row = store.driver.run("SELECT id, cursor, ordered FROM subscriptions WHERE name = ?", name)[0];
  return row && { id: integer(row, "id"), cursor: integer(row, "cursor"), ordered: integer(row, "ordered") === 1 };
}

export function lastSeq(store: SqlStore): number {
  return integer(store.driver.run("SELECT last_seq FROM log")[0], "last_seq");
}

/** Events after `seq`. Above the last purged one there are no gaps, so only what lies below it is counted one by one. */
export function countAfter({ driver }: SqlStore, seq: number): number {
  const log = driver.run("SELECT last_seq, last_purged FROM log")[0];
  const purged = integer(log, "last_purged");
  if (seq >= purged) return integer(log, "last_seq") - seq;
  const rows = driver.run("SELECT count(*) AS n FROM events WHERE seq > ? AND seq <= ?", seq, purged);
  return integer(log, "last_seq") - purged + integer(rows[0], "n");
}

const DATA_KINDS: readonly DataKind[] = ["none", "json", "text", "base64"];

export function dataKindNumber(kind: DataKind): number {
  return DATA_KINDS.indexOf(kind);
}

export function dataKindOf(number: number): DataKind {
  return DATA_KINDS[number] ?? "none";
}
