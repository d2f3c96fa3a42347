import { isWithin } from "../../core/bounds.ts";
import { toHex } from "../../core/hex.ts";
import { areWanted } from "../../core/wanted.ts";
import type { ClaimParams } from "../broker.ts";
import { type Entry, type EntryFault, type ReadEntry, readEntry, timeOfId } from "./entry.ts";
import type { RedisStore } from "./store.ts";

/** By which a subscription wants an entry. */
export type Wanted = Pick<ClaimParams, "filters" | "bounds">;

export type Judgement =
  | { readonly kind: "hit"; readonly entry: Entry; readonly read: ReadEntry; readonly orderKey: string }
  | { readonly kind: "miss"; readonly entry: Entry }
  | { readonly kind: "dead"; readonly entry: Entry; readonly fault: EntryFault };

/** A longer one is told by its hash. */
const LONGEST_KEY = 40;
const HASH_CHARACTERS = 32;

/** Looks at a new entry for a subscription with these filters and bounds. */
export function judge(store: RedisStore, entry: Entry, { filters, bounds }: Wanted): Judgement {
  const read = readEntry(entry, store.trackingId);
  if (bounds && !isWithin(bounds, entry.id, read.ok ? read.value.recordedAtMs : timeOfId(entry.id))) {
    return { kind: "miss", entry };
  }
  if (!read.ok) return { kind: "dead", entry, fault: read.error };
  if (!areWanted(filters, read.value.attributes)) return { kind: "miss", entry };
  return { kind: "hit", entry, read: read.value, orderKey: orderKeyOf(store, read.value) };
}

/** No key is the beginning of another, so that what stands behind one in a sorted set is its own. None: no key. */
export function orderKeyOf({ sha256 }: RedisStore, { attributes: { partitionkey } }: ReadEntry): string {
  if (typeof partitionkey !== "string") return "";
  if (partitionkey.length <= LONGEST_KEY) return `${partitionkey.length}:${partitionkey}`;
  return `#${toHex(sha256(partitionkey)).slice(0, HASH_CHARACTERS)}`;
}

/** As the scripts take it. */
export function letterOf(judgement: Judgement): { readonly letter: string; readonly extra?: string } {
  switch (judgement.kind) {
    case "hit":
      return judgement.orderKey === "" ? { letter: "h" } : { letter: "k", extra: judgement.orderKey };
    case "miss":
      return { letter: "m" };
    case "dead":
      return { letter: "d", extra: judgement.fault.detail };
  }
}
