/**
 * The types of the latest events, in memory: what a subscription's filters miss by the type alone is passed over without
 * reading it, so that a thousand subscriptions do not read each event a thousand times. Noted by appends, and by claims
 * that had to look. Of what is not known here nothing follows.
 */
import type { Filter } from "../../core/filter.ts";
import { areWantedByType } from "../../core/wanted.ts";

export interface EventTypes {
  /** Also within a transaction that comes to nothing: a number is only used again by what is noted again. */
  note(seq: number, type: string): void;
  /** The event is no longer there. */
  forget(seq: number): void;
  /** What the filters say of the event; undefined where its type is not known or does not decide. */
  verdict(filters: readonly Filter[], seq: number): boolean | undefined;
  /** The last of the events behind `seq`, up to `end`, that are known and missed one after the other; `seq` if none is. */
  missedUpTo(filters: readonly Filter[], seq: number, end: number): number;
  /** How many events behind `seq`, `most` at most, come before one that is missed. */
  countToMiss(filters: readonly Filter[], seq: number, most: number): number;
}

/** Events: ten seconds' worth at any rate that one process can take. */
const CAPACITY = 2 ** 18;
/** Anybody may post events of any type; a store that has seen more of them begins anew. */
const MOST_TYPES = 5000;

export function createEventTypes(): EventTypes {
  const numbers = new Map<string, number>();
  let names: string[] = [""];
  /** By `seq % CAPACITY`: which event stands there, and the number of its type. */
  const seqs = new Float64Array(CAPACITY);
  const types = new Uint16Array(CAPACITY);
  let newest = 0;
  /** By the number of a type. */
  let verdicts = new WeakMap<readonly Filter[], (boolean | undefined | null)[]>();

  function numberOf(type: string): number {
    const known = numbers.get(type);
    if (known !== undefined) return known;
    if (names.length > MOST_TYPES) {
      numbers.clear();
      names = [""];
      seqs.fill(0);
      verdicts = new WeakMap();
    }
    const number = names.push(type) - 1;
    numbers.set(type, number);
    return number;
  }

  function verdictsOf(filters: readonly Filter[]): (boolean | undefined | null)[] {
    const known = verdicts.get(filters);
    if (known) return known;
    const fresh: (boolean | undefined | null)[] = [];
    verdicts.set(filters, fresh);
    return fresh;
  }

  function judge(filters: readonly Filter[], known: (boolean | undefined | null)[], seq: number): boolean | undefined {
    const at = seq % CAPACITY;
    if (seqs[at] !== seq) return undefined;
    const number = types[at] ?? 0;
    const verdict = known[number];
    if (verdict !== undefined) return verdict ?? undefined;
    const found = areWantedByType(filters, names[number] ?? "");
    known[number] = found ?? null;
    return found;
  }

  return {
    note(seq, type) {
      if (seq <= newest - CAPACITY) return;
      newest = Math.max(newest, seq);
      types[seq % CAPACITY] = numberOf(type);
      seqs[seq % CAPACITY] = seq;
    },
    forget(seq) {
      if (seqs[seq % CAPACITY] === seq) seqs[seq % CAPACITY] = 0;
    },
    verdict: (filters, seq) => judge(filters, verdictsOf(filters), seq),
    missedUpTo(filters, seq, end) {
      const known = verdictsOf(filters);
      let last = seq;
      while (last < end && judge(filters, known, last + 1) === false) last += 1;
      return last;
    },
    countToMiss(filters, seq, most) {
      const known = verdictsOf(filters);
      let count = 0;
      while (count < most && judge(filters, known, seq + count + 1) !== false) count += 1;
      return count;
    },
  };
}
