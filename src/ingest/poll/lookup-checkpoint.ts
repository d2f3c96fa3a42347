/** How far an account's event history in a Region has been read, as a state entry of the broker. */
import type { Broker, StateWrite } from "../../broker/broker.ts";
import { member, parseJson } from "../../core/json.ts";

const COLLECTION = "lookupEvents";

export interface Checkpoint {
  /** Epoch ms: every event before it that could be seen is committed. */
  readonly seenMs: number;
  /** Where the first scan began: what is older is not wanted. */
  readonly sinceMs: number;
}

/** Undefined before the first scan. */
export async function readCheckpoint(broker: Pick<Broker, "getState">, key: string): Promise<Checkpoint | undefined> {
  const [entry] = await broker.getState({ collection: COLLECTION, keys: [key] });
  const value = parseJson(entry?.value ?? "");
  const seenMs = timeOf(value, "checkpoint");
  return Number.isNaN(seenMs) ? undefined : { seenMs, sinceMs: timeOf(value, "since") || 0 };
}

export function checkpointWrite(key: string, { seenMs, sinceMs }: Checkpoint): StateWrite {
  const value = { checkpoint: new Date(seenMs).toISOString(), since: new Date(sinceMs).toISOString() };
  return { collection: COLLECTION, key, value: JSON.stringify(value) };
}

function timeOf(value: unknown, name: string): number {
  const text = member(value, name);
  return typeof text === "string" ? Date.parse(text) : Number.NaN;
}
