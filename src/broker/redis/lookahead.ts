/**
 * Reads what stands behind a group's cursor, and judges it: not in the group's name, so that nothing changes hands. How
 * much of it is worth reading is learned from what was read before. While one part is taken, the next is on its way.
 */
import { brokerFailureCode, type ClaimParams } from "../broker.ts";
import { type Entry, entryOf } from "./entry.ts";
import { compareIds } from "./ids.ts";
import { type Judgement, judge, type Wanted } from "./judge.ts";
import { command, listOf, type RedisStore } from "./store.ts";

const MOST_ENTRIES = 1000;
/** As long as nothing is known of their sizes. */
const FIRST_ENTRIES = 8;
/** Bytes of a read, about. Where many large events follow small ones it may be overdue; the next then asks for fewer. */
const READ_BYTES = 2 * 1024 * 1024;
const MOST_PER_OFFER = 64;
/** What was read so long ago is read again: somebody may have removed it. */
const LONGEST_KEPT_MS = 1000;

/** All entries behind an id, up to the last of them. */
export interface Behind {
  readonly start: string;
  readonly judged: readonly Judgement[];
  /** Nothing stood behind those when they were read. */
  readonly isAtEnd: boolean;
}

interface Reading {
  readonly start: string;
  /** By which they are judged. */
  readonly wanted: Wanted;
  readonly atMs: number;
  readonly found: Promise<Behind>;
}

/** What is known of one subscription. */
interface Memory {
  /** Where its group stood lately, or nothing. */
  cursor: string;
  /** New events to read for one that is offered. */
  perOffer: number;
  /** What a read may have, as sizes are lately. */
  mostEntries: number;
  early?: Reading | undefined;
}

export interface Lookahead {
  /** What was read early, where that is of use now: never nothing. */
  take(params: ClaimParams): Promise<Behind | undefined>;
  /** Reads at once where it is known about where the group stands; what the group answers tells the rest. */
  begin(params: ClaimParams, room: number): (cursor: string) => Promise<Behind>;
  /** Reads on behind what is about to be taken. */
  readEarly(params: ClaimParams, lastId: string): void;
  moved(subscription: string, cursor: string): void;
  learn(subscription: string, looked: number, offered: number): void;
}

export function createLookahead(store: RedisStore): Lookahead {
  const memories = new Map<string, Memory>();

  function memoryOf(subscription: string): Memory {
    const known = memories.get(subscription);
    if (known) return known;
    const fresh: Memory = { cursor: "", perOffer: 1, mostEntries: FIRST_ENTRIES };
    memories.set(subscription, fresh);
    return fresh;
  }

  function read(params: ClaimParams, start: string, room: number): Reading {
    const found = readBehind(params, start, room);
    // Looked at later, where its failure counts.
    found.catch(() => {});
    return { start, wanted: params, atMs: store.clock(), found };
  }

  async function readBehind(params: ClaimParams, start: string, room: number): Promise<Behind> {
    const memory = memoryOf(params.subscription);
    if (room === 0) return { start, judged: [], isAtEnd: false };
    const count = Math.min(MOST_ENTRIES, memory.mostEntries, Math.ceil(room * memory.perOffer));
    const args = ["XRANGE", store.keys.stream, `(${start}`, "+", "COUNT", String(count)];
    try {
      const entries = listOf(await command(store, args, { bytes: true })).map(entryOf);
      memory.mostEntries = mostEntries(entries, memory);
      const judged = entries.map((entry) => judge(store, entry, params));
      return { start, judged, isAtEnd: entries.length < count };
    } catch (failure) {
      if (brokerFailureCode(failure) === "broker_unavailable") memory.mostEntries = Math.ceil(count / 4);
      throw failure;
    }
  }

  return {
    async take(params) {
      const memory = memoryOf(params.subscription);
      const { early, cursor } = memory;
      memory.early = undefined;
      if (early?.start !== cursor || !areSame(early.wanted, params)) return undefined;
      if (Math.abs(store.clock() - early.atMs) > LONGEST_KEPT_MS) return undefined;
      const behind = await early.found.catch(() => undefined);
      // By now there may be more.
      return behind && behind.judged.length > 0 ? { ...behind, isAtEnd: false } : undefined;
    },
    begin(params, room) {
      const { cursor: start } = memoryOf(params.subscription);
      const guess = start === "" ? undefined : read(params, start, room);
      return async (cursor) =>
        (guess && partBehind(await guess.found, cursor)) ?? (await read(params, cursor, room).found);
    },
    readEarly(params, lastId) {
      memoryOf(params.subscription).early = read(params, lastId, params.limit);
    },
    moved(subscription, cursor) {
      memoryOf(subscription).cursor = cursor;
    },
    learn(subscription, looked, offered) {
      memoryOf(subscription).perOffer = Math.min(MOST_PER_OFFER, (looked + 1) / (offered + 1));
    },
  };
}

function areSame(some: Wanted, others: Wanted): boolean {
  const { filters } = some;
  return (
    some.bounds === others.bounds &&
    filters.length === others.filters.length &&
    filters.every((filter, at) => filter === others.filters[at])
  );
}

/** What of it stands behind `cursor`; undefined where it begins only after that, or ends before. */
function partBehind(behind: Behind, cursor: string): Behind | undefined {
  const { start, isAtEnd } = behind;
  if (start === cursor) return behind;
  if (compareIds(cursor, start) < 0) return undefined;
  const judged = behind.judged.filter(({ entry }) => compareIds(entry.id, cursor) > 0);
  // Of what others took, nothing tells what follows.
  return judged.length > 0 || isAtEnd ? { start: cursor, judged, isAtEnd } : undefined;
}

/** Twice as many as before at most, so that a change of sizes is met half way. */
function mostEntries(read: readonly Entry[], { mostEntries: before }: Memory): number {
  if (read.length === 0) return before;
  let bytes = 0;
  for (const { body } of read) if (body instanceof Uint8Array) bytes += body.length;
  const fitting = Math.floor((READ_BYTES * read.length) / Math.max(1, bytes));
  return Math.max(1, Math.min(fitting, 2 * before));
}
