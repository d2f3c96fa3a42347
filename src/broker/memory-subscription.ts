import { isWithin } from "../core/bounds.ts";
import { decodeAttributes } from "../core/event.ts";
import type { Filter } from "../core/filter.ts";
import { areWanted, areWantedByType } from "../core/wanted.ts";
import type {
  Claim,
  ClaimForwardsParams,
  ClaimParams,
  DeadLetter,
  Delivery,
  Forward,
  ListDeadParams,
  SettleVerdict,
} from "./broker.ts";
import { createMemoryForwards } from "./memory-forwards.ts";
import type { LogEntry, MemoryLog } from "./memory-log.ts";

/** New events one claim looks at, so that a long run of misses does not hold up everybody else. */
const LOOK_AHEAD = 5000;

interface Unsettled {
  readonly entry: LogEntry;
  /** held: it passed the filters while an event before it kept its key, and was never offered. */
  state: "held" | "leased" | "waiting";
  /** Tries that count so far, the one under way included. */
  attempt: number;
  /** The end of the lease, or the time of the retry. */
  dueAtMs: number;
  token: string | undefined;
  /** When it was recorded, or put back. */
  readonly agedFromMs: number;
}

interface Dead extends Omit<DeadLetter, "position" | "recordedAtMs" | "event"> {
  readonly entry: LogEntry;
}

/** What the memory broker knows of one subscription: how far it has looked, and what of that is not over. */
export type MemorySubscription = ReturnType<typeof createMemorySubscription>;

export interface MemorySubscriptionParts {
  readonly log: MemoryLog;
  /** The number of the last event it does not want to see. */
  readonly startSeq: number;
  /** A number never given before, over all subscriptions. */
  readonly nextClaim: () => number;
}

export function createMemorySubscription({ log, startSeq, nextClaim }: MemorySubscriptionParts) {
  /** Every event up to here was judged: it is in `unsettled`, or `dead`, or over. */
  let cursor = startSeq;
  /** By number, in log order. */
  let unsettled = new Map<number, Unsettled>();
  const dead = new Map<number, Dead>();
  const forwards = createMemoryForwards(nextClaim);
  /** As the last claim had it; it decides what `nextDueAt` takes for claimable. */
  let ordering: ClaimParams["ordering"] = "none";

  /** In log order, without those that an earlier unsettled event of their key holds back. */
  function unblocked(): Unsettled[] {
    if (ordering === "none") return [...unsettled.values()];
    const keys = new Set<string>();
    return [...unsettled.values()].filter(({ entry: { partitionKey } }) => {
      if (partitionKey === undefined) return true;
      const first = !keys.has(partitionKey);
      keys.add(partitionKey);
      return first;
    });
  }

  function unsettledKeys(): Set<string | undefined> {
    const keys = new Set([...unsettled.values()].map((one) => one.entry.partitionKey));
    keys.delete(undefined);
    return keys;
  }

  function claim(params: ClaimParams, nowMs: number): Claim {
    ordering = params.ordering;
    const due = unblocked()
      .filter((one) => one.dueAtMs <= nowMs)
      .sort((a, b) => a.dueAtMs - b.dueAtMs || a.entry.seq - b.entry.seq);
    const offers = due.slice(0, params.limit).sort((a, b) => a.entry.seq - b.entry.seq);
    const keys = ordering === "key" ? unsettledKeys() : new Set();
    let more = due.length > params.limit;
    let looked = 0;
    let filtered = 0;
    for (const entry of log.after(cursor)) {
      if (more) break;
      const passes = isWanted(params, entry);
      const offered = passes && !keys.has(entry.partitionKey);
      // The event for which there is no room is left as if it had not been seen; `more` is all that comes of it.
      more = (offered && offers.length === params.limit) || looked === LOOK_AHEAD;
      if (more) break;
      looked += 1;
      cursor = entry.seq;
      if (!passes) {
        filtered += 1;
        continue;
      }
      const agedFromMs = entry.recordedAtMs;
      const fresh: Unsettled = { entry, state: "held", attempt: 0, dueAtMs: 0, token: undefined, agedFromMs };
      unsettled.set(entry.seq, fresh);
      if (offered) offers.push(fresh);
      if (ordering === "key" && entry.partitionKey !== undefined) keys.add(entry.partitionKey);
    }
    const deliveries = offers.map((one) => lease(one, nowMs + params.leaseMs));
    return { deliveries, more, filtered };
  }

  function lease(one: Unsettled, untilMs: number): Delivery {
    const token = `${one.entry.seq}:${nextClaim()}`;
    one.state = "leased";
    one.attempt += 1;
    one.dueAtMs = untilMs;
    one.token = token;
    const { seq, recordedAtMs, event } = one.entry;
    return { token, position: String(seq), attempt: one.attempt, recordedAtMs, agedFromMs: one.agedFromMs, event };
  }

  /** A token is good until its event is settled or offered again, also after the lease has run out. */
  function settle(token: string, verdict: SettleVerdict, nowMs: number): "ok" | "stale" {
    const one = unsettled.get(Number.parseInt(token, 10));
    if (one === undefined || one.token !== token) return "stale";
    switch (verdict.kind) {
      case "delivered":
      case "dropped":
        end(one.entry, nowMs);
        break;
      case "retry":
        wait(one, verdict.atMs, verdict.counts);
        break;
      case "release":
        wait(one, nowMs, false);
        break;
      case "dead": {
        const { entry, attempt } = one;
        end(entry, nowMs);
        dead.set(entry.seq, { entry, attempt, reason: verdict.reason, detail: verdict.detail, diedAtMs: nowMs });
        if (verdict.forward !== undefined) forwards.add(entry.seq, verdict.forward, nowMs);
      }
    }
    return "ok";
  }

  /** What its key held back behind it is due from now on. */
  function end({ seq, partitionKey }: LogEntry, nowMs: number): void {
    unsettled.delete(seq);
    if (partitionKey === undefined) return;
    const next = [...unsettled.values()].find((one) => one.entry.partitionKey === partitionKey);
    if (next?.state === "held") wait(next, nowMs, true);
  }

  function wait(one: Unsettled, atMs: number, counts: boolean): void {
    one.state = "waiting";
    one.dueAtMs = atMs;
    one.token = undefined;
    if (!counts) one.attempt -= 1;
  }

  function nextDueAt(nowMs: number, filters: readonly Filter[] = []): number | null {
    for (const { type } of log.after(cursor)) if (areWantedByType(filters, type) !== false) return 0;
    if (unsettled.size === 0) return null;
    const earliest = unblocked().reduce((least, one) => Math.min(least, one.dueAtMs), Number.POSITIVE_INFINITY);
    return earliest <= nowMs ? 0 : earliest;
  }

  function listDead({ after, limit }: ListDeadParams): readonly DeadLetter[] {
    const afterSeq = after === undefined ? 0 : Number(after);
    return [...dead.values()]
      .filter((one) => one.entry.seq > afterSeq)
      .sort((a, b) => a.entry.seq - b.entry.seq)
      .slice(0, limit)
      .map(toLetter);
  }

  function claimForwards({ limit, leaseMs }: ClaimForwardsParams, nowMs: number): readonly Forward[] {
    return forwards.claim(limit, leaseMs, nowMs).flatMap(({ seq, ...forward }) => {
      const letter = dead.get(seq);
      return letter === undefined ? [] : [{ ...toLetter(letter), ...forward }];
    });
  }

  function getDead(position: string): DeadLetter | null {
    const one = dead.get(Number(position));
    return one === undefined ? null : toLetter(one);
  }

  function requeueDead(positions: readonly string[], nowMs: number): number {
    return putBack(
      positions.flatMap((position) => dead.get(Number(position))?.entry ?? []),
      nowMs,
    );
  }

  function dropDead(positions: readonly string[]): number {
    return positions.filter((position) => exhume(Number(position))).length;
  }

  /** Answers whether it was dead. */
  function exhume(seq: number): boolean {
    forwards.end(seq);
    return dead.delete(seq);
  }

  function redeliver(positions: readonly string[], nowMs: number): number {
    const entries = positions.flatMap((position) => log.get(Number(position)) ?? []);
    return putBack(
      entries.filter(({ seq }) => seq <= cursor && !unsettled.has(seq)),
      nowMs,
    );
  }

  function putBack(entries: readonly LogEntry[], nowMs: number): number {
    const before = unsettled.size;
    for (const entry of entries) {
      const { seq } = entry;
      exhume(seq);
      unsettled.set(seq, { entry, state: "waiting", attempt: 0, dueAtMs: nowMs, token: undefined, agedFromMs: nowMs });
    }
    if (entries.length > 0) unsettled = new Map([...unsettled].sort(([a], [b]) => a - b));
    return unsettled.size - before;
  }

  function purgeDead(beforeMs: number): number {
    const over = [...dead].filter(([, letter]) => letter.diedAtMs < beforeMs);
    for (const [seq] of over) {
      dead.delete(seq);
      forwards.end(seq);
    }
    return over.length;
  }

  return {
    claim,
    settle,
    nextDueAt,
    listDead,
    claimForwards,
    forgetNote: forwards.forgetNote,
    settleForward: forwards.settle,
    nextForwardDueAt: forwards.nextDueAt,
    forwards: forwards.size,
    getDead,
    requeueDead,
    dropDead,
    redeliver,
    purgeDead,
    /** True where this subscription may yet want the event: dead letters keep theirs. */
    needs: ({ seq }: LogEntry): boolean => seq > cursor || unsettled.has(seq) || dead.has(seq),
    pending: (): number => unsettled.size + log.countAfter(cursor),
    leased: (nowMs: number): number =>
      [...unsettled.values()].filter((one) => one.state === "leased" && one.dueAtMs > nowMs).length,
    dead: (): number => dead.size,
  };
}

function toLetter({ entry: { seq, recordedAtMs, event }, ...letter }: Dead): DeadLetter {
  return { ...letter, position: String(seq), recordedAtMs, event };
}

function isWanted({ filters, bounds }: ClaimParams, { seq, recordedAtMs, type, event }: LogEntry): boolean {
  if (bounds && !isWithin(bounds, String(seq), recordedAtMs)) return false;
  return areWantedByType(filters, type) ?? areWanted(filters, decodeAttributes(event));
}
