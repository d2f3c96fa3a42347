/** How far the users poll of a pool has come, in the broker's state. */
import type { Broker, StateWrite } from "../../broker/broker.ts";
import { member, parseJson } from "../../core/json.ts";

export interface UsersCheckpoint {
  /** For the next user who is new. */
  readonly nextOrdinal: number;
  /** Users who are remembered and not gone. */
  readonly users: number;
  /** Complete scans; the first of them is the baseline. */
  readonly scans: number;
  /** When the last complete scan began and ended. */
  readonly startedAtMs?: number | undefined;
  readonly completedAtMs?: number | undefined;
  /** When the first of those who are gone is to be forgotten. */
  readonly forgetAtMs?: number | undefined;
}

const COLLECTION = "polls/listUsers";

const FIRST: UsersCheckpoint = { nextOrdinal: 0, users: 0, scans: 0 };

export async function readUsersCheckpoint(broker: Broker, poolArn: string): Promise<UsersCheckpoint> {
  const [entry] = await broker.getState({ collection: COLLECTION, keys: [poolArn] });
  const value = entry && parseJson(entry.value);
  const count = (name: keyof UsersCheckpoint) => {
    const number = member(value, name);
    return typeof number === "number" ? number : undefined;
  };
  return {
    nextOrdinal: count("nextOrdinal") ?? FIRST.nextOrdinal,
    users: count("users") ?? FIRST.users,
    scans: count("scans") ?? FIRST.scans,
    startedAtMs: count("startedAtMs"),
    completedAtMs: count("completedAtMs"),
    forgetAtMs: count("forgetAtMs"),
  };
}

export function usersCheckpointWrite(poolArn: string, checkpoint: UsersCheckpoint): StateWrite {
  return { collection: COLLECTION, key: poolArn, value: JSON.stringify(checkpoint) };
}
