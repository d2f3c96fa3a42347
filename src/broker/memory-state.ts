import type { StatePage, StateWrite } from "./broker.ts";
import { BrokerFailure, type GetStateParams, type ScanStateParams, type StateEntry } from "./broker.ts";

/** The memory broker's state entries. */
export function createMemoryState() {
  const collections = new Map<string, Map<string, StateEntry>>();

  function find(collection: string, key: string): StateEntry | undefined {
    return collections.get(collection)?.get(key);
  }

  /** Throws where a condition does not hold, before anything is written. */
  function check(writes: readonly StateWrite[]): void {
    for (const { collection, key, ifVersion } of writes) {
      if (ifVersion === undefined || ifVersion === (find(collection, key)?.version ?? 0)) continue;
      throw new BrokerFailure("state_conflict", `an entry of ${collection} was written by somebody else`);
    }
  }

  function write(writes: readonly StateWrite[]): void {
    for (const { collection, key, value } of writes) {
      const entries = collections.get(collection) ?? new Map<string, StateEntry>();
      collections.set(collection, entries);
      if (value === null) entries.delete(key);
      else entries.set(key, { key, value, version: (entries.get(key)?.version ?? 0) + 1 });
    }
  }

  function get({ collection, keys }: GetStateParams): readonly StateEntry[] {
    return keys.flatMap((key) => find(collection, key) ?? []);
  }

  function scan({ collection, after = "", limit }: ScanStateParams): StatePage {
    const keys = [...(collections.get(collection)?.keys() ?? [])].filter((key) => after === "" || key > after.slice(1));
    const wanted = keys.sort().slice(0, limit);
    const entries = get({ collection, keys: wanted });
    const last = wanted.at(-1);
    // Marked, since the empty text is a key as well.
    return keys.length > wanted.length && last !== undefined ? { entries, next: `:${last}` } : { entries };
  }

  return { check, write, get, scan };
}
