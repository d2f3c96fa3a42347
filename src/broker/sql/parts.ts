/** Events that are longer than a value of the database may be: their bytes lie in several rows. */
import { joinBytes } from "../../core/collect-bytes.ts";
import { bytes, integer, type SqlRow } from "./driver.ts";
import type { SqlStore } from "./store.ts";

/** What stands with the event, and how many rows are needed for the rest of it. */
export function firstPart(
  { driver }: SqlStore,
  whole: Uint8Array,
): { readonly first: Uint8Array; readonly parts: number } {
  const { maxValueBytes } = driver;
  if (whole.length <= maxValueBytes) return { first: whole, parts: 0 };
  return { first: whole.subarray(0, maxValueBytes), parts: Math.ceil(whole.length / maxValueBytes) - 1 };
}

export function writeParts({ driver }: SqlStore, seq: number, whole: Uint8Array, parts: number): void {
  const { maxValueBytes } = driver;
  for (let part = 1; part <= parts; part++) {
    const slice = whole.subarray(part * maxValueBytes, (part + 1) * maxValueBytes);
    driver.run("INSERT INTO event_parts VALUES (?, ?, ?)", seq, part, slice);
  }
}

/** All bytes of an event, of a row with `seq`, `bytes` and `parts`. */
export function wholeBytes({ driver }: SqlStore, row: SqlRow): Uint8Array {
  const first = bytes(row, "bytes");
  if (integer(row, "parts") === 0) return first;
  const rest = driver.run("SELECT bytes FROM event_parts WHERE seq = ? ORDER BY part", integer(row, "seq"));
  return joinBytes([first, ...rest.map((part) => bytes(part, "bytes"))]);
}

/** Of the event `e`, in a statement. */
export const SIZE = `CASE e.parts WHEN 0 THEN length(e.bytes) ELSE length(e.bytes) +
  (SELECT sum(length(p.bytes)) FROM event_parts p WHERE p.seq = e.seq) END`;
