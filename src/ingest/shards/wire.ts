/**
 * An ingest in another isolate. Records cross as JSON in slices of bounded size, one after the other, so that they are
 * committed in the order in which they came; a shard takes each slice as a request of its own.
 */

import type { PostedEventResult } from "../../core/cloudevents-http.ts";
import { isObject } from "../../core/json.ts";
import { ok } from "../../core/result.ts";
import type { Road } from "../../mappers/index.ts";
import type { IngestCounts, IngestResult, Invocation, RoadIngest } from "../ingest.ts";
import type { Unwrapped } from "../unwrap.ts";
import { inTheWhole, sumOf } from "./counts.ts";

/** Gives one slice to the shard. Rejects never. */
export type SendSlice = (slice: Uint8Array) => Promise<IngestResult>;

type Slice =
  | { readonly kind: "records"; readonly context: RecordsContext; readonly items: readonly Unwrapped[] }
  | { readonly kind: "posted"; readonly items: readonly PostedEventResult[] }
  | { readonly kind: "trigger"; readonly event: unknown; readonly invocation: Invocation };

interface RecordsContext {
  readonly road: Road;
  readonly traceparent?: string | undefined;
}

/** In characters. A slice is longer only where a single item is. */
const SLICE_LENGTH = 512 * 1024;
/** Of one record, in characters, which have three bytes at most: what crosses has 32 MiB at most. */
const MAX_RECORD_LENGTH = 8 * 1024 ** 2;

/** Far deeper than any member that is looked at, far from what a stack takes. */
const MAX_DEPTH = 64;

const TOO_LARGE: Unwrapped = { kind: "ignored", reason: "record_too_large" };

export function createRemoteIngest(send: SendSlice): RoadIngest {
  return {
    records: (found, { road, traceparent }) =>
      sendAll(JSON.stringify({ kind: "records", context: { road, traceparent } }), found, foundText),
    posted: (results) => sendAll(JSON.stringify({ kind: "posted" }), results, (one) => JSON.stringify(one)),
    trigger: (event, invocation) => send(encode(jsonText({ kind: "trigger", event, invocation }))),
  };

  /** `head` is an object that the items become a member of. They are written down slice by slice: all may be 32 MiB. */
  async function sendAll<Item>(
    head: string,
    items: readonly Item[],
    textOf: (item: Item) => string,
  ): Promise<IngestResult> {
    const counts: IngestCounts[] = [];
    let start = 0;
    for (const texts of slicesOf(items, textOf)) {
      const result = await send(encode(`${head.slice(0, -1)},"items":[${texts.join(",")}]}`));
      if (!result.ok) return result;
      const first = start;
      counts.push(inTheWhole(result.value, (index) => first + index));
      start += texts.length;
    }
    return ok(sumOf(counts));
  }
}

/** What `createRemoteIngest` sent. */
export function takeSlice(slice: Uint8Array, ingest: RoadIngest): Promise<IngestResult> {
  const read: Slice = JSON.parse(new TextDecoder().decode(slice));
  switch (read.kind) {
    case "records":
      return ingest.records(read.items, read.context);
    case "posted":
      return ingest.posted(read.items);
    case "trigger":
      return ingest.trigger(read.event, read.invocation);
  }
}

/** One at least, and one item at least in each where there is one. */
function* slicesOf<Item>(items: readonly Item[], textOf: (item: Item) => string): Generator<readonly string[]> {
  let texts: string[] = [];
  let length = 0;
  for (const item of items) {
    const text = textOf(item);
    if (texts.length > 0 && length + text.length > SLICE_LENGTH) {
      yield texts;
      texts = [];
      length = 0;
    }
    texts.push(text);
    length += text.length;
  }
  yield texts;
}

function foundText(one: Unwrapped): string {
  const text = jsonText(one);
  return text.length > MAX_RECORD_LENGTH ? JSON.stringify(TOO_LARGE) : text;
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(pruned(value, MAX_DEPTH));
  }
}

/** What is nested too deep to be written down is left out: nothing that an event is made of. */
function pruned(value: unknown, levels: number): unknown {
  if (Array.isArray(value)) return levels === 0 ? [] : value.map((item) => pruned(item, levels - 1));
  if (!isObject(value)) return value;
  if (levels === 0) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pruned(item, levels - 1)]));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
