/** Ids of entries, `<milliseconds>-<number>`: compared by number, not by text. */
import { isPosition } from "../../core/position.ts";

export function isId(text: string): boolean {
  return isPosition(text, "stream_id");
}

export function compareIds(a: string, b: string): number {
  const [aMs = "", aSeq = ""] = a.split("-");
  const [bMs = "", bSeq = ""] = b.split("-");
  return compareDigits(aMs, bMs) || compareDigits(aSeq, bSeq);
}

function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
