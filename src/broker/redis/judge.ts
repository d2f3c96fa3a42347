import { encodeBase64 } from "../../core/event.ts";
import { areWanted } from "../../core/wanted.ts";
import type { ClaimParams } from "../broker.ts";
import { type Entry, type EntryFault, type ReadEntry, readEntry } from "./entry.ts";
import type { RedisStore } from "./store.ts";

export type Judgement =
  | { readonly kind: "hit"; readonly entry: Entry; readonly read: ReadEntry; readonly orderKey: string }
  | { readonly kind: "miss"; readonly entry: Entry }
  | { readonly kind: "dead"; readonly entry: Entry; readonly fault: EntryFault };

const KEY_CHARACTERS = 16;

/** Looks at a new entry for a subscription with these filters. */
export function judge(store: RedisStore, entry: Entry, { filters }: Pick<ClaimParams, "filters">): Judgement {
  const read = readEntry(entry, store.trackingId);
  if (!read.ok) return { kind: "dead", entry, fault: read.error };
  if (!areWanted(filters, read.value.attributes)) return { kind: "miss", entry };
  return { kind: "hit", entry, read: read.value, orderKey: orderKeyOf(store, read.value) };
}

/** As many characters for every key, all of them letters, digits, `-` or `_`; none where there is no key. */
function orderKeyOf({ sha256 }: RedisStore, { attributes: { partitionkey } }: ReadEntry): string {
  if (typeof partitionkey !== "string") return "";
  const text = encodeBase64(sha256(partitionkey));
  return text.slice(0, KEY_CHARACTERS).replaceAll("+", "-").replaceAll("/", "_");
}

/** The letter of a judgement and what goes with it, as the scripts take them. */
export function argumentsOf(judgement: Judgement): readonly [letter: string, extra: string] {
  switch (judgement.kind) {
    case "hit":
      return ["h", judgement.orderKey];
    case "miss":
      return ["m", ""];
    case "dead":
      return ["d", judgement.fault.detail];
  }
}
