/**
 * Reads one file to its end and hands over what is in it, a batch at a time, however large it is. Whatever holds it up
 * has a limit: bytes that do not come, what it unpacks to, the time it all takes.
 */
import type { Clock } from "../../core/clock.ts";
import { createJsonScanner, type Scanned } from "../../core/json-scanner.ts";
import { orAborted } from "../../core/or-aborted.ts";
import { isGzip } from "../gunzip.ts";
import { type Envelope, type Unwrapped, unwrap } from "../unwrap.ts";
import { placeOfKey, type S3File } from "./file.ts";
import type { ObjectFailure, ObjectStore, Unpack } from "./object-store.ts";
import type { FailureCode } from "./work.ts";

export interface ReadParts {
  readonly store: ObjectStore;
  readonly unpack: Unpack;
  readonly clock: Clock;
  readonly limits: ReadLimits;
}

export interface ReadLimits {
  /** The longest wait for the next bytes. */
  readonly stallMs: number;
  /** For one file. */
  readonly timeMs: number;
  readonly unpackedBytes: number;
  /** Something is handed over at least so often, be it nothing. */
  readonly batchMs: number;
}

export const READ_LIMITS: ReadLimits = {
  stallMs: 30_000,
  timeMs: 3_600_000,
  unpackedBytes: 8 * 1024 ** 3,
  batchMs: 30_000,
};

/** CloudTrail writes records of 1 MB at most. */
const MAX_RECORD_BYTES = 4 * 1024 ** 2;
const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * 1024 ** 2;

/** False: enough, nothing more is wanted. */
export type TakeBatch = (found: readonly Unwrapped[], isLast: boolean) => Promise<boolean>;

export type ReadEnd =
  /** The last batch was taken. `unreadable`: pieces that were left out. */
  | { readonly kind: "read"; readonly unreadable: number }
  | { readonly kind: "failed"; readonly failure: ObjectFailure }
  /** A batch was not taken, or the signal aborted. */
  | { readonly kind: "stopped" };

export async function readFile(file: S3File, take: TakeBatch, signal: AbortSignal, parts: ReadParts): Promise<ReadEnd> {
  const { store, unpack, clock, limits } = parts;
  // A pool exports its logs within its region.
  const envelope: Envelope = { ...(file.region !== undefined && { region: file.region }), ...placeOfKey(file.key) };
  const own = new AbortController();
  const aborted = AbortSignal.any([signal, own.signal]);
  const timeUp = setTimeout(() => own.abort(new ReadFailure("takes_too_long")), limits.timeMs);
  let batch: Unwrapped[] = [];
  let batchBytes = 0;
  let batchAtMs = clock();
  let unreadable = 0;

  /** The work, as long as it does not stand still. */
  async function moving<T>(work: Promise<T>): Promise<T> {
    const stalled = setTimeout(() => own.abort(new ReadFailure("interrupted")), limits.stallMs);
    try {
      return await orAborted(work, aborted);
    } finally {
      clearTimeout(stalled);
    }
  }

  async function* bytesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = body[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await moving(iterator.next()).catch((error: unknown) => {
        throw error instanceof ReadFailure ? error : new ReadFailure("interrupted");
      });
      if (done) return;
      yield value;
    }
  }

  function collect(one: Scanned): void {
    if (one.kind === "value") {
      batchBytes += one.bytes;
      for (const found of recordsOf(one, envelope)) batch.push(found);
    } else {
      unreadable += 1;
      batch.push(UNREADABLE[one.kind]);
    }
  }

  async function hand(isLast: boolean): Promise<boolean> {
    const full = batch;
    batch = [];
    batchBytes = 0;
    const taken = await take(full, isLast);
    batchAtMs = clock();
    return taken;
  }

  try {
    const opened = await moving(store.open(file, aborted));
    if (!opened.ok) return { kind: "failed", failure: opened.error };
    const scanner = createJsonScanner({ listName: "Records", maxBytes: MAX_RECORD_BYTES });
    let unpackedBytes = 0;
    for await (const chunk of unpacked(bytesOf(opened.value), unpack)) {
      unpackedBytes += chunk.length;
      if (unpackedBytes > limits.unpackedBytes) throw new ReadFailure("unpacks_to_too_much");
      for (const one of scanner.push(chunk)) {
        collect(one);
        const isFull = batch.length >= BATCH_RECORDS || batchBytes >= BATCH_BYTES;
        if (isFull && !(await hand(false))) return { kind: "stopped" };
      }
      if (clock() - batchAtMs >= limits.batchMs && !(await hand(false))) return { kind: "stopped" };
    }
    for (const one of scanner.end()) collect(one);
    return (await hand(true)) ? { kind: "read", unreadable } : { kind: "stopped" };
  } catch (error) {
    if (signal.aborted) return { kind: "stopped" };
    if (error instanceof ReadFailure) return { kind: "failed", failure: { code: error.code } };
    throw error;
  } finally {
    clearTimeout(timeUp);
    // Lets go of the connection, wherever the reading ended.
    own.abort();
  }
}

/** Streams can only throw. */
class ReadFailure extends Error {
  readonly code: FailureCode;
  constructor(code: FailureCode) {
    super(code);
    this.name = "ReadFailure";
    this.code = code;
  }
}

const UNREADABLE = {
  broken: { kind: "ignored", reason: "invalid_json" },
  too_large: { kind: "ignored", reason: "record_too_large" },
} as const satisfies Record<string, Unwrapped>;

/** An item of a log file is a record, whatever it looks like. */
function recordsOf({ value, listed }: { value: unknown; listed: boolean }, envelope: Envelope): readonly Unwrapped[] {
  return unwrap(listed ? { Records: [value] } : value, envelope);
}

/** By its first bytes: names and headers say gzip also where the client has unpacked it already. */
async function* unpacked(body: AsyncGenerator<Uint8Array>, unpack: Unpack): AsyncGenerator<Uint8Array> {
  let head = new Uint8Array();
  while (head.length < 2) {
    const { done, value } = await body.next();
    if (done) break;
    head = joined(head, value);
  }
  const whole = behind(head, body);
  if (!isGzip(head)) {
    yield* whole;
    return;
  }
  try {
    yield* unpack(whole);
  } catch (error) {
    throw error instanceof ReadFailure ? error : new ReadFailure("invalid_gzip");
  }
}

async function* behind(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
