/** A row of the log `events e`, and what is made of it. */
import type { EncodedEvent } from "../../core/event.ts";
import type { Delivery } from "../broker.ts";
import { integer, type SqlRow } from "./driver.ts";
import { wholeBytes } from "./parts.ts";
import { dataKindOf, type SqlStore } from "./store.ts";

export const EVENT_COLUMNS = "e.seq, e.recorded_ms, e.partition_key, e.data_kind, e.data_offset, e.bytes, e.parts";

export function toEvent(store: SqlStore, row: SqlRow): EncodedEvent {
  return {
    bytes: wholeBytes(store, row),
    dataOffset: integer(row, "data_offset"),
    dataKind: dataKindOf(integer(row, "data_kind")),
  };
}

export function toDelivery(store: SqlStore, row: SqlRow, lease: number, attempt: number): Delivery {
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
