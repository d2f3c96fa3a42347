import type { Claim, ClaimParams, DeadOnArrival, Delivery } from "../broker.ts";
import { LOOK, TAKE } from "./claim-scripts.ts";
import { type Entry, type ReadEntry, readEntry } from "./entry.ts";
import { judge, letterOf } from "./judge.ts";
import { type Behind, createLookahead } from "./lookahead.ts";
import { settle, tokenOf } from "./settle.ts";
import { type RedisStore, runOnGroup, textOf, wordsOf } from "./store.ts";
import { createStrayKeeper } from "./strays.ts";
import { onEpoch, restoreSubscription } from "./subscriptions.ts";

/** New events one claim looks at, about. */
const LOOK_AHEAD = 5000;
/** Bytes of events in one answer, about; the next claim goes on behind them. */
const LOOK_BYTES = 2 * 1024 * 1024;
/** Looks that came to nothing, because others were quicker. */
const MOST_VAIN_LOOKS = 8;

/** Among the arguments of TAKE that are made here. */
const ROWS_AT = 5;

const NOTHING: Claim = { deliveries: [], more: false, filtered: 0 };

interface Look {
  /** Of the group, at the time of the look. */
  readonly cursor: string;
  readonly isMoreDue: boolean;
  readonly due: readonly (Entry & { readonly attempt: number; readonly putBackMs: number | undefined })[];
  /** What stands behind the cursor: all entries up to the last of those it answers. */
  behind(): Promise<Behind>;
}

/** One claim under way. */
interface Progress {
  readonly params: ClaimParams;
  readonly token: string;
  readonly deliveries: Delivery[];
  readonly died: DeadOnArrival[];
  filtered: number;
  looked: number;
}

export interface Claimer {
  claim(params: ClaimParams): Promise<Claim>;
}

export function createClaimer(store: RedisStore): Claimer {
  const ahead = createLookahead(store);
  const adopt = createStrayKeeper(store);

  async function claim(params: ClaimParams): Promise<Claim> {
    if (params.limit < 1) return NOTHING;
    const adopted = await adopt(params);
    const progress: Progress = {
      params,
      token: store.newToken(),
      deliveries: [],
      died: [...adopted.died],
      filtered: adopted.filtered,
      looked: 0,
    };
    const more = await collect(progress).catch((failure) => {
      // What is leased already is handed out; whoever comes back for more meets the failure.
      if (progress.deliveries.length === 0) throw failure;
      return true;
    });
    const { deliveries, died, filtered } = progress;
    return { deliveries, more, filtered, ...(died.length > 0 && { died }) };
  }

  /** Answers whether more is waiting. */
  async function collect(progress: Progress): Promise<boolean> {
    const { subscription } = progress.params;
    for (let vain = 0; vain < MOST_VAIN_LOOKS; ) {
      const found = await look(progress);
      if (!found) {
        if (!(await restoreSubscription(store, subscription))) return false;
        vain += 1;
        continue;
      }
      await offerDue(progress, found);
      if (found.isMoreDue) return true;
      const { fresh, isAtEnd } = await found.behind();
      if (roomOf(progress) === 0 || fresh.length === 0) return fresh.length > 0 || !isAtEnd;
      const { cursor, letters, isBehind } = await take(progress, found.cursor, fresh);
      ahead.moved(subscription, cursor);
      if (cursor === "" || !/[^-]/.test(letters)) vain += 1;
      if (cursor === "") continue;
      if (letters.length < fresh.length || roomOf(progress) === 0 || isAtEnd) return isBehind;
      if (progress.looked >= LOOK_AHEAD) return true;
    }
    return true;
  }

  /** Both halves travel together, as long as it is known about where the group stands. */
  async function look(progress: Progress): Promise<Look | undefined> {
    const { params, token } = progress;
    const room = roomOf(progress);
    const args = [String(room), leaseEnd(params), token, orderedFlag(params), String(LOOK_BYTES)];
    const guess = ahead.read(params.subscription, room);
    // Looked at below, where its failure counts.
    guess?.catch(() => {});
    const answer = await runOnGroup(store, LOOK, params.subscription, args, { bytes: true });
    const [epoch, at, more, due, ...bodies] = answer;
    onEpoch(store, textOf(epoch));
    const cursor = textOf(at);
    if (cursor === "") {
      ahead.moved(params.subscription, "");
      return undefined;
    }
    const words = wordsOf(due);
    const leased = bodies.map((body, number) => {
      const [id = "", attempt, putBackMs] = words.slice(3 * number);
      return { id, attempt: Number(attempt), putBackMs: putBackMs === "-" ? undefined : Number(putBackMs), body };
    });
    return {
      cursor,
      isMoreDue: more === 1,
      due: leased,
      behind: async () => (await guess)?.after(cursor) ?? (await ahead.readFrom(params.subscription, cursor, room)),
    };
  }

  async function offerDue({ params, token, deliveries, died }: Progress, { due }: Look): Promise<void> {
    const unreadable: DeadOnArrival[] = [];
    for (const { attempt, putBackMs, ...entry } of due) {
      const read = readEntry(entry, store.trackingId);
      if (read.ok) deliveries.push(toDelivery(entry.id, token, attempt, read.value, putBackMs));
      else unreadable.push({ position: entry.id, ...read.error });
    }
    if (unreadable.length === 0) return;
    const settlements = unreadable.map(({ position, reason, detail }) => ({
      token: tokenOf(position, token),
      verdict: { kind: "dead" as const, reason, detail },
    }));
    await settle(store, { subscription: params.subscription, settlements });
    died.push(...unreadable);
  }

  async function take(progress: Progress, cursor: string, fresh: readonly Entry[]) {
    const { params, token, deliveries, died } = progress;
    const judged = fresh.map((entry) => judge(store, entry, params));
    const args = [leaseEnd(params), token, String(roomOf(progress)), orderedFlag(params), cursor, ""];
    for (const one of judged) {
      const { letter, extra } = letterOf(one);
      args[ROWS_AT] += `${one.entry.id}${letter} `;
      if (extra !== undefined) args.push(extra);
    }
    const [at, answer, behind] = await runOnGroup(store, TAKE, params.subscription, args);
    const letters = textOf(answer);
    let offered = 0;
    for (const [number, one] of judged.entries()) {
      const { id } = one.entry;
      if (one.kind === "hit" && letters[number] === "o") {
        offered += 1;
        deliveries.push(toDelivery(id, token, 1, one.read));
      } else if (letters[number] === "m") progress.filtered += 1;
      else if (one.kind === "dead" && letters[number] === "d") died.push({ position: id, ...one.fault });
    }
    progress.looked += letters.length;
    ahead.learn(params.subscription, letters.length, offered);
    return { cursor: textOf(at), letters, isBehind: behind === 1 };
  }

  function leaseEnd({ leaseMs }: ClaimParams): string {
    return String(Math.ceil(store.clock() + Math.max(1, leaseMs)));
  }

  return { claim };
}

function roomOf({ params, deliveries }: Progress): number {
  return params.limit - deliveries.length;
}

function orderedFlag({ ordering }: ClaimParams): string {
  return ordering === "key" ? "1" : "0";
}

function toDelivery(
  id: string,
  token: string,
  attempt: number,
  { event, recordedAtMs }: ReadEntry,
  agedFromMs = recordedAtMs,
): Delivery {
  return { token: tokenOf(id, token), position: id, attempt, recordedAtMs, agedFromMs, event };
}
