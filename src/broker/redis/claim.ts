import type { Claim, ClaimParams, DeadOnArrival, Delivery } from "../broker.ts";
import { LOOK, TAKE } from "./claim-scripts.ts";
import { type Entry, type ReadEntry, readEntry } from "./entry.ts";
import { argumentsOf, judge } from "./judge.ts";
import { settle, tokenOf } from "./settle.ts";
import { type RedisStore, runOnGroup, textOf, wordsOf } from "./store.ts";
import { createStrayKeeper } from "./strays.ts";
import { onEpoch, restoreSubscription } from "./subscriptions.ts";

/** New events one claim looks at, about. */
const LOOK_AHEAD = 5000;
/** Bytes of events in one answer, about; the next claim goes on behind them. */
const LOOK_BYTES = 8 * 1024 * 1024;
/** Looks that came to nothing, because others were quicker. */
const MOST_VAIN_LOOKS = 8;
const MOST_SHOWN_PER_HIT = 64;

const NOTHING: Claim = { deliveries: [], more: false, filtered: 0 };

interface Look {
  readonly cursor: string;
  readonly more: boolean;
  readonly isAtEnd: boolean;
  readonly due: readonly (Entry & { readonly attempt: number })[];
  readonly fresh: readonly Entry[];
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
  /** By subscription: how many new events to look at for one that is offered, as it was lately. */
  const ratios = new Map<string, number>();
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
    const more = await collect(progress);
    const { deliveries, died, filtered } = progress;
    return { deliveries, more, filtered, ...(died.length > 0 && { died }) };
  }

  /** Answers whether more is waiting. */
  async function collect(progress: Progress): Promise<boolean> {
    const { params } = progress;
    for (let vain = 0; vain < MOST_VAIN_LOOKS; ) {
      const found = await look(progress);
      if (!found) {
        if (!(await restoreSubscription(store, params.subscription))) return false;
        vain += 1;
        continue;
      }
      await offerDue(progress, found);
      if (found.fresh.length === 0) return found.more;
      const { isTaken, letters, isBehind } = await take(progress, found);
      if (!isTaken || !/[^-]/.test(letters)) vain += 1;
      if (!isTaken) continue;
      if (letters.length < found.fresh.length || roomOf(progress) === 0) return isBehind;
      if (found.isAtEnd) return isBehind;
      if (progress.looked >= LOOK_AHEAD) return true;
    }
    return true;
  }

  async function look({ params, token, deliveries }: Progress): Promise<Look | undefined> {
    const room = params.limit - deliveries.length;
    const untilMs = leaseEnd(params);
    const ratio = ratios.get(params.subscription) ?? 1;
    const args = [String(room), untilMs, token, orderedFlag(params), String(ratio), String(LOOK_BYTES)];
    const [epoch, cursor, more, atEnd, due, fresh, ...bodies] = await runOnGroup(
      store,
      LOOK,
      params.subscription,
      args,
      { bytes: true },
    );
    onEpoch(store, textOf(epoch));
    if (textOf(cursor) === "") return undefined;
    const leased = wordsOf(due);
    const dueCount = leased.length / 2;
    return {
      cursor: textOf(cursor),
      more: more === 1,
      isAtEnd: atEnd === 1,
      due: Array.from({ length: dueCount }, (_, at) => ({
        id: leased[2 * at] ?? "",
        attempt: Number(leased[2 * at + 1]),
        body: bodies[at],
      })),
      fresh: wordsOf(fresh).map((id, at) => ({ id, body: bodies[dueCount + at] })),
    };
  }

  async function offerDue({ params, token, deliveries, died }: Progress, { due }: Look): Promise<void> {
    const unreadable: DeadOnArrival[] = [];
    for (const { attempt, ...entry } of due) {
      const read = readEntry(entry, store.trackingId);
      if (read.ok) deliveries.push(toDelivery(entry.id, token, attempt, read.value));
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

  async function take(progress: Progress, { cursor, fresh }: Look) {
    const { params, token, deliveries, died } = progress;
    const judged = fresh.map((entry) => judge(store, entry, params));
    const args = [leaseEnd(params), token, String(roomOf(progress)), orderedFlag(params), cursor];
    for (const one of judged) args.push(one.entry.id, ...argumentsOf(one));
    const [isTaken, answer, behind] = await runOnGroup(store, TAKE, params.subscription, args);
    const letters = textOf(answer);
    let offered = 0;
    for (const [at, letter] of Array.from(letters).entries()) {
      const one = judged[at];
      if (one === undefined) break;
      const { id } = one.entry;
      if (letter === "o" && one.kind === "hit") {
        offered += 1;
        deliveries.push(toDelivery(id, token, 1, one.read));
      }
      if (letter === "m") progress.filtered += 1;
      if (one.kind === "dead" && letter === "d") died.push({ position: id, ...one.fault });
    }
    progress.looked += letters.length;
    const ratio = (letters.length + 1) / (offered + 1);
    ratios.set(params.subscription, Math.min(MOST_SHOWN_PER_HIT, Math.max(1, ratio)));
    return { isTaken: isTaken === 1, letters, isBehind: behind === 1 };
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

function toDelivery(id: string, token: string, attempt: number, { event, recordedAtMs }: ReadEntry): Delivery {
  return { token: tokenOf(id, token), position: id, attempt, recordedAtMs, event };
}
