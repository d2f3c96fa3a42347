/**
 * An event as it is found on a log that others write to: bytes that may be ours (`encodeEvent`), another's CloudEvent,
 * or nothing of the kind.
 */
import type { AttributeFault } from "./cloudevent-attributes.ts";
import { type DataKind, type EncodedEvent, type EventAttributes, encodeEvent } from "./event.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";
import { err, ok, type Result } from "./result.ts";
import { decodeStructuredEvent, isBase64, kindOfData, type StructuredEventFault } from "./structured-event.ts";
import { decodeUtf8 } from "./utf8.ts";

export interface StoredEvent {
  readonly event: EncodedEvent;
  readonly attributes: EventAttributes;
}

export type StoredEventFault = StructuredEventFault | "invalid_utf8";

const encoder = new TextEncoder();
const NAME = /^[a-z0-9]+$/;
const DATA = ',"data":';
const DATA_BASE64 = ',"data_base64":';

/** What `encodeEvent` wrote keeps its bytes; what another wrote in another order is written anew. */
export function readStoredEvent(bytes: Uint8Array): Result<StoredEvent, StoredEventFault> {
  const text = decodeUtf8(bytes);
  if (text === undefined) return err("invalid_utf8");
  const own = readOwnLayout(bytes, text);
  if (own) return ok(own);
  const decoded = decodeStructuredEvent(text, checkLeniently);
  if (!decoded.ok) return decoded;
  const { attributes, dataKind, data } = decoded.value;
  return ok({ attributes, event: encodeEvent(attributes, dataKind, data) });
}

/**
 * Attributes alone, then one data member, and nothing else; undefined where it is otherwise. The first quotation mark
 * of a data member opens a name: as the end of a string it would be followed by what JSON does not have.
 */
function readOwnLayout(bytes: Uint8Array, text: string): StoredEvent | undefined {
  if (bytes[0] !== 0x7b || !text.endsWith("}")) return undefined;
  const dataAt = text.indexOf(DATA);
  const name = dataAt < 0 ? DATA_BASE64 : DATA;
  const at = dataAt < 0 ? text.indexOf(name) : dataAt;
  const attributes = parseJson(at < 0 ? text : `${text.slice(0, at)}}`);
  if (!isObject(attributes) || hasNull(attributes) || faultOf(attributes) !== undefined) return undefined;
  if (at < 0) return stored(attributes, { bytes, dataOffset: bytes.length, dataKind: "none" });
  const start = at + name.length;
  const data = parseJson(text.slice(start, -1));
  const dataKind = data === undefined ? undefined : kindOf(name, data, attributes);
  if (!dataKind) return undefined;
  const isAscii = bytes.length === text.length;
  const dataOffset = isAscii ? start : encoder.encode(text.slice(0, start)).length;
  return stored(attributes, { bytes, dataOffset, dataKind });
}

/** After `faultOf` found nothing. */
function stored(attributes: JsonObject, event: EncodedEvent): StoredEvent {
  return { attributes: attributes as EventAttributes, event };
}

function kindOf(name: string, data: unknown, attributes: JsonObject): DataKind | undefined {
  if (name === DATA) return kindOfData(data, attributes as EventAttributes);
  return typeof data === "string" && isBase64(data) ? "base64" : undefined;
}

function hasNull(attributes: JsonObject): boolean {
  for (const name in attributes) if (attributes[name] === null) return true;
  return false;
}

const TEXTS = ["id", "source", "type", "subject", "time", "datacontenttype", "dataschema"];

/**
 * What was stored is sent, if it can be: values that the specification would rather not have, and long ones, are the
 * business of whoever let them in.
 */
function faultOf(attributes: JsonObject): AttributeFault | undefined {
  for (const name in attributes) {
    if (!NAME.test(name) || name === "data") return "invalid_attribute_name";
    const kind = typeof attributes[name];
    if (kind !== "string" && kind !== "number" && kind !== "boolean") return "invalid_attribute_value";
  }
  const { specversion, id, source, type } = attributes;
  if (specversion === undefined || id === undefined || source === undefined || type === undefined) {
    return "missing_attribute";
  }
  if (specversion !== "1.0") return "unsupported_specversion";
  for (const name of TEXTS) {
    const value = attributes[name];
    if (value !== undefined && (typeof value !== "string" || value === "")) return "invalid_attribute_value";
  }
  return undefined;
}

/** Members that are null count as absent, as the JSON format says. */
function checkLeniently(candidates: Iterable<readonly [string, unknown]>): Result<EventAttributes, AttributeFault> {
  const attributes: JsonObject = Object.fromEntries([...candidates].filter(([, value]) => value !== null));
  const fault = faultOf(attributes);
  return fault === undefined ? ok(attributes as EventAttributes) : err(fault);
}
