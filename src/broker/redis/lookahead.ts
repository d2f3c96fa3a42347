/**
 * Reads what stands behind a group's cursor, as it is: not in the group's name, so that nothing changes hands. How much
 * of it is worth reading is learned from what was read before.
 */
import { brokerFailureCode } from "../broker.ts";
import { type Entry, entryOf } from "./entry.ts";
import { compareIds } from "./ids.ts";
import { command, listOf, type RedisStore } from "./store.ts";

const MOST_ENTRIES = 1000;
/** As long as nothing is known of their sizes. */
const FIRST_ENTRIES = 8;
/** Bytes of a read, about. Where many large events follow small ones it may be overdue; the next then asks for fewer. */
const READ_BYTES = 2 * 1024 * 1024;
const MOST_PER_OFFER = 64;

export interface Behind {
  readonly fresh: readonly Entry[];
  readonly isAtEnd: boolean;
}

export interface Guessed {
  /** What of it stands behind `cursor`; undefined where it begins only after that, or ends before. */
  after(cursor: string): Behind | undefined;
}

/** What is known of one subscription. */
interface Memory {
  /** Where its group stood lately, or nothing. */
  cursor: string;
  /** New events to read for one that is offered. */
  perOffer: number;
  /** What a read may have, as sizes are lately. */
  mostEntries: number;
}

export interface Lookahead {
  /** Reads at once where it is known about where the group stands. */
  read(subscription: string, room: number): Promise<Guessed> | undefined;
  readFrom(subscription: string, cursor: string, room: number): Promise<Behind>;
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

  async function readFrom(subscription: string, cursor: string, room: number): Promise<Behind> {
    const memory = memoryOf(subscription);
    if (room === 0) return { fresh: [], isAtEnd: false };
    const count = Math.min(MOST_ENTRIES, memory.mostEntries, Math.ceil(room * memory.perOffer));
    const args = ["XRANGE", store.keys.stream, `(${cursor}`, "+", "COUNT", String(count)];
    try {
      const entries = listOf(await command(store, args, { bytes: true }));
      const fresh = entries.map(entryOf);
      memory.cursor = cursor;
      memory.mostEntries = mostEntries(fresh, memory);
      return { fresh, isAtEnd: fresh.length < count };
    } catch (failure) {
      if (brokerFailureCode(failure) === "broker_unavailable") memory.mostEntries = Math.ceil(count / 4);
      throw failure;
    }
  }

  return {
    readFrom,
    read(subscription, room) {
      const { cursor: start } = memoryOf(subscription);
      if (start === "") return undefined;
      return readFrom(subscription, start, room).then(({ fresh, isAtEnd }) => ({
        after(cursor) {
          if (compareIds(cursor, start) < 0) return undefined;
          const behind = fresh.filter(({ id }) => compareIds(id, cursor) > 0);
          // Of what others took, nothing tells what follows.
          return behind.length > 0 || isAtEnd ? { fresh: behind, isAtEnd } : undefined;
        },
      }));
    },
    moved(subscription, cursor) {
      memoryOf(subscription).cursor = cursor;
    },
    learn(subscription, looked, offered) {
      memoryOf(subscription).perOffer = Math.min(MOST_PER_OFFER, (looked + 1) / (offered + 1));
    },
  };
}

/** Twice as many as before at most, so that a change of sizes is met half way. */
function mostEntries(read: readonly Entry[], { mostEntries: before }: Memory): number {
  if (read.length === 0) return before;
  let bytes = 0;
  for (const { body } of read) if (body instanceof Uint8Array) bytes += body.length;
  const fitting = Math.floor((READ_BYTES * read.length) / Math.max(1, bytes));
  return Math.max(1, Math.min(fitting, 2 * before));
}
