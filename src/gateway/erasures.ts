/** Erases what a store holds of a user: events, dead letters, and what identity and the users poll remember. */
import type { Broker, LoggedEvent, Replacement, StateWrite } from "../broker/broker.ts";
import { isObject, type JsonObject, member, parseJson } from "../core/json.ts";
import { IDENTITY_STATE } from "../ingest/identity/user-archive.ts";
import { knownUsersOf } from "../ingest/poll/known-users.ts";
import { createEraser, type Eraser } from "../privacy/erase-event.ts";
import type { ErasedCounts, ErasedUser } from "../routes/admin-port.ts";

export interface ErasureParts {
  readonly broker: Broker;
  /** Where a poll may remember the user though no event does. */
  readonly poolArns: readonly string[];
  /** What a process holds in memory besides. */
  readonly forget: (poolArn: string, sub: string) => void;
}

const PAGE = 200;
/** An event may tell the username by which another is found, and that one an address. */
const MOST_ROUNDS = 4;

/** Rejects as the broker does; may be done again, and then goes on. */
export async function eraseUser(user: ErasedUser, { broker, poolArns, forget }: ErasureParts): Promise<ErasedCounts> {
  const eraser = createEraser(user);
  const remembered = await readRemembered(user, broker, poolArns);
  for (const { poolArn, user: known } of remembered) eraser.learnUser(poolArn, known);
  for (let round = 0; round < MOST_ROUNDS; round++) if (!(await learn(broker, eraser))) break;
  // What events tell of pools that are not configured.
  const more = (await readRemembered(user, broker, eraser.pools())).filter((one) => !isAmong(one, remembered));
  for (const { poolArn, user: known } of more) eraser.learnUser(poolArn, known);

  const { looked, positions } = await replace(broker, eraser);
  const deadLetters = await countDead(broker, positions);
  const entries = [...remembered, ...more];
  for (let at = 0; at < entries.length; at += PAGE) {
    await broker.append({ events: [], state: entries.slice(at, at + PAGE).map(({ write }) => write) });
  }
  for (const poolArn of new Set([...poolArns, ...eraser.pools()])) forget(poolArn, user.sub);
  await broker.scrub();
  const count = (place: Remembered["place"]) => entries.filter((one) => one.place === place).length;
  return {
    pools: eraser.pools(),
    events: { looked, erased: positions.size },
    deadLetters,
    identity: count("identity"),
    usersPoll: count("usersPoll"),
  };
}

async function* pagesOf(broker: Broker): AsyncGenerator<readonly LoggedEvent[], void, undefined> {
  let after: string | undefined;
  do {
    const page = await broker.readLog({ range: {}, limit: PAGE, ...(after !== undefined && { after }) });
    yield page.events;
    after = page.next;
  } while (after !== undefined);
}

async function learn(broker: Broker, eraser: Eraser): Promise<boolean> {
  let isNew = false;
  for await (const events of pagesOf(broker)) {
    for (const { event } of events) if (eraser.learn(event)) isNew = true;
  }
  return isNew;
}

async function replace(broker: Broker, eraser: Eraser) {
  const positions = new Set<string>();
  let looked = 0;
  for await (const events of pagesOf(broker)) {
    looked += events.length;
    const replacements = events.flatMap(({ position, event }): readonly Replacement[] => {
      const erased = eraser.erase(event);
      return erased ? [{ position, ...erased }] : [];
    });
    if (replacements.length > 0) await broker.replaceEvents({ replacements });
    for (const { position } of replacements) positions.add(position);
  }
  return { looked, positions };
}

async function countDead(broker: Broker, positions: ReadonlySet<string>): Promise<number> {
  if (positions.size === 0) return 0;
  let count = 0;
  for (const subscription of await broker.listSubscriptions()) {
    for (let after: string | undefined; ; ) {
      const letters = await broker.listDead({ subscription, limit: PAGE, ...(after !== undefined && { after }) });
      count += letters.filter(({ position }) => positions.has(position)).length;
      after = letters.at(-1)?.position;
      if (letters.length < PAGE) break;
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
    for (const { value } of await broker.getState({ collection, keys: [sub] })) {
      const known = parseJson(value);
      const bare = JSON.stringify({ ...(isObject(known) && known), user: { sub } });
      // The poll goes by the sub: it tells of the deletion, and of nothing else.
      if (bare !== value)
        found.push({ place: "usersPoll", poolArn, user: userIn(value), write: { collection, key: sub, value: bare } });
    }
  }
  return found;
}

function userIn(value: string): JsonObject {
  const user = member(parseJson(value), "user");
  return isObject(user) ? user : {};
}

function isAmong({ write }: Remembered, others: readonly Remembered[]): boolean {
  return others.some((one) => one.write.collection === write.collection && one.write.key === write.key);
}
