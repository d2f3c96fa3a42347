/** What a file or a text holds: whole events, or data of one. */
import { encodeBase64 } from "../../core/event.ts";
import { member, parseJson } from "../../core/json.ts";
import { itemTexts } from "../../core/json-slice.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { isJsonType, type StructuredEvent } from "../../core/structured-event.ts";
import { decodeUtf8 } from "../../core/utf8.ts";

export interface EventData extends Pick<StructuredEvent, "dataKind" | "data"> {
  readonly contentType: string;
}

/**
 * The texts of whole events in the JSON format: one, an array of them, or one a line. What stands among events counts as
 * one, so that it is named and not taken for data. Undefined where there is none.
 */
export function eventTexts(text: string): readonly string[] | undefined {
  const whole = parseJson(text);
  if (isWholeEvent(whole)) return [text];
  if (Array.isArray(whole)) return whole.some(isWholeEvent) ? itemTexts(text) : undefined;
  if (whole !== undefined) return undefined;
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.some((line) => isWholeEvent(parseJson(line))) ? lines : undefined;
}

/** Every event must say the version that it is of; data hardly ever does. */
function isWholeEvent(value: unknown): boolean {
  return member(value, "specversion") !== undefined;
}

/** As JSON where it is JSON and `contentType` allows it, else as text, else as bytes. */
export function eventData(bytes: Uint8Array, contentType: string | undefined): Result<EventData, string> {
  const text = decodeUtf8(bytes);
  const isJson = text !== undefined && parseJson(text) !== undefined;
  if (contentType !== undefined && isJsonType(contentType) && !isJson) {
    return err(`the data is no JSON, and the content type ${contentType} says it is`);
  }
  if (text !== undefined && isJson && (contentType === undefined || isJsonType(contentType))) {
    return ok({ contentType: contentType ?? "application/json", dataKind: "json", data: text.trim() });
  }
  if (text !== undefined) {
    return ok({ contentType: contentType ?? "text/plain", dataKind: "text", data: JSON.stringify(text) });
  }
  const base64 = JSON.stringify(encodeBase64(bytes));
  return ok({ contentType: contentType ?? "application/octet-stream", dataKind: "base64", data: base64 });
}
