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
  const [checkpoint = FIRST] = await readUsersCheckpoints(broker, [poolArn]);
  return checkpoint;
}

/** In the order of the pools; undefined where no scan has written anything. */
export async function readUsersCheckpoints(
  broker: Broker,
  poolArns: readonly string[],
): Promise<readonly (UsersCheckpoint | undefined)[]> {
  const entries = await broker.getState({ collection: COLLECTION, keys: poolArns });
  const values = new Map(entries.map(({ key, value }) => [key, checkpointOf(parseJson(value))]));
  return poolArns.map((poolArn) => values.get(poolArn));
}

function checkpointOf(value: unknown): UsersCheckpoint {
  const numberOf = (name: keyof UsersCheckpoint) => {
    const number = member(value, name);
    return typeof number === "number" ? number : undefined;
  };
  return {
    nextOrdinal: numberOf("nextOrdinal") ?? FIRST.nextOrdinal,
    users: numberOf("users") ?? FIRST.users,
    scans: numberOf("scans") ?? FIRST.scans,
    startedAtMs: numberOf("startedAtMs"),
    completedAtMs: numberOf("completedAtMs"),
    forgetAtMs: numberOf("forgetAtMs"),
  };
}

export function usersCheckpointWrite(poolArn: string, checkpoint: UsersCheckpoint): StateWrite {
  return { collection: COLLECTION, key: poolArn, value: JSON.stringify(checkpoint) };
}
