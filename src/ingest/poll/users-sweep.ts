/**
 * After the last page: who is remembered and was not seen. Absent from one complete scan a user may have slipped between
 * two pages; absent from two in a row, or after CloudTrail told of it, he is gone.
 */
import type { StateWrite } from "../../broker/broker.ts";
import { readAnnounced } from "../announced.ts";
import type { UserNews } from "../ingest.ts";
import { LEASE_LOST, type PollFault, STOPPED } from "./fault.ts";
import { type KnownUser, knownUsersOf, knownUserWrite, remembered } from "./known-users.ts";
import { departureOf } from "./user-sight.ts";
import { usersCheckpointWrite } from "./users-checkpoint.ts";
import { commitUsers, sightContext, type UsersScan } from "./users-scan.ts";

/** CloudTrail's record of a deletion comes within minutes, by way of files within a day. */
const REMEMBER_GONE_MS = 24 * 3_600_000;

const PART = 250;

/** Reads all that is remembered, but only where somebody is missing or to be forgotten. */
export async function sweepUsers(scan: UsersScan): Promise<PollFault | undefined> {
  const { broker, poolArn, turn, checkpoint } = scan;
  const isForgetting = (checkpoint.forgetAtMs ?? Number.POSITIVE_INFINITY) <= scan.clock();
  if (scan.seen.count() >= checkpoint.users && !isForgetting) return undefined;

  const collection = knownUsersOf(poolArn);
  let forgetAtMs = Number.POSITIVE_INFINITY;
  let after: string | undefined;
  do {
    if (turn.signal.aborted) return STOPPED;
    if (!(await turn.keep())) return LEASE_LOST;
    const part = await broker.scanState({ collection, limit: PART, ...(after !== undefined && { after }) });
    // A scan may answer an entry twice.
    const known = new Map(part.entries.flatMap(remembered).map((one) => [one.known.user.sub, one.known]));
    const outcome = await sweepPart(scan, [...known.values()]);
    if (outcome.fault) return outcome.fault;
    forgetAtMs = Math.min(forgetAtMs, outcome.forgetAtMs);
    after = part.next;
  } while (after !== undefined);
  // Written with the end of the scan; until then the earlier time stands.
  scan.checkpoint = { ...scan.checkpoint, forgetAtMs: Number.isFinite(forgetAtMs) ? forgetAtMs : undefined };
  return undefined;
}

interface SweptPart {
  readonly fault?: PollFault | undefined;
  /** When the first of this part's gone is to be forgotten. */
  readonly forgetAtMs: number;
}

async function sweepPart(scan: UsersScan, part: readonly KnownUser[]): Promise<SweptPart> {
  const { broker, poolArn, seen, number, clock } = scan;
  const now = clock();
  const state: StateWrite[] = [];
  const absent: KnownUser[] = [];
  let forgetAtMs = Number.POSITIVE_INFINITY;
  for (const known of part) {
    if (known.goneAtMs === undefined) {
      if (!seen.has(known.ordinal)) absent.push(known);
    } else if (known.goneAtMs + REMEMBER_GONE_MS <= now) {
      state.push({ collection: knownUsersOf(poolArn), key: known.user.sub, value: null });
    } else forgetAtMs = Math.min(forgetAtMs, known.goneAtMs + REMEMBER_GONE_MS);
  }

  const subs = absent.map(({ user }) => user.sub);
  const announced = await readAnnounced(broker, poolArn, subs);
  const context = sightContext(scan);
  const news: UserNews[] = [];
  let gone = 0;
  for (const known of absent) {
    const told = announced.get(known.user.sub)?.has("deleted") === true;
    const { user, ordinal, absentIn, returns } = known;
    if (told || (absentIn !== undefined && absentIn !== number)) {
      gone += 1;
      state.push(knownUserWrite(poolArn, { user, ordinal, returns, goneAtMs: now }));
      if (!told) news.push({ difference: departureOf(known, context) });
    } else if (absentIn === undefined) state.push(knownUserWrite(poolArn, { ...known, absentIn: number }));
  }
  if (gone > 0) {
    forgetAtMs = Math.min(forgetAtMs, now + REMEMBER_GONE_MS);
    const { checkpoint } = scan;
    const earliestMs = Math.min(forgetAtMs, checkpoint.forgetAtMs ?? Number.POSITIVE_INFINITY);
    scan.checkpoint = { ...checkpoint, users: checkpoint.users - gone, forgetAtMs: earliestMs };
    state.push(usersCheckpointWrite(poolArn, scan.checkpoint));
  }
  return { forgetAtMs, fault: state.length === 0 ? undefined : await commitUsers(scan, news, state) };
}
