/**
 * Which deliveries go out in one request: as many as the limits allow, those that have waited long enough, and those
 * that were together before. A pure state machine: times come in, nothing waits in here.
 */
import type { Delivery } from "../broker/broker.ts";

export interface BatchLimits {
  readonly maxEvents: number;
  /** Of the body. An event that is larger by itself goes alone. */
  readonly maxBytes: number;
  /** How long an event waits for company at most. */
  readonly lingerMs: number;
}

export interface Batcher {
  /** What is here already, under a lease that was lost, is replaced. */
  add(deliveries: readonly Delivery[], nowMs: number): void;
  /** Those of the next request, which leave; undefined where nothing may go yet. */
  take(nowMs: number): readonly Delivery[] | undefined;
  /** When the first of those that wait for company goes without, in epoch ms; null where nobody waits. */
  dueAtMs(): number | null;
  /** Once they are added again, they go together, and with nobody else. */
  reunite(deliveries: readonly Delivery[]): void;
  size(): number;
  /** How many events a request holds, going by the size of those seen last. */
  usualEvents(): number;
  /** Everything that is here, which leaves. */
  clear(): readonly Delivery[];
}

/** The limits where a target takes events one by one. */
export const ONE_BY_ONE: BatchLimits = { maxEvents: 1, maxBytes: Number.POSITIVE_INFINITY, lingerMs: 0 };

/** Events of which it is remembered whom they go with. What is forgotten travels with others, and loses nothing by it. */
const MOST_REMEMBERED = 20_000;
/** Before any was seen, events are taken for large: what is claimed must find room in memory. */
const FIRST_GUESS_BYTES = 65_536;
const BRACKETS = 2;
const COMMA = 1;

interface Waiting {
  readonly delivery: Delivery;
  readonly sinceMs: number;
}

interface Group {
  readonly present: Map<string, Waiting>;
  readonly missing: Set<string>;
}

export function createBatcher({ maxEvents, maxBytes, lingerMs }: BatchLimits): Batcher {
  /** By position, in the order in which they came. */
  const single = new Map<string, Waiting>();
  const gathering = new Set<Group>();
  /** The groups of those that are not here, by position. */
  const expected = new Map<string, Group>();
  let grouped = 0;
  let usualBytes = FIRST_GUESS_BYTES;

  function placeOf(position: string): Map<string, Waiting> {
    for (const { present } of gathering) if (present.has(position)) return present;
    const group = expected.get(position);
    if (!group) return single;
    expected.delete(position);
    group.missing.delete(position);
    gathering.add(group);
    grouped += 1;
    return group.present;
  }

  function takeGroup(nowMs: number): readonly Delivery[] | undefined {
    for (const group of gathering) {
      if (group.missing.size > 0 && !hasWaited(firstOf(group.present), nowMs)) continue;
      gathering.delete(group);
      grouped -= group.present.size;
      const batch = deliveriesOf(group.present.values());
      // Those that are still missing may come one day.
      group.present.clear();
      return batch;
    }
    return undefined;
  }

  function takeSingle(nowMs: number): readonly Delivery[] | undefined {
    const first = firstOf(single);
    if (!first) return undefined;
    const batch: Waiting[] = [];
    let bytes = BRACKETS;
    let isFull = false;
    for (const waiting of single.values()) {
      const more = waiting.delivery.event.bytes.length + (batch.length > 0 ? COMMA : 0);
      isFull = batch.length > 0 && bytes + more > maxBytes;
      if (isFull) break;
      bytes += more;
      batch.push(waiting);
      isFull = batch.length >= maxEvents || bytes >= maxBytes;
      if (isFull) break;
    }
    if (!isFull && !hasWaited(first, nowMs)) return undefined;
    for (const { delivery } of batch) single.delete(delivery.position);
    return deliveriesOf(batch);
  }

  /** A clock that went back must not keep anybody waiting. */
  function hasWaited(first: Waiting | undefined, nowMs: number): boolean {
    return first === undefined || nowMs < first.sinceMs || nowMs - first.sinceMs >= lingerMs;
  }

  function expect(position: string, group: Group): void {
    expected.get(position)?.missing.delete(position);
    // Deleted first: setting a key that is there would leave it in its old place.
    expected.delete(position);
    expected.set(position, group);
    group.missing.add(position);
  }

  function reunite(deliveries: readonly Delivery[]): void {
    const group: Group = { present: new Map(), missing: new Set() };
    for (const { position } of deliveries) expect(position, group);
    for (const [position, { missing }] of expected) {
      if (expected.size <= MOST_REMEMBERED) break;
      missing.delete(position);
      expected.delete(position);
    }
  }

  return {
    add(deliveries, nowMs) {
      let bytes = 0;
      for (const delivery of deliveries) {
        bytes += delivery.event.bytes.length;
        placeOf(delivery.position).set(delivery.position, { delivery, sinceMs: nowMs });
      }
      // Grows at once, shrinks step by step: a guess that is too small costs memory.
      if (deliveries.length > 0) usualBytes = Math.max(1, bytes / deliveries.length, usualBytes / 8);
    },
    take: (nowMs) => takeGroup(nowMs) ?? takeSingle(nowMs),
    dueAtMs() {
      const firsts = [single, ...[...gathering].map(({ present }) => present)].flatMap((some) => firstOf(some) ?? []);
      return firsts.length === 0 ? null : Math.min(...firsts.map(({ sinceMs }) => sinceMs)) + lingerMs;
    },
    reunite,
    size: () => single.size + grouped,
    usualEvents: () => Math.min(maxEvents, Math.max(1, Math.floor(maxBytes / usualBytes))),
    clear() {
      const all = [...deliveriesOf(single.values())];
      single.clear();
      for (const group of gathering) {
        all.push(...deliveriesOf(group.present.values()));
        for (const position of group.present.keys()) expect(position, group);
        group.present.clear();
      }
      gathering.clear();
      grouped = 0;
      return all;
    },
  };
}

function firstOf(some: ReadonlyMap<string, Waiting>): Waiting | undefined {
  for (const waiting of some.values()) return waiting;
  return undefined;
}

function deliveriesOf(some: Iterable<Waiting>): readonly Delivery[] {
  return Array.from(some, ({ delivery }) => delivery);
}
