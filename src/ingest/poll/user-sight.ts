/** One user as a page shows him, beside what is remembered. Pure. */
import {
  isSameUser,
  type MappedEvent,
  mapTriggerMeshUser,
  mapUserDifference,
  type UserChange,
  type UserSnapshot,
} from "../../mappers/index.ts";
import type { AnnouncedTimes } from "../announced.ts";
import type { UserNews } from "../ingest.ts";
import type { KnownUser, Remembered } from "./known-users.ts";

export interface SightContext {
  readonly poolArn: string;
  /** Of this look, RFC 3339. */
  readonly time: string;
  /** When the last complete scan began, in epoch ms; absent where there was none. */
  readonly previousMs?: number | undefined;
  readonly compat: boolean;
  readonly hash: (text: string) => string;
}

export type Sight =
  /** As before; `forgets` where a mark of the entry is no longer true. */
  | { readonly kind: "same"; readonly forgets: boolean }
  /** An older state than the one before: a late copy, unless the next look shows it again. */
  | { readonly kind: "older" }
  /** New, back or changed. */
  | { readonly kind: "news" };

export function sightOf(after: UserSnapshot, known: KnownUser | undefined): Sight {
  if (known === undefined || known.goneAtMs !== undefined) return { kind: "news" };
  const { user, absentIn, doubted } = known;
  if (isSame(user, after)) return { kind: "same", forgets: absentIn !== undefined || doubted === true };
  return isOlder(after, user) && !doubted ? { kind: "older" } : { kind: "news" };
}

/** What there is to tell of a user who is news. */
export function newsOf(
  item: unknown,
  after: UserSnapshot,
  remembered: Remembered | undefined,
  announced: AnnouncedTimes | undefined,
  context: SightContext,
): UserNews {
  const known = remembered?.known;
  const isBack = known?.goneAtMs !== undefined;
  const before = isBack ? undefined : known?.user;
  const { poolArn, time } = context;
  // With the time of the modification a state is never the same again; without it, or after an absence, it may be.
  const untold = after.modifiedAt === undefined ? (remembered?.version ?? 0) : 0;
  const hash = saltedHash(context, untold, (known?.returns ?? 0) + (isBack ? 1 : 0));
  const difference = mapUserDifference(before, after, {
    poolArn,
    time,
    hash,
    announced: announcedSince(announced, before, context.previousMs),
  });
  if (!context.compat) return { difference };
  const sync = mapTriggerMeshUser(item, { poolArn, time, hash });
  return { difference, ...(sync.kind === "event" && { sync }) };
}

/** Of a user who is not there any more. */
export function departureOf({ user, returns = 0 }: KnownUser, context: SightContext): MappedEvent | undefined {
  const { poolArn, time } = context;
  return mapUserDifference(user, undefined, { poolArn, time, hash: saltedHash(context, 0, returns) });
}

function saltedHash({ hash }: SightContext, ...salt: readonly number[]): (text: string) => string {
  return salt.some((one) => one > 0) ? (text) => hash(`${salt.join()}\n${text}`) : hash;
}

/** Most users are, and AWS lists the attributes of one always in the same order. */
function isSame(before: UserSnapshot, after: UserSnapshot): boolean {
  if (JSON.stringify(before) === JSON.stringify(after)) return true;
  return isSameUser(before, after);
}

function isOlder(one: UserSnapshot, other: UserSnapshot): boolean {
  return Date.parse(one.modifiedAt ?? "") < Date.parse(other.modifiedAt ?? "");
}

/** CloudTrail cuts the times of its records to seconds. */
const SECOND_MS = 1000;
/** Clocks of AWS and of this machine; needed only where a user has no time of modification. */
const SKEW_MS = 5000;

/**
 * What was announced after `before` came to be. Nobody is created or deleted twice; who was disabled may have been
 * enabled again.
 */
export function announcedSince(
  announced: AnnouncedTimes | undefined,
  before: UserSnapshot | undefined,
  previousMs: number | undefined,
): ReadonlySet<UserChange> {
  const since = new Set<UserChange>();
  if (announced === undefined) return since;
  const modifiedMs = Date.parse(before?.modifiedAt ?? "");
  const fromMs = Number.isNaN(modifiedMs) ? (previousMs ?? 0) - SKEW_MS : modifiedMs - SECOND_MS;
  for (const [change, atMs] of announced) {
    const undoneMs = announced.get(UNDONE_BY.get(change) ?? change) ?? 0;
    const isForGood = change === "created" || change === "deleted";
    if (isForGood || (atMs > fromMs && atMs >= undoneMs)) since.add(change);
  }
  return since;
}

const UNDONE_BY: ReadonlyMap<UserChange, UserChange> = new Map([
  ["disabled", "enabled"],
  ["enabled", "disabled"],
]);
