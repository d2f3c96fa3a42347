/**
 * An event as it is found on a log that others write to: bytes that may be ours (`encodeEvent`), another's CloudEvent,
 * or nothing of the kind.
 */
import type { AttributeFault } from "./cloudevent-attributes.ts";
import { type AttributeValue, type DataKind, type EncodedEvent, type EventAttributes, encodeEvent } from "./event.ts";
import { isObject, parseJson } from "./json.ts";
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
const DATA_MEMBERS = [',"data":', ',"data_base64":'] as const;

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
  const found = DATA_MEMBERS.map((name) => ({ name, at: text.indexOf(name) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
  if (!text.startsWith("{") || !text.endsWith("}") || bytes[0] !== 0x7b) return undefined;
  const parsed = parseJson(found ? `${text.slice(0, found.at)}}` : text);
  if (!isObject(parsed) || Object.hasOwn(parsed, "data") || Object.hasOwn(parsed, "data_base64")) return undefined;
  const attributes = checkLeniently(Object.entries(parsed));
  if (!attributes.ok || Object.values(parsed).includes(null)) return undefined;
  if (!found) return { attributes: attributes.value, event: { bytes, dataOffset: bytes.length, dataKind: "none" } };
  const start = found.at + found.name.length;
  const data = parseJson(text.slice(start, -1));
  const dataKind = kindOf(found.name, data, attributes.value);
  if (!dataKind) return undefined;
  const isAscii = bytes.length === text.length;
  const dataOffset = isAscii ? start : encoder.encode(text.slice(0, start)).length;
  return { attributes: attributes.value, event: { bytes, dataOffset, dataKind } };
}

function kindOf(name: string, data: unknown, attributes: EventAttributes): DataKind | undefined {
  if (data === undefined) return undefined;
  if (name === ',"data":') return kindOfData(data, attributes);
  return typeof data === "string" && isBase64(data) ? "base64" : undefined;
}

/**
 * What was stored is sent, if it can be: values that the specification would rather not have, and long ones, are the
 * business of whoever let them in.
 */
function checkLeniently(candidates: Iterable<readonly [string, unknown]>): Result<EventAttributes, AttributeFault> {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  for (const [name, value] of candidates) {
    if (value === null || value === undefined) continue;
    if (!NAME.test(name)) return err("invalid_attribute_name");
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      return err("invalid_attribute_value");
    }
    attributes[name] = value;
  }
  const { specversion, id, source, type } = attributes;
  if ([specversion, id, source, type].includes(undefined)) return err("missing_attribute");
  if (specversion !== "1.0") return err("unsupported_specversion");
  for (const name of ["id", "source", "type", "subject", "time", "datacontenttype", "dataschema"]) {
    const value = attributes[name];
    if (value !== undefined && (typeof value !== "string" || value === "")) return err("invalid_attribute_value");
  }
  return ok({ ...attributes } as EventAttributes);
}
