import { isObject, type JsonObject, member } from "../core/json.ts";

/** The tree with `value` at the path; maps on the way are made. */
export function put(tree: JsonObject, [key, ...rest]: readonly string[], value: unknown): JsonObject {
  if (key === undefined) return tree;
  const inner = member(tree, key);
  return { ...tree, [key]: rest.length === 0 ? value : put(isObject(inner) ? inner : {}, rest, value) };
}
