/** From an entry of the stream to an event, or to what is shown in its place. */
import { type EncodedEvent, type EventAttributes, encodeBase64, encodeEvent } from "../../core/event.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { readStoredEvent } from "../../core/stored-event.ts";
import { decodeUtf8 } from "../../core/utf8.ts";
import type { RedisReply } from "../../redis/redis.ts";
import type { DeadOnArrival } from "../broker.ts";
import { listOf, textOf } from "./store.ts";

export interface Entry {
  /** As Redis writes it: `<milliseconds>-<number>`. */
  readonly id: string;
  /** Bytes of the field `ce`; 0 where there is none, null where the entry is gone. */
  readonly body: RedisReply | undefined;
}

export interface ReadEntry {
  readonly event: EncodedEvent;
  readonly attributes: EventAttributes;
  readonly recordedAtMs: number;
}

/** As XRANGE answers it. */
export function entryOf(reply: RedisReply): Entry {
  const [id, fields] = listOf(reply);
  return { id: textOf(id), body: bodyOf(listOf(fields)) };
}

/** Of the first field `ce`; 0 where there is none. */
function bodyOf(fields: readonly RedisReply[]): Entry["body"] {
  for (let at = 0; at < fields.length; at += 2) if (textOf(fields[at]) === "ce") return fields[at + 1];
  return 0;
}

export type EntryFault = Pick<DeadOnArrival, "reason" | "detail">;

export function readEntry({ id, body }: Entry, trackingId: boolean): Result<ReadEntry, EntryFault> {
  if (body === 0) return err({ reason: "invalid_event", detail: "the entry has no field ce" });
  if (!(body instanceof Uint8Array)) {
    return err({ reason: "payload_trimmed", detail: "somebody else removed the entry from the stream" });
  }
  const stored = readStoredEvent(body);
  if (!stored.ok) return err({ reason: "invalid_event", detail: stored.error });
  const { event, attributes } = trackingId ? withTrackingId(stored.value, id) : stored.value;
  return ok({ event, attributes, recordedAtMs: recordedAtMs(attributes, id) });
}

/** As TriggerMesh's brokers name it. */
function withTrackingId({ event, attributes }: Pick<ReadEntry, "event" | "attributes">, id: string) {
  const tracked: EventAttributes = { ...attributes, triggermeshbackendid: id };
  const data = decodeUtf8(event.bytes.subarray(event.dataOffset, -1));
  return { event: encodeEvent(tracked, event.dataKind, data), attributes: tracked };
}

function recordedAtMs({ recordedtime }: EventAttributes, id: string): number {
  const told = typeof recordedtime === "string" ? Date.parse(recordedtime) : Number.NaN;
  return Number.isNaN(told) ? timeOfId(id) : told;
}

/** When the entry was written, by the clock that made its id. */
export function timeOfId(id: string): number {
  return Number.parseInt(id, 10);
}

/** What is listed of an entry that holds no event: what it does hold, as far as that is still there. */
export function standIn({ id, body }: Entry): ReadEntry {
  const attributes: EventAttributes = {
    specversion: "1.0",
    id,
    source: "/poolcast",
    type: "dev.poolcast.unreadable_entry",
  };
  const bytes = body instanceof Uint8Array ? body : undefined;
  const event = bytes
    ? encodeEvent(attributes, "base64", JSON.stringify(encodeBase64(bytes)))
    : encodeEvent(attributes, "none");
  return { event, attributes, recordedAtMs: timeOfId(id) };
}
