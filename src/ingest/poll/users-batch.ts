/**
 * The users of a page compared with what is remembered, and what is news committed with the new memory in one step. A
 * commit waits for more pages where they come fast: a scan that finds much pays for few.
 */
import type { StateWrite } from "../../broker/broker.ts";
import { type MappedEvent, TYPE_PREFIX, toUserSnapshot } from "../../mappers/index.ts";
import { type AnnouncedTimes, readAnnounced } from "../announced.ts";
import type { UserNews } from "../ingest.ts";
import type { PollFault } from "./fault.ts";
import { type KnownUser, knownUserWrite, readKnownUsers } from "./known-users.ts";
import { differenceOf, returnsOf, type Sighting, sightOf, syncOf } from "./user-sight.ts";
import { usersCheckpointWrite } from "./users-checkpoint.ts";
import { commitUsers, sightContext, type UsersScan } from "./users-scan.ts";

export interface UsersBatch {
  /** Items of one page; commits where enough has come together. */
  look(items: readonly unknown[]): Promise<PollFault | undefined>;
  /** Commits what has come together. */
  commit(): Promise<PollFault | undefined>;
}

/** A commit has about so many users at most, and the first of them waits for it no longer than this. */
const BATCH_USERS = 300;
const BATCH_MS = 250;

interface News extends Sighting {
  /** Of one who was there before. */
  readonly difference?: MappedEvent | undefined;
}

export function createUsersBatch(scan: UsersScan): UsersBatch {
  const { broker, poolArn, clock, seen, isBaseline } = scan;
  /** By sub; in memory already, and not yet in the store. */
  let news = new Map<string, News>();
  let writes: StateWrite[] = [];
  let sinceMs = 0;

  async function look(items: readonly unknown[]): Promise<PollFault | undefined> {
    const users = usersOf(items);
    if (users.size < items.length) scan.count.withoutSub(items.filter((item) => !toUserSnapshot(item)).length);
    if (users.size === 0) return undefined;
    scan.count.seen(users.size);
    const known = await readKnownUsers(broker, poolArn, [...users.keys()]);
    const context = sightContext(scan);
    for (const [sub, user] of users) {
      const remembered = known.get(sub);
      // The pages shifted: once a scan is enough.
      if (news.has(sub) || (remembered && seen.has(remembered.known.ordinal))) continue;
      const sighting = { ...user, remembered };
      const sight = sightOf(sighting, context);
      if (news.size + writes.length === 0) sinceMs = clock();
      if (sight.kind === "arrival") news.set(sub, sighting);
      else if (remembered) {
        const { user, ordinal, returns } = remembered.known;
        seen.add(ordinal);
        if (sight.kind === "change") news.set(sub, { ...sighting, difference: sight.difference });
        else if (sight.kind === "older") writes.push(knownUserWrite(poolArn, { ...remembered.known, doubted: true }));
        else if (sight.forgets) writes.push(knownUserWrite(poolArn, { user, ordinal, returns }));
      }
    }
    const size = news.size + writes.length;
    return size >= BATCH_USERS || (size > 0 && clock() - sinceMs >= BATCH_MS) ? commit() : undefined;
  }

  async function commit(): Promise<PollFault | undefined> {
    const found = [...news.values()];
    const state = writes;
    news = new Map();
    writes = [];
    if (found.length + state.length === 0) return undefined;
    const context = sightContext(scan);
    const announced = await announcedOf(found);
    const told: UserNews[] = [];
    let { nextOrdinal, users } = scan.checkpoint;
    for (const one of found) {
      const { after, remembered } = one;
      const times = announced.get(after.sub);
      const isThere = remembered !== undefined && remembered.known.goneAtMs === undefined;
      // A list that lags behind: nobody comes back from a deletion that AWS itself told of.
      if (!isThere && times?.has("deleted")) continue;
      const ordinal = remembered?.known.ordinal ?? nextOrdinal++;
      const known: KnownUser = { user: after, ordinal, returns: returnsOf(remembered?.known) };
      if (!isThere) users += 1;
      seen.add(ordinal);
      state.push(knownUserWrite(poolArn, known));
      if (isBaseline) continue;
      const difference = times || !isThere ? differenceOf(one, times, context) : one.difference;
      told.push({ difference, sync: scan.compat ? syncOf(one, context) : undefined });
    }
    if (nextOrdinal !== scan.checkpoint.nextOrdinal || users !== scan.checkpoint.users) {
      scan.checkpoint = { ...scan.checkpoint, nextOrdinal, users };
      state.push(usersCheckpointWrite(poolArn, scan.checkpoint));
    }
    return state.length === 0 ? undefined : commitUsers(scan, told, state);
  }

  /** Only the poll knows what an update is: nobody else can have told of it. */
  async function announcedOf(found: readonly News[]): Promise<ReadonlyMap<string, AnnouncedTimes>> {
    const asked = isBaseline ? [] : found.filter(({ difference }) => difference?.attributes.type !== UPDATED);
    return readAnnounced(
      broker,
      poolArn,
      asked.map(({ after }) => after.sub),
    );
  }

  return { look, commit };
}

const UPDATED = `${TYPE_PREFIX}user.updated`;

/** By sub; where a page has one twice, as it was listed last. */
function usersOf(items: readonly unknown[]): ReadonlyMap<string, Omit<Sighting, "remembered">> {
  const users = new Map<string, Omit<Sighting, "remembered">>();
  for (const item of items) {
    const after = toUserSnapshot(item);
    if (after) users.set(after.sub, { item, after });
  }
  return users;
}
