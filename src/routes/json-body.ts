import { parseJson } from "../core/json.ts";
import { err, ok, type Result } from "../core/result.ts";
import { decodeUtf8 } from "../core/utf8.ts";

/** A body that is one JSON value; what is no UTF-8 is none. */
export function parseJsonBody(bytes: Uint8Array): Result<unknown, "invalid_json"> {
  const text = decodeUtf8(bytes);
  const value = text === undefined ? undefined : parseJson(text);
  return value === undefined ? err("invalid_json") : ok(value);
}
