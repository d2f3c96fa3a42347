/** Any JSON, the nasty kinds above all, and records with some of their nodes changed: for the property tests. */
import fc from "fast-check";
import { isObject } from "../../src/core/json.ts";
import { HIDDEN, POOL_ID } from "./records.ts";

export function nested(value: unknown, depth: number): unknown {
  let result = value;
  for (let level = 0; level < depth; level++) result = level % 2 === 0 ? [result] : { user: result };
  return result;
}

const nasty = fc.constantFrom<unknown>(
  null,
  "",
  HIDDEN,
  `a${HIDDEN}b`,
  "HIDDEN_DUE_TO\u0007_SECURITY_REASONS",
  [HIDDEN],
  "\u0000\u001f\u007f\u0085",
  "\ud800 \udc00 \uffff \u{1fffe}",
  "x".repeat(100_000),
  "🦊".repeat(300),
  POOL_ID,
  302,
  -0,
  1e308,
  "2026-05-04T12:00:00+99:00",
  "AwsServiceEvent",
  "Unknown",
  nested("deep", 200),
  JSON.parse('{"__proto__":{"name":"x"},"constructor":"x","toString":null,"hasOwnProperty":1}'),
  [{ name: "__proto__", value: "x" }],
);

export const anyText = fc.string({ unit: "binary" });
export const json = fc.oneof(
  nasty,
  anyText,
  fc.jsonValue(),
  fc.object({ key: anyText, values: [anyText, fc.integer()] }),
);

/** The paths of all nodes of a value; each path a list of member names. */
export function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const children = Array.isArray(value) || isObject(value) ? Object.entries(value) : [];
  return [path, ...children.flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

export type Change = { readonly kind: "replace" | "delete" | "duplicate"; readonly with: unknown };

/** A copy with the node at the path replaced, left out, or written as a list of itself twice. */
export function changed(value: unknown, [key, ...rest]: readonly string[], change: Change): unknown {
  if (key === undefined) return change.kind === "duplicate" ? [value, value] : change.with;
  const entries = Object.entries(value ?? {}).flatMap(([name, child]): [string, unknown][] => {
    if (name !== key) return [[name, child]];
    return rest.length === 0 && change.kind === "delete" ? [] : [[name, changed(child, rest, change)]];
  });
  return Array.isArray(value) ? entries.map(([, child]) => child) : Object.fromEntries(entries);
}

export const changes = fc.array(
  fc.record({
    at: fc.nat(),
    change: fc.record({ kind: fc.constantFrom<Change["kind"]>("replace", "delete", "duplicate"), with: json }),
  }),
  { minLength: 1, maxLength: 4 },
);

export function mutated(record: unknown, list: readonly { readonly at: number; readonly change: Change }[]): unknown {
  return list.reduce((value, { at, change }) => {
    const paths = pathsOf(value);
    return changed(value, paths[at % paths.length] ?? [], change);
  }, record);
}
