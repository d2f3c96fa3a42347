import type { Sha256 } from "./clock.ts";
import { toHex } from "./hex.ts";

/** An id for what has none of its own: the same content has the same one. */
export function contentHash(sha256: Sha256, text: string): string {
  return `sha256_${toHex(sha256(text))}`;
}
