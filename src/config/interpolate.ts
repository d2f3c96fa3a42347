import { isObject } from "../core/json.ts";
import type { Path } from "./fault-path.ts";
import type { Problem } from "./faults.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `$${` (a literal `${`), `${NAME}`, `${NAME:-default}`, or a `${` that begins none of these. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

/**
 * Fills the variables into the texts of a configuration. This happens after the YAML was read, so that what a
 * variable holds is always one text and can add no key. A text that cannot be filled stays as it is.
 */
export function interpolate(
  tree: unknown,
  env: Environment,
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];

  function fill(value: unknown, path: Path): unknown {
    if (typeof value === "string") return fillText(value, path);
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]));
  }

  function fillText(text: string, path: Path): string {
    const messages: string[] = [];
    const filled = text.replaceAll(REFERENCE, (whole: string, name?: string, fallback?: string) => {
      if (whole === "$${") return "${";
      if (name === undefined) messages.push(MALFORMED);
      else if (fallback?.includes("${")) messages.push("the default of a variable cannot hold another variable");
      else {
        const value = variable(env, name);
        // As in a shell, `:-` also replaces a variable that is set but empty.
        if (fallback !== undefined) return value === undefined || value === "" ? fallback : value;
        if (value !== undefined) return value;
        messages.push(`the environment variable ${name} is not set; set it, or give a default: \${${name}:-...}`);
      }
      return whole;
    });
    problems.push(...messages.map((message) => ({ path, message })));
    return messages.length === 0 ? filled : text;
  }

  return { value: fill(tree, []), problems };
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: it shows what to write.
const MALFORMED = "has a ${ that is neither ${NAME} nor ${NAME:-default}; write $${ for the characters themselves";

/** The variables that a text may ask for: those of its comments too, since it was not read as YAML yet. */
export function variablesIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(REFERENCE)].flatMap(([, name]) => (name === undefined ? [] : [name])));
}

/** `env` may have a prototype: `${constructor}` is not set. */
export function variable(env: Environment, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  return typeof value === "string" ? value : undefined;
}
