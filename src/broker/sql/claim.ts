import { isWithin } from "../../core/bounds.ts";
import { decodeAttributes, decodeType, type EncodedEvent } from "../../core/event.ts";
import type { Filter } from "../../core/filter.ts";
import { areWanted } from "../../core/wanted.ts";
import type { Claim, ClaimParams, Delivery } from "../broker.ts";
import { integer, type SqlRow, text } from "./driver.ts";
import { block, countBlocked, hasUnsettled, switchOrdering } from "./order.ts";
import { wholeBytes } from "./parts.ts";
import { BLOCKED, LEASED } from "./schema.ts";
import { dataKindOf, findSubscription, type SqlStore, type SubscriptionRow } from "./store.ts";

/** New events looked at in one claim at most, so that a filter that misses everything cannot hold up the others. */
const SCAN_LIMIT = 1000;
/** Events held back by their keys at most; beyond it a subscription waits for the first of them. */
const BLOCKED_LIMIT = 10_000;

export const EVENT_COLUMNS = "e.seq, e.recorded_ms, e.partition_key, e.data_kind, e.data_offset, e.bytes, e.parts";

export function claim(store: SqlStore, params: ClaimParams): Claim {
  const subscription = findSubscription(store, params.subscription);
  if (!subscription || params.limit < 1) return { deliveries: [], more: false, filtered: 0 };
  switchOrdering(store, subscription, params.ordering === "key");
  const log = store.driver.run("SELECT last_seq, last_lease FROM log")[0];
  const lease = integer(log, "last_lease") + 1;
  const due = claimDue(store, params, subscription, lease);
  const left = params.limit - due.length;
  const fresh =
    left > 0
      ? claimNew(store, params, subscription, { lease, limit: left, lastSeq: integer(log, "last_seq") })
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

function claimNew(
  store: SqlStore,
  params: ClaimParams,
  subscription: SubscriptionRow,
  { lease, limit, lastSeq }: { readonly lease: number; readonly limit: number; readonly lastSeq: number },
): Claim {
  const { types } = store;
  const { filters, bounds } = params;
  const ordered = params.ordering === "key";
  const deliveries: Delivery[] = [];
  let blockedBudget = ordered ? BLOCKED_LIMIT - countBlocked(store, subscription.id) : 0;
  let cursor = subscription.cursor;
  let filtered = 0;
  let scanned = 0;
  let more = false;
  let isOver = false;
  /** Events in a row that are leased and not ordered, behind one and up to another. */
  let run: { readonly behind: number; upTo: number } | undefined;

  function insertRun(): void {
    if (run) insertLeased(store, subscription.id, run, lease, params.leaseMs);
    run = undefined;
  }

  while (!isOver) {
    const missed = types.missedUpTo(filters, cursor, lastSeq);
    if (missed > cursor) insertRun();
    filtered += missed - cursor;
    cursor = missed;
    const rows =
      cursor < lastSeq
        ? eventsAfter(store, cursor, types.countToMiss(filters, cursor, store.driver.maxEventsAtOnce))
        : [];
    isOver = rows.length === 0;
    for (const row of rows) {
      more = scanned >= SCAN_LIMIT;
      isOver = more;
      if (isOver) break;
      const seq = integer(row, "seq");
      const isOutside = bounds && !isWithin(bounds, String(seq), integer(row, "recorded_ms"));
      if (isOutside || !(types.verdict(filters, seq) ?? isWantedWhole(store, filters, row))) {
        filtered += 1;
        insertRun();
      } else if (!ordered) {
        more = deliveries.length >= limit;
        isOver = more;
        if (isOver) break;
        deliveries.push(toDelivery(store, row, lease, 1));
        run ??= { behind: cursor, upTo: seq };
        run.upTo = seq;
      } else {
        const orderKey = text(row, "partition_key") ?? null;
        const blocked = orderKey !== null && hasUnsettled(store, subscription.id, orderKey);
        if (blocked ? blockedBudget < 1 : deliveries.length >= limit) {
          // Out of budget for blocked events: nothing more can come before one of them is settled.
          more = !blocked;
          isOver = true;
          break;
        }
        if (blocked) blockedBudget -= 1;
        else deliveries.push(toDelivery(store, row, lease, 1));
        insertDelivery(store, subscription.id, seq, orderKey, blocked ? undefined : lease, params.leaseMs);
      }
      cursor = seq;
      scanned += 1;
    }
  }
  insertRun();
  if (cursor !== subscription.cursor) {
    store.driver.run("UPDATE subscriptions SET cursor = ? WHERE id = ?", cursor, subscription.id);
  }
  return { deliveries, more, filtered };
}

/** Few at a time: an event may be large, and few of them are wanted. */
function eventsAfter({ driver }: SqlStore, cursor: number, limit: number): readonly SqlRow[] {
  const sql = `SELECT ${EVENT_COLUMNS} FROM events e WHERE e.seq > ? ORDER BY e.seq LIMIT ?`;
  return driver.run(sql, cursor, limit);
}

/** Where the type was not known, or does not decide. */
function isWantedWhole(store: SqlStore, filters: readonly Filter[], row: SqlRow): boolean {
  const { types } = store;
  const event = toEvent(store, row);
  const seq = integer(row, "seq");
  types.note(seq, decodeType(event));
  return types.verdict(filters, seq) ?? areWanted(filters, decodeAttributes(event));
}

function insertLeased(
  { driver, clock }: SqlStore,
  id: number,
  { behind, upTo }: { readonly behind: number; readonly upTo: number },
  lease: number,
  leaseMs: number,
): void {
  driver.run(
    `INSERT INTO deliveries (seq, subscription, state, due_ms, attempt, lease)
     SELECT seq, ?, ${LEASED}, ?, 1, ? FROM events WHERE seq > ? AND seq <= ?`,
    id,
    clock() + leaseMs,
    lease,
    behind,
    upTo,
  );
}

function insertDelivery(
  { driver, clock }: SqlStore,
  id: number,
  seq: number,
  orderKey: string | null,
  lease: number | undefined,
  leaseMs: number,
): void {
  driver.run(
    "INSERT INTO deliveries (seq, subscription, state, due_ms, attempt, lease, order_key) VALUES (?, ?, ?, ?, ?, ?, ?)",
    seq,
    id,
    lease === undefined ? BLOCKED : LEASED,
    lease === undefined ? 0 : clock() + leaseMs,
    lease === undefined ? 0 : 1,
    lease ?? 0,
    orderKey,
  );
}

export function toEvent(store: SqlStore, row: SqlRow): EncodedEvent {
  return {
    bytes: wholeBytes(store, row),
    dataOffset: integer(row, "data_offset"),
    dataKind: dataKindOf(integer(row, "data_kind")),
  };
}

function toDelivery(store: SqlStore, row: SqlRow, lease: number, attempt: number): Delivery {
  const seq = integer(row, "seq");
  const recordedAtMs = integer(row, "recorded_ms");
  return {
    token: `${seq}.${lease}`,
    position: String(seq),
    attempt,
    recordedAtMs,
    agedFromMs: typeof row.put_back_ms === "number" ? row.put_back_ms : recordedAtMs,
    event: toEvent(store, row),
  };
}
