/** The part of a claim that goes on in the log from where the subscription stands. */
import type { Claim, ClaimParams, Delivery } from "../broker.ts";
import { type SqlRow, text } from "./driver.ts";
import { toDelivery } from "./event-row.ts";
import { look } from "./look.ts";
import { countBlocked, hasUnsettled } from "./order.ts";
import { BLOCKED, LEASED } from "./schema.ts";
import type { SqlStore, SubscriptionRow } from "./store.ts";

/** Events held back by their keys at most; beyond it a subscription waits for the first of them. */
const BLOCKED_LIMIT = 10_000;

export interface NewPart extends Pick<ClaimParams, "filters" | "bounds" | "ordering" | "leaseMs"> {
  readonly lease: number;
  /** Deliveries at most. */
  readonly limit: number;
  /** The newest event of the log. */
  readonly lastSeq: number;
}

/** Leases the events that it is given. */
interface Taker {
  readonly deliveries: readonly Delivery[];
  /**
   * `behind` is the event that was looked at before this one. `full` and `held` leave the event where it is: the claim is
   * full, or too many wait for events before them.
   */
  take(row: SqlRow, seq: number, behind: number): "taken" | "full" | "held";
  /** What comes next does not follow what was taken last; or nothing comes. */
  pass(): void;
}

export function claimNew(store: SqlStore, part: NewPart, subscription: SubscriptionRow): Claim {
  const { id } = subscription;
  const taker = part.ordering === "key" ? takeInOrder(store, part, id) : takeInRuns(store, part, id);
  let { cursor } = subscription;
  let filtered = 0;
  let more = false;
  for (const found of look(store, part, { behind: cursor, last: part.lastSeq })) {
    more = found.kind === "more";
    if (found.kind === "more") break;
    if (found.kind === "missed") {
      taker.pass();
      filtered += found.count;
    } else {
      const outcome = taker.take(found.row, found.upTo, cursor);
      // Where some are held, nothing more can come before one of them is settled.
      more = outcome === "full";
      if (outcome !== "taken") break;
    }
    cursor = found.upTo;
  }
  taker.pass();
  if (cursor !== subscription.cursor) store.driver.run("UPDATE subscriptions SET cursor = ? WHERE id = ?", cursor, id);
  return { deliveries: taker.deliveries, more, filtered };
}

/** Events in a row are leased with one statement. */
function takeInRuns(store: SqlStore, part: NewPart, id: number): Taker {
  const deliveries: Delivery[] = [];
  let run: { readonly behind: number; upTo: number } | undefined;
  return {
    deliveries,
    take(row, seq, behind) {
      if (deliveries.length >= part.limit) return "full";
      deliveries.push(toDelivery(store, row, part.lease, 1));
      run ??= { behind, upTo: seq };
      run.upTo = seq;
      return "taken";
    },
    pass() {
      if (run) insertLeased(store, part, id, run);
      run = undefined;
    },
  };
}

/** An event whose key has an unsettled one is set aside, and its turn comes with that one's end. */
function takeInOrder(store: SqlStore, part: NewPart, id: number): Taker {
  const deliveries: Delivery[] = [];
  let room = BLOCKED_LIMIT - countBlocked(store, id);
  return {
    deliveries,
    take(row, seq) {
      const orderKey = text(row, "partition_key") ?? null;
      const blocked = orderKey !== null && hasUnsettled(store, id, orderKey);
      if (blocked && room < 1) return "held";
      if (!blocked && deliveries.length >= part.limit) return "full";
      if (blocked) room -= 1;
      else deliveries.push(toDelivery(store, row, part.lease, 1));
      insertOne(store, part, id, { seq, orderKey, blocked });
      return "taken";
    },
    pass() {},
  };
}

function insertLeased(
  { driver, clock }: SqlStore,
  { lease, leaseMs }: NewPart,
  id: number,
  { behind, upTo }: { readonly behind: number; readonly upTo: number },
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

function insertOne(
  { driver, clock }: SqlStore,
  { lease, leaseMs }: NewPart,
  id: number,
  event: { readonly seq: number; readonly orderKey: string | null; readonly blocked: boolean },
): void {
  const { seq, orderKey, blocked } = event;
  const [state, dueMs, attempt, ofLease] = blocked ? [BLOCKED, 0, 0, 0] : [LEASED, clock() + leaseMs, 1, lease];
  driver.run(
    "INSERT INTO deliveries (seq, subscription, state, due_ms, attempt, lease, order_key) VALUES (?, ?, ?, ?, ?, ?, ?)",
    seq,
    id,
    state,
    dueMs,
    attempt,
    ofLease,
    orderKey,
  );
}
