/** JSON that is written again must keep numbers that a double cannot hold, such as an id of 19 digits. */

/** Digits enough to be more than a double keeps; rare enough that a text which has them may take longer. */
const LONG_NUMBER = /[\d.]{16}|\d[eE][+-]?\d{2}/;

/** https://tc39.es/proposal-json-parse-with-source/ */
interface RawJson {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}
const RAW = JSON as typeof JSON & RawJson;

/** As JSON.parse, and throws as it does. A number that would not come back as it was is an object that JSON.stringify writes. */
export function parseExactly(text: string): unknown {
  return LONG_NUMBER.test(text) ? JSON.parse(text, keepSource) : JSON.parse(text);
}

export function isExactNumber(value: unknown): boolean {
  return RAW.isRawJSON(value);
}

function keepSource(this: unknown, _key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return String(value) === context.source ? value : RAW.rawJSON(context.source);
}
