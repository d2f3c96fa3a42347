import type { NewEvent } from "../../../src/broker/broker.ts";
import {
  type DataKind,
  decodeAttributes,
  type EncodedEvent,
  type EventAttributes,
  encodeEvent,
} from "../../../src/core/event.ts";

export interface EventSketch {
  readonly id: string;
  readonly type?: string;
  readonly partitionKey?: string;
  /** The id unless given. */
  readonly dedupeKey?: string;
  readonly dataKind?: DataKind;
  /** JSON text. */
  readonly data?: string;
}

/** A text is the id of an event with nothing else to it. */
export function newEvent(sketch: EventSketch | string): NewEvent {
  const {
    id,
    type = "test.happened",
    partitionKey,
    dedupeKey = id,
    dataKind = "json",
    data = "{}",
  } = typeof sketch === "string" ? { id: sketch } : sketch;
  const attributes: EventAttributes = {
    specversion: "1.0",
    id,
    source: "/suite",
    type,
    // A broker on a shared log finds both in the event alone.
    ...(partitionKey !== undefined && { partitionkey: partitionKey }),
    ...(dataKind === "text" && { datacontenttype: "text/plain" }),
  };
  const event = encodeEvent(attributes, dataKind, data);
  return { dedupeKey, type, event, ...(partitionKey === undefined ? {} : { partitionKey }) };
}

/** `count` texts: e1, e2, e3 ... */
export function eventIds(count: number, prefix = "e"): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);
}

export function eventId({ event }: { readonly event: EncodedEvent }): string {
  return decodeAttributes(event).id;
}
