/** One user as a page shows him, beside what is remembered. Pure. */
import {
  type MappedEvent,
  mapTriggerMeshUser,
  mapUserDifference,
  type TriggerMeshEvent,
  type UserChange,
  type UserSnapshot,
} from "../../mappers/index.ts";
import type { AnnouncedTimes } from "../announced.ts";
import type { KnownUser, Remembered } from "./known-users.ts";

export interface SightContext {
  readonly poolArn: string;
  /** Of this look, RFC 3339. */
  readonly time: string;
  /** When the last complete scan began, in epoch ms; absent where there was none. */
  readonly previousMs?: number | undefined;
  readonly hash: (text: string) => string;
}

/** A user who may be new or changed, with all that is needed to tell of it. */
export interface Sighting {
  readonly after: UserSnapshot;
  readonly remembered: Remembered | undefined;
  /** As the page has it. */
  readonly item: unknown;
}

export type Sight =
  /** As before; `forgets` where a mark of the entry is no longer true. */
  | { readonly kind: "same"; readonly forgets: boolean }
  /** An older state than the one before: a late copy, unless the next look shows it again. */
  | { readonly kind: "older" }
  | { readonly kind: "arrival" }
  | { readonly kind: "change"; readonly difference: MappedEvent };

export function sightOf(sighting: Sighting, context: SightContext): Sight {
  const { after, remembered } = sighting;
  if (remembered === undefined || remembered.known.goneAtMs !== undefined) return { kind: "arrival" };
  const { user, absentIn, doubted } = remembered.known;
  const difference = isAlike(user, after) ? undefined : differenceOf(sighting, undefined, context);
  if (difference === undefined) return { kind: "same", forgets: absentIn !== undefined || doubted === true };
  return isOlder(after, user) && !doubted ? { kind: "older" } : { kind: "change", difference };
}

/** What there is to tell of a user, but for what was announced of him. */
export function differenceOf(
  { after, remembered }: Sighting,
  announced: AnnouncedTimes | undefined,
  context: SightContext,
): MappedEvent | undefined {
  const known = remembered?.known;
  const before = known?.goneAtMs === undefined ? known?.user : undefined;
  const since = announced && announcedSince(announced, before, context.previousMs);
  const { poolArn, time } = context;
  return mapUserDifference(before, after, {
    poolArn,
    time,
    hash: hashOf(after, remembered, context),
    announced: since,
  });
}

/** TriggerMesh's event of him. */
export function syncOf({ item, after, remembered }: Sighting, context: SightContext): TriggerMeshEvent | undefined {
  const { poolArn, time } = context;
  const sync = mapTriggerMeshUser(item, { poolArn, time, hash: hashOf(after, remembered, context) });
  return sync.kind === "event" ? sync : undefined;
}

/** Of a user who is not there any more. */
export function departureOf({ user, returns = 0 }: KnownUser, context: SightContext): MappedEvent | undefined {
  const { poolArn, time } = context;
  return mapUserDifference(user, undefined, { poolArn, time, hash: saltedHash(context, 0, returns) });
}

/** With the time of the modification a state is never the same again; without it, or after an absence, it may be. */
function hashOf(after: UserSnapshot, remembered: Remembered | undefined, context: SightContext) {
  const untold = after.modifiedAt === undefined ? (remembered?.version ?? 0) : 0;
  return saltedHash(context, untold, returnsOf(remembered?.known) ?? 0);
}

/** How often the user came back, this time included. */
export function returnsOf(known: KnownUser | undefined): number | undefined {
  return known?.goneAtMs === undefined ? known?.returns : (known.returns ?? 0) + 1;
}

function saltedHash({ hash }: SightContext, ...salt: readonly number[]): (text: string) => string {
  return salt.some((one) => one > 0) ? (text) => hash(`${salt.join()}\n${text}`) : hash;
}

/** Most users are, and AWS mostly lists the attributes of one in the same order. */
function isAlike(before: UserSnapshot, after: UserSnapshot): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
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
function announcedSince(
  announced: AnnouncedTimes,
  before: UserSnapshot | undefined,
  previousMs: number | undefined,
): ReadonlySet<UserChange> {
  const since = new Set<UserChange>();
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
