/**
 * CloudEvents over HTTP, as a receiver: binary, structured and batched.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
import { checkAttributes } from "./cloudevent-attributes.ts";
import { type EventAttributes, encodeBase64 } from "./event.ts";
import { parseJson } from "./json.ts";
import { itemTexts } from "./json-slice.ts";
import { err, ok, type Result } from "./result.ts";
import {
  decodeStructuredEvent,
  isJsonType,
  type StructuredEvent,
  type StructuredEventFault,
} from "./structured-event.ts";
import { decodeUtf8 } from "./utf8.ts";

export type PostedEventFault = StructuredEventFault | "invalid_header_encoding";

export type PostedEventResult = Result<StructuredEvent, PostedEventFault>;

export function decodeBinaryEvent(headers: Headers, body: Uint8Array): PostedEventResult {
  const candidates: [string, string][] = [];
  for (const [name, value] of headers) {
    if (!name.startsWith("ce-")) continue;
    const decoded = decodeHeaderValue(value);
    if (decoded === undefined) return err("invalid_header_encoding");
    candidates.push([name.slice(3), decoded]);
  }
  const contentType = headers.get("content-type") ?? undefined;
  if (contentType !== undefined) candidates.push(["datacontenttype", contentType]);
  const attributes = checkAttributes(candidates);
  if (!attributes.ok) return attributes;
  return withData(attributes.value, body);
}

function withData(attributes: EventAttributes, body: Uint8Array): PostedEventResult {
  if (body.length === 0) return ok({ attributes, dataKind: "none" });
  const text = decodeUtf8(body);
  if (isJsonType(attributes.datacontenttype)) {
    if (text === undefined || parseJson(text) === undefined) return err("invalid_data");
    return ok({ attributes, dataKind: "json", data: text });
  }
  if (text !== undefined && attributes.datacontenttype?.toLowerCase().startsWith("text/")) {
    return ok({ attributes, dataKind: "text", data: JSON.stringify(text) });
  }
  return ok({ attributes, dataKind: "base64", data: JSON.stringify(encodeBase64(body)) });
}

/** One result per event of the batch; an error where the whole is no batch. */
export function decodeBatch(json: string): Result<readonly PostedEventResult[], "invalid_json" | "not_a_cloudevent"> {
  const parsed = parseJson(json);
  if (parsed === undefined) return err("invalid_json");
  if (!Array.isArray(parsed)) return err("not_a_cloudevent");
  return ok(itemTexts(json).map((item) => decodeStructuredEvent(item)));
}

/** Section 3.1.3.2: unquote, then one round of percent-decoding; undefined where that is no UTF-8. */
function decodeHeaderValue(value: string): string | undefined {
  const unquoted = /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
  // Header bytes above 0x7f come as Latin-1; senders that do not encode write UTF-8 there.
  if (!/[%\u0080-\u00ff]/.test(unquoted)) return unquoted;
  const bytes: number[] = [];
  for (let at = 0; at < unquoted.length; at++) {
    const hex = unquoted[at] === "%" ? /^[0-9a-fA-F]{2}/.exec(unquoted.slice(at + 1, at + 3))?.[0] : undefined;
    bytes.push(hex === undefined ? unquoted.charCodeAt(at) : Number.parseInt(hex, 16));
    if (hex !== undefined) at += 2;
  }
  return decodeUtf8(Uint8Array.from(bytes));
}
