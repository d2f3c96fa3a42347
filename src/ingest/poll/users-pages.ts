/** The pages of a scan: each is compared with what is remembered, and what is news is committed with the new memory. */
import type { StateWrite } from "../../broker/broker.ts";
import { err, type Result } from "../../core/result.ts";
import { type RetryPolicy, retryDelayMs } from "../../core/retry.ts";
import { toUserSnapshot, type UserSnapshot } from "../../mappers/index.ts";
import { type AnnouncedTimes, readAnnounced } from "../announced.ts";
import type { UserNews } from "../ingest.ts";
import { isPassing, LEASE_LOST, type PollFault, STOPPED } from "./fault.ts";
import { type KnownUser, knownUserWrite, type Remembered, readKnownUsers } from "./known-users.ts";
import { newsOf, sightOf } from "./user-sight.ts";
import { usersCheckpointWrite } from "./users-checkpoint.ts";
import type { UsersPage } from "./users-page.ts";
import { commitUsers, sightContext, type UsersScan } from "./users-scan.ts";

/** Tries of one page while its fault is one that passes; the frame goes on from there. */
const PAGE_TRIES = 6;
const PAGE_RETRY: RetryPolicy = {
  retry: PAGE_TRIES - 1,
  backoffPolicy: "exponential",
  backoffDelayMs: 1000,
  backoffMaxMs: 20_000,
  maxAgeMs: Number.POSITIVE_INFINITY,
};

export async function lookAtPages(scan: UsersScan): Promise<PollFault | undefined> {
  let token: string | undefined;
  do {
    const page = await fetchPage(scan, token);
    if (!page.ok) return page.error;
    const fault = await lookAtPage(scan, page.value.users);
    if (fault) return fault;
    // Would go on for ever.
    if (page.value.next !== undefined && page.value.next === token) return REPEATED_TOKEN;
    token = page.value.next;
  } while (token !== undefined);
  return undefined;
}

const REPEATED_TOKEN: PollFault = { code: "invalid_token", error: "repeated_token" };

async function fetchPage(scan: UsersScan, token: string | undefined): Promise<Result<UsersPage, PollFault>> {
  const { turn, rate, count } = scan;
  for (let attempt = 1; ; attempt++) {
    await rate.take(turn.signal);
    if (turn.signal.aborted) return err(STOPPED);
    if (!(await turn.keep())) return err(LEASE_LOST);
    count.request();
    const page = await scan.listUsers(token, turn.signal);
    if (page.ok) return page;
    if (turn.signal.aborted) return err(STOPPED);
    count.requestFailure(page.error);
    if (!isPassing(page.error) || attempt === PAGE_TRIES) return page;
    await scan.wait(retryDelayMs(PAGE_RETRY, attempt, scan.random), turn.signal);
  }
}

interface Seen {
  readonly item: unknown;
  readonly after: UserSnapshot;
  readonly remembered: Remembered | undefined;
}

async function lookAtPage(scan: UsersScan, items: readonly unknown[]): Promise<PollFault | undefined> {
  const { broker, poolArn } = scan;
  const users = new Map<string, { readonly item: unknown; readonly after: UserSnapshot }>();
  let withoutSub = 0;
  for (const item of items) {
    const after = toUserSnapshot(item);
    if (after) users.set(after.sub, { item, after });
    else withoutSub += 1;
  }
  if (withoutSub > 0) scan.count.withoutSub(withoutSub);
  if (users.size === 0) return undefined;

  const known = await readKnownUsers(broker, poolArn, [...users.keys()]);
  const news: Seen[] = [];
  const writes: StateWrite[] = [];
  for (const [sub, { item, after }] of users) {
    const remembered = known.get(sub);
    // The pages shifted: once a scan is enough.
    if (remembered && scan.seen.has(remembered.known.ordinal)) continue;
    const sight = sightOf(after, remembered?.known);
    if (sight.kind === "news") news.push({ item, after, remembered });
    else if (remembered) {
      scan.seen.add(remembered.known.ordinal);
      const { user, ordinal, returns } = remembered.known;
      if (sight.kind === "older") writes.push(knownUserWrite(poolArn, { ...remembered.known, doubted: true }));
      else if (sight.forgets) writes.push(knownUserWrite(poolArn, { user, ordinal, returns }));
    }
  }
  scan.count.seen(users.size);
  return commitPage(scan, news, writes);
}

async function commitPage(
  scan: UsersScan,
  found: readonly Seen[],
  writes: readonly StateWrite[],
): Promise<PollFault | undefined> {
  const { broker, poolArn, seen, isBaseline } = scan;
  if (found.length + writes.length === 0) return undefined;
  const context = sightContext(scan);
  const subs = found.map(({ after }) => after.sub);
  const announced = isBaseline ? NONE_ANNOUNCED : await readAnnounced(broker, poolArn, subs);
  const state = [...writes];
  const news: UserNews[] = [];
  let { nextOrdinal, users } = scan.checkpoint;
  for (const { item, after, remembered } of found) {
    const told = announced.get(after.sub);
    const isThere = remembered !== undefined && remembered.known.goneAtMs === undefined;
    // A list that lags behind: nobody comes back from a deletion that AWS itself told of.
    if (!isThere && told?.has("deleted")) continue;
    const known: KnownUser = {
      user: after,
      ordinal: remembered?.known.ordinal ?? nextOrdinal++,
      returns: returnsOf(remembered?.known),
    };
    if (!isThere) users += 1;
    seen.add(known.ordinal);
    state.push(knownUserWrite(poolArn, known));
    if (!isBaseline) news.push(newsOf(item, after, remembered, told, context));
  }
  if (state.length === 0) return undefined;
  if (nextOrdinal !== scan.checkpoint.nextOrdinal || users !== scan.checkpoint.users) {
    scan.checkpoint = { ...scan.checkpoint, nextOrdinal, users };
    state.push(usersCheckpointWrite(poolArn, scan.checkpoint));
  }
  return commitUsers(scan, news, state);
}

const NONE_ANNOUNCED: ReadonlyMap<string, AnnouncedTimes> = new Map();

function returnsOf(known: KnownUser | undefined): number | undefined {
  return known?.goneAtMs === undefined ? known?.returns : (known.returns ?? 0) + 1;
}
