import type { Claim, ClaimParams, DeadOnArrival, Delivery } from "../broker.ts";
import { CLAIM } from "./claim-scripts.ts";
import { type Entry, type ReadEntry, readEntry } from "./entry.ts";
import { packId } from "./ids.ts";
import { letterOf } from "./judge.ts";
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

const NOTHING_READ: Behind = { start: "", judged: [], isAtEnd: false };
const NOTHING: Claim = { deliveries: [], more: false, filtered: 0 };

interface Answer {
  /** Of the group, behind what was taken. */
  readonly cursor: string;
  readonly isMoreDue: boolean;
  /** One for each judged event that was considered. */
  readonly letters: string;
  readonly isBehind: boolean;
  readonly due: readonly (Entry & { readonly attempt: number; readonly putBackMs: number | undefined })[];
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
    const { params } = progress;
    const { subscription } = params;
    let batch = await ahead.take(params);
    let isFirst = true;
    for (let vain = 0; vain < MOST_VAIN_LOOKS; ) {
      const room = roomOf(progress);
      const last = batch?.judged.at(-1)?.entry.id;
      const behind = batch ? undefined : ahead.begin(params, room);
      // All of it will be taken, so it is known where the next claim begins.
      if (batch && last && !batch.isAtEnd && batch.judged.length <= room) ahead.readEarly(params, last);
      const answer = await ask(progress, batch, isFirst);
      ahead.moved(subscription, answer?.cursor ?? "");
      if (!answer) {
        if (!(await restoreSubscription(store, subscription))) return false;
        vain += 1;
        batch = undefined;
        continue;
      }
      isFirst = false;
      // All that is leased is on its way before anything else can fail.
      const unreadable = offerDue(progress, answer);
      if (batch) offerNew(progress, batch, answer);
      if (unreadable.length > 0) await bury(progress, unreadable);
      if (answer.isMoreDue) return true;
      if (roomOf(progress) === 0 || !answer.isBehind || batch?.isAtEnd) return answer.isBehind;
      if (progress.looked >= LOOK_AHEAD) return true;
      if (batch && !/[^-]/.test(answer.letters)) vain += 1;
      batch = (await ahead.take(params)) ?? (await (behind ?? ahead.begin(params, roomOf(progress)))(answer.cursor));
      if (batch.judged.length === 0) return !batch.isAtEnd;
    }
    return true;
  }

  /** Undefined where there is no such group. */
  async function ask(
    { params, token, deliveries }: Progress,
    batch: Behind | undefined,
    withDue: boolean,
  ): Promise<Answer | undefined> {
    const { judged, start } = batch ?? NOTHING_READ;
    const marks = judged.map(letterOf);
    const args = [
      String(params.limit - deliveries.length),
      leaseEnd(params),
      token,
      orderedFlag(params),
      withDue ? String(LOOK_BYTES) : "0",
      start,
      marks.map(({ letter }) => letter).join(""),
    ];
    for (const { entry } of judged) args.push(entry.id);
    for (const { entry } of judged) args.push(packId(entry.id));
    for (const { extra } of marks) if (extra !== undefined) args.push(extra);
    const answer = await runOnGroup(store, CLAIM, params.subscription, args, { bytes: true });
    const [epoch, cursor, more, letters, isBehind, due, ...bodies] = answer;
    onEpoch(store, textOf(epoch));
    if (textOf(cursor) === "") return undefined;
    const words = wordsOf(due);
    return {
      cursor: textOf(cursor),
      isMoreDue: more === 1,
      letters: textOf(letters),
      isBehind: isBehind === 1,
      due: bodies.map((body, number) => {
        const [id = "", attempt, putBackMs] = words.slice(3 * number, 3 * number + 3);
        return { id, attempt: Number(attempt), putBackMs: putBackMs === "-" ? undefined : Number(putBackMs), body };
      }),
    };
  }

  /** Answers what of it holds no event. */
  function offerDue({ token, deliveries }: Progress, { due }: Answer): readonly DeadOnArrival[] {
    const unreadable: DeadOnArrival[] = [];
    for (const { attempt, putBackMs, ...entry } of due) {
      const read = readEntry(entry, store.trackingId);
      if (read.ok) deliveries.push(toDelivery(entry.id, token, attempt, read.value, putBackMs));
      else unreadable.push({ position: entry.id, ...read.error });
    }
    return unreadable;
  }

  async function bury({ params, token, died }: Progress, unreadable: readonly DeadOnArrival[]): Promise<void> {
    const settlements = unreadable.map(({ position, reason, detail }) => ({
      token: tokenOf(position, token),
      verdict: { kind: "dead" as const, reason, detail },
    }));
    await settle(store, { subscription: params.subscription, settlements });
    died.push(...unreadable);
  }

  function offerNew(progress: Progress, { judged }: Behind, { letters }: Answer): void {
    const { params, token, deliveries, died } = progress;
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
