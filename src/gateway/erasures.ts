/** Erases what a store holds of a user: events, dead letters, and what identity and the users poll remember. */
import type { Broker, LoggedEvent, Replacement, StateWrite } from "../broker/broker.ts";
import { isObject, type JsonObject, member, parseJson } from "../core/json.ts";
import { IDENTITY_STATE } from "../ingest/identity/user-archive.ts";
import { knownUsersOf } from "../ingest/poll/known-users.ts";
import { createEraser, type Learned, NOTHING_LEARNED } from "../privacy/erase-event.ts";
import type { ErasedCounts, ErasedUser } from "../routes/admin-port.ts";

export interface ErasureParts {
  readonly broker: Broker;
  /** Where a poll may remember the user though no event does. */
  readonly poolArns: readonly string[];
  /** What a process holds in memory besides. */
  readonly forget: (poolArn: string, sub: string) => void;
  /** What earlier runs of the same erasure found, which this one finds no more. */
  readonly before: ErasedCounts;
  /** What an earlier run was told by events that it may have erased since. */
  readonly learned: Learned | undefined;
  /** Told with every page of what was found by now. False: this run is to end, and another one goes on. */
  readonly keep: (erased: ErasedCounts, step?: ErasureStep) => Promise<boolean>;
}

/** What is to be durable before the run goes on. */
export interface ErasureStep {
  /** To be written in one step with what was found. */
  readonly state?: readonly StateWrite[];
  /** In place of what was kept for the next run before. */
  readonly learned?: Learned;
}

const PAGE = 200;
/** An event may tell the username by which another is found, and that one an address. */
const MOST_ROUNDS = 4;

/**
 * Rejects as the broker does; may be done again, and then goes on. Undefined where it was told to end. What a page found
 * is not counted where the process ends between the page and the telling of it.
 */
export async function eraseUser(user: ErasedUser, parts: ErasureParts): Promise<ErasedCounts | undefined> {
  const { broker, poolArns, forget, before, learned, keep } = parts;
  const eraser = createEraser(user, learned);
  async function learnRemembered(arns: readonly string[]): Promise<void> {
    for (const { poolArn, user: known } of await readRemembered(user, broker, arns)) eraser.learnUser(poolArn, known);
  }

  await learnRemembered(poolArns);
  for (let round = 0, isNew = true; isNew && round < MOST_ROUNDS; round++) {
    isNew = false;
    for await (const events of pagesOf(broker)) {
      for (const { event } of events) if (eraser.learn(event)) isNew = true;
      if (!(await keep(before))) return undefined;
    }
  }
  // What events tell of pools that are not configured.
  await learnRemembered(eraser.pools());
  // The events that told it may be erased when the others are looked for again.
  if (!(await keep(before, { learned: eraser.learned() }))) return undefined;

  let erased = { ...before, pools: [...new Set([...before.pools, ...eraser.pools()])] };
  let looked = 0;
  for await (const events of pagesOf(broker)) {
    looked += events.length;
    const replacements = events.flatMap(({ position, event }): readonly Replacement[] => {
      const erased = eraser.erase(event);
      return erased ? [{ position, ...erased }] : [];
    });
    const dead = await countDead(broker, replacements);
    if (replacements.length > 0) await broker.replaceEvents({ replacements });
    erased = {
      ...erased,
      events: { looked, erased: erased.events.erased + replacements.length },
      deadLetters: erased.deadLetters + dead,
    };
    if (!(await keep(erased))) return undefined;
  }
  // As they are by now: that took long, and polls went on.
  const entries = await readRemembered(user, broker, [...poolArns, ...eraser.pools()]);
  for (let at = 0; at < entries.length; at += PAGE) {
    const page = entries.slice(at, at + PAGE);
    const count = (place: Remembered["place"]) => page.filter((one) => one.place === place).length;
    erased = {
      ...erased,
      identity: erased.identity + count("identity"),
      usersPoll: erased.usersPoll + count("usersPoll"),
    };
    if (!(await keep(erased, { state: page.map(({ write }) => write) }))) return undefined;
  }
  for (const poolArn of new Set([...poolArns, ...eraser.pools()])) forget(poolArn, user.sub);
  // It goes out of the files with the rest.
  if (!(await keep(erased, { learned: NOTHING_LEARNED }))) return undefined;
  await broker.scrub();
  return erased;
}

async function* pagesOf(broker: Broker): AsyncGenerator<readonly LoggedEvent[], void, undefined> {
  let after: string | undefined;
  do {
    const page = await broker.readLog({ range: {}, limit: PAGE, ...(after !== undefined && { after }) });
    yield page.events;
    after = page.next;
  } while (after !== undefined);
}

/** For how many subscriptions these events are dead letters. */
async function countDead(broker: Broker, replacements: readonly Replacement[]): Promise<number> {
  if (replacements.length === 0) return 0;
  let count = 0;
  for (const subscription of await broker.listSubscriptions()) {
    for (const { position } of replacements) {
      if (await broker.getDead({ subscription, position })) count += 1;
    }
  }
  return count;
}

interface Remembered {
  readonly place: "identity" | "usersPoll";
  readonly poolArn: string;
  readonly user: JsonObject;
  /** What ends it. */
  readonly write: StateWrite;
}

async function readRemembered(
  { sub, poolArn: only }: ErasedUser,
  broker: Broker,
  poolArns: readonly string[],
): Promise<readonly Remembered[]> {
  const arns = [...new Set(only === undefined ? poolArns : [only])];
  const found: Remembered[] = [];
  for (const poolArn of arns) {
    const key = `${poolArn}/${sub}`;
    for (const { value } of await broker.getState({ collection: IDENTITY_STATE, keys: [key] })) {
      const write = { collection: IDENTITY_STATE, key, value: null };
      found.push({ place: "identity", poolArn, user: userIn(value), write });
    }
    const collection = knownUsersOf(poolArn);
    for (const { value, version: ifVersion } of await broker.getState({ collection, keys: [sub] })) {
      const known = parseJson(value);
      const bare = JSON.stringify({ ...(isObject(known) && known), user: { sub } });
      // The poll goes by the sub: it tells of the deletion, and of nothing else.
      const write = { collection, key: sub, value: bare, ifVersion };
      if (bare !== value) found.push({ place: "usersPoll", poolArn, user: userIn(value), write });
    }
  }
  return found;
}

function userIn(value: string): JsonObject {
  const user = member(parseJson(value), "user");
  return isObject(user) ? user : {};
}
