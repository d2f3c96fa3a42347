import type { StatePage, StateWrite } from "../broker.ts";
import { BrokerFailure, type GetStateParams, type ScanStateParams, type StateEntry } from "../broker.ts";
import { integer, type SqlRow, text } from "./driver.ts";
import type { SqlStore } from "./store.ts";

/** A statement takes 100 values at most, see driver.ts. */
const KEYS_PER_STATEMENT = 90;

/** Throws where a condition does not hold; the caller's transaction undoes what came before. */
export function writeState({ driver }: SqlStore, writes: readonly StateWrite[]): void {
  for (const { collection, key, value, ifVersion } of writes) {
    if (ifVersion !== undefined) {
      const row = driver.run("SELECT version FROM state WHERE collection = ? AND key = ?", collection, key)[0];
      if (integer(row, "version") !== ifVersion) {
        throw new BrokerFailure("state_conflict", `an entry of ${collection} was written by somebody else`);
      }
    }
    if (value === null) driver.run("DELETE FROM state WHERE collection = ? AND key = ?", collection, key);
    else {
      driver.run(
        `INSERT INTO state VALUES (?, ?, ?, 1)
         ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value, version = version + 1`,
        collection,
        key,
        value,
      );
    }
  }
}

export function getState({ driver }: SqlStore, { collection, keys }: GetStateParams): readonly StateEntry[] {
  const entries: StateEntry[] = [];
  for (let at = 0; at < keys.length; at += KEYS_PER_STATEMENT) {
    const some = keys.slice(at, at + KEYS_PER_STATEMENT);
    const marks = some.map(() => "?").join(", ");
    const sql = `SELECT key, value, version FROM state WHERE collection = ? AND key IN (${marks})`;
    entries.push(...driver.run(sql, collection, ...some).map(toEntry));
  }
  return entries;
}

/** In order of keys. `after` is the last key of the part before, marked, since the empty text is a key as well. */
export function scanState({ driver }: SqlStore, { collection, after, limit }: ScanStateParams): StatePage {
  const [behind, values] = after === undefined ? ["", []] : ["AND key > ?", [after.slice(1)]];
  const sql = `SELECT key, value, version FROM state WHERE collection = ? ${behind} ORDER BY key LIMIT ?`;
  const entries = driver.run(sql, collection, ...values, limit + 1).map(toEntry);
  if (entries.length <= limit) return { entries };
  entries.pop();
  return { entries, next: `:${entries.at(-1)?.key}` };
}

function toEntry(row: SqlRow): StateEntry {
  return { key: text(row, "key") ?? "", value: text(row, "value") ?? "", version: integer(row, "version") };
}
