/**
 * Events in the JSON format that somebody else wrote.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
import { type AttributeFault, checkAttributes } from "./cloudevent-attributes.ts";
import type { DataKind, EventAttributes } from "./event.ts";
import { isObject, parseJson } from "./json.ts";
import { memberText } from "./json-slice.ts";
import { err, ok, type Result } from "./result.ts";

export interface StructuredEvent {
  readonly attributes: EventAttributes;
  readonly dataKind: DataKind;
  /** JSON text, as `encodeEvent` takes it. */
  readonly data?: string;
}

export type StructuredEventFault = AttributeFault | "not_a_cloudevent" | "invalid_json" | "invalid_data";

export type AttributeCheck = typeof checkAttributes;

/** `json` is the text of one event in the JSON format. */
export function decodeStructuredEvent(
  json: string,
  check: AttributeCheck = checkAttributes,
): Result<StructuredEvent, StructuredEventFault> {
  const parsed = parseJson(json);
  if (parsed === undefined) return err("invalid_json");
  if (!isObject(parsed)) return err("not_a_cloudevent");
  const attributes = check(Object.entries(parsed).filter(([name]) => name !== "data" && name !== "data_base64"));
  if (!attributes.ok) return attributes;
  const { data, data_base64: base64 } = parsed;
  if (base64 !== undefined && base64 !== null) {
    if (Object.hasOwn(parsed, "data") || typeof base64 !== "string" || !isBase64(base64)) return err("invalid_data");
    return ok({ attributes: attributes.value, dataKind: "base64", data: JSON.stringify(base64) });
  }
  const text = data === undefined ? undefined : memberText(json, "data");
  if (text === undefined) return ok({ attributes: attributes.value, dataKind: "none" });
  return ok({ attributes: attributes.value, dataKind: kindOfData(data, attributes.value), data: text });
}

/** A JSON string may be a JSON value or a text: the content type tells. */
export function kindOfData(data: unknown, { datacontenttype }: EventAttributes): "json" | "text" {
  return typeof data === "string" && !isJsonType(datacontenttype) ? "text" : "json";
}

/** A media type without parameters, in lower case. */
export function mediaType(contentType: string | undefined): string {
  return (contentType?.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** No content type means JSON (JSON format, section 3.1). */
export function isJsonType(contentType: string | undefined): boolean {
  const type = mediaType(contentType);
  return type === "" || type.endsWith("/json") || type.endsWith("+json");
}

export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
