/** Looking through the log for what a subscription wants. */
import { isWithin } from "../../core/bounds.ts";
import { decodeAttributes, decodeType } from "../../core/event.ts";
import type { Filter } from "../../core/filter.ts";
import { areWanted } from "../../core/wanted.ts";
import type { ClaimParams } from "../broker.ts";
import { integer, type SqlRow } from "./driver.ts";
import { EVENT_COLUMNS, toEvent } from "./event-row.ts";
import type { SqlStore } from "./store.ts";

/** Events read in one look at most, so that a filter that misses everything cannot hold up the others. */
const READ_LIMIT = 1000;

export type Found =
  | { readonly kind: "wanted"; readonly upTo: number; readonly row: SqlRow }
  /** `count` events that the filters miss, or that are out of bounds. */
  | { readonly kind: "missed"; readonly upTo: number; readonly count: number }
  /** There are more events, to be read another time. */
  | { readonly kind: "more" };

export interface Stretch {
  /** `seq` of the event before the first one and of the last one. */
  readonly behind: number;
  readonly last: number;
}

/** Everything in the stretch, in order; `upTo` is the `seq` of the last event that a step is about. */
export function* look(
  store: SqlStore,
  { filters, bounds }: Pick<ClaimParams, "filters" | "bounds">,
  { behind, last }: Stretch,
): Generator<Found> {
  const { types } = store;
  let at = behind;
  let read = 0;
  for (;;) {
    const missed = types.missedUpTo(filters, at, last);
    if (missed > at) yield { kind: "missed", upTo: missed, count: missed - at };
    at = missed;
    if (at >= last) return;
    const rows = eventsAfter(store, at, types.countToMiss(filters, at, store.driver.maxEventsAtOnce));
    if (rows.length === 0) return;
    for (const row of rows) {
      if (read >= READ_LIMIT) return yield { kind: "more" };
      read += 1;
      at = integer(row, "seq");
      const isInside = !bounds || isWithin(bounds, String(at), integer(row, "recorded_ms"));
      const wanted = isInside && (types.verdict(filters, at) ?? isWantedWhole(store, filters, row));
      yield wanted ? { kind: "wanted", upTo: at, row } : { kind: "missed", upTo: at, count: 1 };
    }
  }
}

/** Few at a time: an event may be large, and few of them are wanted. */
function eventsAfter({ driver }: SqlStore, seq: number, limit: number): readonly SqlRow[] {
  const sql = `SELECT ${EVENT_COLUMNS} FROM events e WHERE e.seq > ? ORDER BY e.seq LIMIT ?`;
  return driver.run(sql, seq, limit);
}

/** Where the type was not known, or does not decide. */
function isWantedWhole(store: SqlStore, filters: readonly Filter[], row: SqlRow): boolean {
  const { types } = store;
  const event = toEvent(store, row);
  const seq = integer(row, "seq");
  types.note(seq, decodeType(event));
  return types.verdict(filters, seq) ?? areWanted(filters, decodeAttributes(event));
}
