/**
 * Context attributes as `ce-` headers, percent-encoded.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values
 */
import type { EventAttributes } from "../core/event.ts";

const encoder = new TextEncoder();

export function binaryHeaders(attributes: EventAttributes): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    if (name === "datacontenttype") headers["content-type"] = String(value);
    else headers[`ce-${name}`] = encodeHeaderValue(String(value));
  }
  return headers;
}

/** Space, `"`, `%` and everything outside U+0021 to U+007E go as the percent-encoded bytes of their UTF-8. */
export function encodeHeaderValue(value: string): string {
  if (/^[!#$&-~]*$/.test(value)) return value;
  let encoded = "";
  for (const byte of encoder.encode(value)) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
