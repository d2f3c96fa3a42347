/**
 * What the users poll remembers: an entry for each user of a pool, in the broker's state.
 *
 * A user who is gone keeps the entry for a while: CloudTrail tells of the deletion minutes later, and it hides the name.
 */
import type { Broker, StateEntry, StateWrite } from "../../broker/broker.ts";
import { member, parseJson } from "../../core/json.ts";
import type { UserSnapshot } from "../../mappers/user-snapshot.ts";

export interface KnownUser {
  readonly user: UserSnapshot;
  /** The user's bit among those seen in a scan; no two users of a pool have the same. */
  readonly ordinal: number;
  /** The number of the complete scan that did not see the user; absent where the last one did. */
  readonly absentIn?: number | undefined;
  /** The last look showed an older state than the one before. */
  readonly doubted?: true | undefined;
  readonly goneAtMs?: number | undefined;
  /** How often the user was gone and came back after all. */
  readonly returns?: number | undefined;
}

/** An entry with its version, which counts how often it was written. */
export interface Remembered {
  readonly known: KnownUser;
  readonly version: number;
}

export async function readKnownUsers(
  broker: Broker,
  poolArn: string,
  subs: readonly string[],
): Promise<ReadonlyMap<string, Remembered>> {
  const entries = await broker.getState({ collection: knownUsersOf(poolArn), keys: subs });
  return new Map(entries.flatMap(remembered).map((one) => [one.known.user.sub, one]));
}

/** The user as the poll saw him last, also for a while after he is gone; undefined where it never did. */
export async function lastKnownUser(broker: Broker, poolArn: string, sub: string): Promise<UserSnapshot | undefined> {
  return (await readKnownUsers(broker, poolArn, [sub])).get(sub)?.known.user;
}

export function knownUsersOf(poolArn: string): string {
  return `users/${poolArn}`;
}

export function knownUserWrite(poolArn: string, known: KnownUser): StateWrite {
  return { collection: knownUsersOf(poolArn), key: known.user.sub, value: JSON.stringify(known) };
}

/** None where the entry cannot be read. */
export function remembered({ value, version }: StateEntry): readonly Remembered[] {
  const known = parseJson(value);
  return isKnownUser(known) ? [{ known, version }] : [];
}

/** Nobody else writes these entries: what has the marks of one is one. */
function isKnownUser(value: unknown): value is KnownUser {
  return typeof member(member(value, "user"), "sub") === "string" && Number.isInteger(member(value, "ordinal"));
}
