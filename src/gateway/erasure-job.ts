/**
 * An erasure as the broker keeps it: an entry of state with the user's sub, and what the user is called while events are
 * erased, until it is done, and from then on another one that knows nothing of whom it was about.
 */
import type { Broker, StateEntry, StateWrite } from "../broker/broker.ts";
import { isObject, member, parseJson } from "../core/json.ts";
import { writeRfc3339 } from "../core/rfc3339.ts";
import { scanAll } from "../ingest/scan-all.ts";
import type { Learned } from "../privacy/erase-event.ts";
import type { ErasedCounts, ErasedUser, ErasureView } from "../routes/admin-port.ts";

/** To be done. The key is its id. */
export interface ErasureJob {
  readonly id: string;
  readonly user: ErasedUser;
  readonly createdAtMs: number;
  /** Not to be tried before. */
  readonly dueAtMs: number;
  /** By every run so far. */
  readonly erased: ErasedCounts;
  /** Whom it is about, as events told that are erased one after the other. */
  readonly learned?: Learned | undefined;
  /** Tries that failed, and what the broker said to the last of them. */
  readonly failures: number;
  readonly code?: string | undefined;
  /** Who sees to it. Others leave it alone until then. */
  readonly runner?: { readonly id: string; readonly untilMs: number } | undefined;
}

/** How one that is done ended. */
interface DoneErasure {
  readonly id: string;
  readonly pool?: string | undefined;
  readonly createdAtMs: number;
  readonly finishedAtMs: number;
  readonly erased: ErasedCounts;
}

const ERASURES = "erasures";
const DONE = "erasures/done";

/** Of the last ones it is kept how they ended. */
const MOST_DONE = 100;

export const NOTHING: ErasedCounts = {
  pools: [],
  events: { looked: 0, erased: 0 },
  deadLetters: 0,
  identity: 0,
  usersPoll: 0,
};

export interface StoredErasure {
  readonly job: ErasureJob;
  readonly version: number;
}

/** Those that are still to be done, the oldest first. */
export async function readErasures(broker: Broker): Promise<readonly StoredErasure[]> {
  const found = new Map<string, StoredErasure>();
  for await (const entry of scanAll(broker, ERASURES)) {
    const job = readJob(entry);
    if (job) found.set(entry.key, { job, version: entry.version });
  }
  return [...found.values()].toSorted((one, other) => one.job.createdAtMs - other.job.createdAtMs);
}

export function jobWrite(job: ErasureJob, ifVersion: number): StateWrite {
  return { collection: ERASURES, key: job.id, value: JSON.stringify(job), ifVersion };
}

/** Its end, and that of others which nobody will ask for any more. */
export async function doneWrites(
  broker: Broker,
  { id, user, createdAtMs }: ErasureJob,
  { ifVersion, erased, nowMs }: { readonly ifVersion: number; readonly erased: ErasedCounts; readonly nowMs: number },
): Promise<readonly StateWrite[]> {
  const done: DoneErasure = { id, pool: user.poolArn, createdAtMs, finishedAtMs: nowMs, erased };
  const others = new Map<string, DoneErasure>();
  for await (const { key, value } of scanAll(broker, DONE)) others.set(key, JSON.parse(value));
  const latest = [...others.values()].toSorted((one, other) => other.finishedAtMs - one.finishedAtMs);
  const outdated = latest.slice(MOST_DONE - 1);
  return [
    { collection: ERASURES, key: id, value: null, ifVersion },
    { collection: DONE, key: id, value: JSON.stringify(done) },
    ...outdated.map((one) => ({ collection: DONE, key: one.id, value: null })),
  ];
}

/** Null where there is none, or nobody knows any more. */
export async function findErasure(broker: Broker, id: string): Promise<ErasureView | null> {
  // In this order: one that ends meanwhile is found as done.
  const [open] = await broker.getState({ collection: ERASURES, keys: [id] });
  const job = open && readJob(open);
  if (job) return viewOf(job);
  const [done] = await broker.getState({ collection: DONE, keys: [id] });
  return done ? doneView(JSON.parse(done.value)) : null;
}

export function viewOf({ id, user, createdAtMs, code }: ErasureJob): ErasureView {
  const { sub, poolArn } = user;
  return {
    id,
    sub,
    ...(poolArn !== undefined && { pool: poolArn }),
    state: "running",
    createdAt: writeRfc3339(createdAtMs),
    ...(code !== undefined && { code }),
  };
}

function doneView({ id, pool, createdAtMs, finishedAtMs, erased }: DoneErasure): ErasureView {
  return {
    id,
    ...(pool !== undefined && { pool }),
    state: "done",
    createdAt: writeRfc3339(createdAtMs),
    finishedAt: writeRfc3339(finishedAtMs),
    erased,
  };
}

/** What poolcast wrote; of anything else, nothing. */
function readJob({ value }: StateEntry): ErasureJob | undefined {
  const job = parseJson(value);
  return isJob(job) ? job : undefined;
}

function isJob(value: unknown): value is ErasureJob {
  const numbers = ["createdAtMs", "dueAtMs", "failures"].map((name) => member(value, name));
  return (
    typeof member(value, "id") === "string" &&
    typeof member(member(value, "user"), "sub") === "string" &&
    isObject(member(value, "erased")) &&
    numbers.every((one) => typeof one === "number")
  );
}
