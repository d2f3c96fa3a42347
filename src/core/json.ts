/** A JSON object nobody has looked at yet. */
export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The own member `key`, never one that is inherited (`__proto__`, `constructor`). */
export function member(value: unknown, key: string): unknown {
  if (!isObject(value)) return undefined;
  const found = value[key];
  // Most looks find nothing, and need not ask whose it is.
  return found === undefined || Object.hasOwn(value, key) ? found : undefined;
}

/** Undefined, which no JSON text stands for, where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
