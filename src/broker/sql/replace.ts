import type { Replacement } from "../broker.ts";
import { storableKey } from "./append.ts";
import { integer, text } from "./driver.ts";
import { seqOf } from "./log.ts";
import { firstPart, SIZE, writeParts } from "./parts.ts";
import { BLOCKED, WAITING } from "./schema.ts";
import { dataKindNumber, type SqlStore } from "./store.ts";

export function replaceEvents(store: SqlStore, replacements: readonly Replacement[]): number {
  return replacements.filter((one) => replaceEvent(store, one)).length;
}

function replaceEvent(store: SqlStore, { position, partitionKey, event }: Replacement): boolean {
  const { driver, clock } = store;
  const seq = seqOf(position);
  if (seq === undefined) return false;
  const [before] = driver.run(`SELECT e.partition_key, ${SIZE} AS size FROM events e WHERE e.seq = ?`, seq);
  if (!before) return false;
  const key = partitionKey === undefined ? null : storableKey(partitionKey);
  const { bytes, dataKind, dataOffset } = event;
  const { first, parts } = firstPart(store, bytes);
  driver.run("DELETE FROM event_parts WHERE seq = ?", seq);
  driver.run(
    "UPDATE events SET partition_key = ?, data_kind = ?, data_offset = ?, bytes = ?, parts = ? WHERE seq = ?",
    key,
    dataKindNumber(dataKind),
    dataOffset,
    first,
    parts,
    seq,
  );
  writeParts(store, seq, bytes, parts);
  driver.run("UPDATE deliveries SET forward_note = '' WHERE seq = ? AND forward_note IS NOT NULL", seq);
  driver.run("UPDATE log SET bytes = bytes + ?", bytes.length - integer(before, "size"));
  const keyBefore = text(before, "partition_key");
  if (keyBefore !== undefined && keyBefore !== key) {
    // Who was held back by the old key is judged anew at the next claim.
    driver.run(
      `UPDATE deliveries SET state = ${WAITING}, due_ms = ? WHERE order_key = ? AND state = ${BLOCKED}`,
      clock(),
      keyBefore,
    );
    driver.run("UPDATE deliveries SET order_key = ? WHERE seq = ? AND order_key IS NOT NULL", key, seq);
  }
  return true;
}
