/** State entries: a hash for each collection, whose values begin with the version. They are written by lua.ts. */
import {
  BrokerFailure,
  type GetStateParams,
  type ScanStateParams,
  type StateEntry,
  type StatePage,
  type StateWrite,
} from "../broker.ts";
import { command, listOf, type RedisStore, textOf } from "./store.ts";

export async function getState(
  store: RedisStore,
  { collection, keys }: GetStateParams,
): Promise<readonly StateEntry[]> {
  if (keys.length === 0) return [];
  const values = listOf(await command(store, ["HMGET", store.keys.state(collection), ...keys]));
  return keys.flatMap((key, at) => {
    const value = values[at];
    return typeof value === "string" ? [toEntry(key, value)] : [];
  });
}

/** `after` is Redis's own cursor. Whole small hashes come at once, whatever the limit. */
export async function scanState(store: RedisStore, params: ScanStateParams): Promise<StatePage> {
  const { collection, after = "0", limit } = params;
  const args = ["HSCAN", store.keys.state(collection), after, "COUNT", String(limit)];
  const [next, found] = listOf(await command(store, args));
  const fields = listOf(found);
  const entries = fields.flatMap((key, at) => (at % 2 === 0 ? [toEntry(textOf(key), textOf(fields[at + 1]))] : []));
  return textOf(next) === "0" ? { entries } : { entries, next: textOf(next) };
}

function toEntry(key: string, stored: string): StateEntry {
  const colon = stored.indexOf(":");
  return { key, value: stored.slice(colon + 1), version: Number(stored.slice(0, colon)) };
}

/** As the scripts take them. */
export function stateArguments(state: readonly StateWrite[]): readonly string[] {
  return state.flatMap(({ collection, key, value, ifVersion }) => [
    collection,
    key,
    ifVersion === undefined ? "" : String(ifVersion),
    value === null ? "1" : "",
    value ?? "",
  ]);
}

export function stateConflict(collection: string): BrokerFailure {
  return new BrokerFailure("state_conflict", `an entry of ${collection} was written by somebody else`);
}
