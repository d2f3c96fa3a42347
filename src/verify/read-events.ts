/** The events of a verified delivery, whatever its mode. */
import {
  decodeBatch,
  decodeBinaryEvent,
  type PostedEventFault,
  type PostedEventResult,
} from "../core/cloudevents-http.ts";
import type { EventObject } from "../core/event-object.ts";
import { err, ok, type Result } from "../core/result.ts";
import { decodeStructuredEvent, type StructuredEvent } from "../core/structured-event.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import type { Delivery } from "./verify.ts";

export type DeliveredEvent = EventObject;

export type DeliveryFault = PostedEventFault;

/**
 * All events of a delivery; an error where one is no CloudEvent. `parse` makes of each what the caller wants, and may
 * throw: `readEvents(delivery, parseEvent)`, with `parseEvent` of `poolcast/events`, gives typed events.
 *
 * In binary mode `data` is signed and all else is not: it is taken from headers, which whoever stands between could
 * have changed.
 */
export function readEvents(delivery: Delivery): Result<DeliveredEvent[], DeliveryFault>;
export function readEvents<T>(delivery: Delivery, parse: (event: DeliveredEvent) => T): Result<T[], DeliveryFault>;
export function readEvents(
  delivery: Delivery,
  parse: (event: DeliveredEvent) => unknown = (event) => event,
): Result<unknown[], DeliveryFault> {
  const decoded = decode(delivery);
  if (!decoded.ok) return decoded;
  const events: unknown[] = [];
  for (const one of decoded.value) {
    if (!one.ok) return one;
    events.push(parse(toObject(one.value)));
  }
  return ok(events);
}

function decode({ mode, headers, body }: Delivery): Result<readonly PostedEventResult[], DeliveryFault> {
  if (mode === "binary") return ok([decodeBinaryEvent(headers, body)]);
  const text = decodeUtf8(body);
  if (text === undefined) return err("invalid_json");
  return mode === "batch" ? decodeBatch(text) : ok([decodeStructuredEvent(text)]);
}

function toObject({ attributes: { ...attributes }, dataKind, data }: StructuredEvent): DeliveredEvent {
  if (data === undefined || dataKind === "none") return attributes;
  return { ...attributes, [dataKind === "base64" ? "data_base64" : "data"]: JSON.parse(data) };
}
