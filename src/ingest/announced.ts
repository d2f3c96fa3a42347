/**
 * What CloudTrail told of a user whose pool is polled too, kept so that the poll does not tell it again: an entry for
 * each user and kind of change, with the time of it. Written with the event, by whatever road that came.
 *
 * Lambda triggers and logs announce nothing: they are events of their own.
 */
import type { Broker, StateWrite } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import { type MappedEvent, TYPE_PREFIX, type UserChange } from "../mappers/index.ts";

export interface Announcement {
  readonly poolArn: string;
  readonly sub: string;
  readonly change: UserChange;
  readonly atMs: number;
}

/**
 * Facts, by the type that CloudTrail's records alone have; a failure has another. `user.updated` is missing: only the
 * poll knows the new values.
 */
const CHANGES: ReadonlyMap<string, UserChange> = new Map([
  ["user.created", "created"],
  ["user.signed_up", "created"],
  ["user.deleted", "deleted"],
  ["user.disabled", "disabled"],
  ["user.enabled", "enabled"],
  ["user.confirmed", "confirmed"],
]);

const KINDS = [...new Set(CHANGES.values())];

/** What the event of a CloudTrail record announces to the polls of its pool: those of the pool and of its replicas. */
export function announcementsOf(
  { attributes, data }: MappedEvent,
  polled: ReadonlyMap<string, readonly string[]>,
  clock: Clock,
): readonly Announcement[] {
  const poolArns = polled.get(data.userPool.id ?? "");
  if (poolArns === undefined) return [];
  const sub = data.user?.sub;
  const change = CHANGES.get(attributes.type.slice(TYPE_PREFIX.length));
  if (sub === undefined || change === undefined) return [];
  const now = clock();
  const time = Date.parse(attributes.time ?? "");
  // A time to come would be kept until then.
  const atMs = time < now ? time : now;
  return poolArns.map((poolArn) => ({ poolArn, sub, change, atMs }));
}

/** Only what is newer than what was known: records come again, and late. */
export async function announcementWrites(
  broker: Broker,
  announcements: readonly Announcement[],
): Promise<readonly StateWrite[]> {
  const writes = new Map<string, Map<string, number>>();
  for (const { poolArn, sub, change, atMs } of announcements) {
    const times = writes.get(poolArn) ?? new Map<string, number>();
    writes.set(poolArn, times);
    const key = keyOf(sub, change);
    times.set(key, Math.max(atMs, times.get(key) ?? 0));
  }
  const found = await Promise.all(
    [...writes].map(async ([poolArn, times]) => {
      const collection = announcedIn(poolArn);
      const entries = await broker.getState({ collection, keys: [...times.keys()] });
      const known = new Map(entries.map(({ key, value }) => [key, Number(value)]));
      return [...times]
        .filter(([key, atMs]) => !(Number(known.get(key)) >= atMs))
        .map(([key, atMs]): StateWrite => ({ collection, key, value: String(atMs) }));
    }),
  );
  return found.flat();
}

/** When each kind of change was announced of a user, in epoch ms. */
export type AnnouncedTimes = ReadonlyMap<UserChange, number>;

export async function readAnnounced(
  broker: Broker,
  poolArn: string,
  subs: readonly string[],
): Promise<ReadonlyMap<string, AnnouncedTimes>> {
  const asked = subs.flatMap((sub) => KINDS.map((change) => ({ sub, change, key: keyOf(sub, change) })));
  if (asked.length === 0) return new Map();
  const entries = await broker.getState({ collection: announcedIn(poolArn), keys: asked.map(({ key }) => key) });
  const times = new Map(entries.map(({ key, value }) => [key, Number(value)]));
  const announced = new Map<string, Map<UserChange, number>>();
  for (const { sub, change, key } of asked) {
    const atMs = times.get(key);
    if (atMs === undefined) continue;
    announced.set(sub, (announced.get(sub) ?? new Map<UserChange, number>()).set(change, atMs));
  }
  return announced;
}

const PART = 500;

/** Lets go of what happened before `untilMs`. */
export async function forgetAnnounced(
  broker: Broker,
  append: Broker["append"],
  poolArn: string,
  untilMs: number,
): Promise<void> {
  const collection = announcedIn(poolArn);
  let after: string | undefined;
  do {
    const { entries, next } = await broker.scanState({
      collection,
      limit: PART,
      ...(after !== undefined && { after }),
    });
    const state = entries
      .filter(({ value }) => !(Number(value) >= untilMs))
      .map(({ key }): StateWrite => ({ collection, key, value: null }));
    if (state.length > 0) await append({ events: [], state });
    after = next;
  } while (after !== undefined);
}

function announcedIn(poolArn: string): string {
  return `announced/${poolArn}`;
}

function keyOf(sub: string, change: UserChange): string {
  return `${sub} ${change}`;
}
