import { isPosition } from "../../core/position.ts";

/**
 * An id of the stream (`<milliseconds>-<number>`, as Redis writes it) in a form that is in order as a text: each number
 * with a letter before it that tells its length. The scripts have the same (lua.ts); it is made here where there are
 * many, since that is dear in Lua.
 */
export function packId(id: string): string {
  const dash = id.indexOf("-");
  return `${lengthLetter(dash)}${id.slice(0, dash)}${lengthLetter(id.length - dash - 1)}${id.slice(dash + 1)}`;
}

export function isId(text: string): boolean {
  return isPosition(text, "stream_id");
}

/** Negative where `a` comes first. */
export function compareIds(a: string, b: string): number {
  if (a === b) return 0;
  return packId(a) < packId(b) ? -1 : 1;
}

function lengthLetter(length: number): string {
  return String.fromCharCode(96 + length);
}
