import { isObject } from "../core/json.ts";
import type { Path } from "./fault-path.ts";
import type { Problem } from "./faults.ts";

const MAX_DEPTH = 64;

/**
 * A copy that holds nothing but maps, lists, texts, numbers, booleans and null: a tree without cycles (YAML aliases
 * can make them) and shallow enough for everything that walks it afterwards. `rename` is applied to keys and texts.
 */
export function toPlainTree(
  value: unknown,
  rename: (text: string) => string,
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const above = new Set<unknown>();

  function copy(value: unknown, path: Path): unknown {
    if (typeof value === "string") return rename(value);
    if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
    if (above.has(value)) return fault(path, "an alias stands within what it stands for");
    if (path.length >= MAX_DEPTH) return fault(path, `is nested deeper than ${MAX_DEPTH} levels`);
    above.add(value);
    const made = copyMembers(value, path);
    above.delete(value);
    return made;
  }

  function copyMembers(value: unknown, path: Path): unknown {
    if (Array.isArray(value)) return value.map((item, index) => copy(item, [...path, index]));
    if (!isObject(value)) return fault(path, "must be a map, a list, a text, a number, true, false or null");
    // fromEntries defines members, so that a key `__proto__` stays a key.
    return Object.fromEntries(
      Object.entries(value).map(([written, item]) => {
        const key = rename(written);
        return [key, copy(item, [...path, key])];
      }),
    );
  }

  function fault(path: Path, message: string): null {
    problems.push({ path, message });
    return null;
  }

  return { value: copy(value, []), problems };
}
