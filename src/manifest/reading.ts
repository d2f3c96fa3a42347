/** What grows while a manifest is read: the findings, the values of its secrets, and where everything came from. */
import type { ConfigFault } from "../config/config.ts";
import { formatPath, type Path } from "../config/fault-path.ts";
import { isObject } from "../core/json.ts";
import { type Findings, type ManifestObject, placeOf } from "./object.ts";

/** A secret of the manifest, which the configuration names as `${variable}`. */
export interface SecretVariable {
  readonly variable: string;
  readonly value: string;
  /** The key of a Secret that holds it; absent where the value stands in the object itself. */
  readonly key?: { readonly secret: ManifestObject; readonly key: string };
}

export interface Reading extends Findings {
  readonly objects: readonly ManifestObject[];
  readonly secrets: SecretVariable[];
  /** Which place in the manifest a place in the configuration came from; of several the longest counts. */
  readonly origins: Map<string, { readonly object: ManifestObject; readonly path: Path }>;
}

export function startReading(objects: readonly ManifestObject[]): Reading {
  return { objects, faults: [], notes: [], secrets: [], origins: new Map() };
}

export function fault({ faults }: Findings, object: ManifestObject, path: Path, message: string): undefined {
  faults.push({ path: placeOf(object, path), message });
}

export function note({ notes }: Findings, object: ManifestObject, path: Path, message: string): undefined {
  notes.push({ path: placeOf(object, path), message });
}

export function from({ origins }: Reading, configured: Path, object: ManifestObject, path: Path): void {
  origins.set(formatPath(configured), { object, path });
}

/** The name of the variable that stands for a secret; the same value twice is one variable. */
export function secretVariable(
  { secrets }: Pick<Reading, "secrets">,
  words: readonly string[],
  value: string,
  key?: SecretVariable["key"],
): string {
  const wanted = words
    .join("_")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
  for (let count = 1; ; count++) {
    const variable = count === 1 ? wanted : `${wanted}_${count}`;
    const taken = secrets.find((one) => one.variable === variable);
    if (taken === undefined) secrets.push({ variable, value, ...(key && { key }) });
    else if (taken.key?.secret !== key?.secret || taken.key?.key !== key?.key || taken.value !== value) continue;
    return `\${${variable}}`;
  }
}

/** Nothing in a manifest is filled from the environment, so that what looks like `${NAME}` there stays as it is. */
export function literally<T>(value: T): T;
export function literally(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("${", () => "$${");
  if (Array.isArray(value)) return value.map((item) => literally<unknown>(item));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, literally(item)]));
}

/**
 * The faults of a manifest with those of the configuration that it was made into, told of the place in the manifest. What
 * could not be made is known already, and not told a second time as missing.
 */
export function allFaults(
  { faults, origins }: Pick<Reading, "faults" | "origins">,
  configured: readonly ConfigFault[],
): readonly ConfigFault[] {
  const others = configured.map((one) => inManifest(origins, one));
  const isKnown = (path: string) => faults.some((one) => one.path.startsWith(path) || path.startsWith(one.path));
  return [...faults, ...others.filter(({ path }) => !isKnown(path))];
}

function inManifest(origins: Reading["origins"], { path, message }: ConfigFault): ConfigFault {
  let best = "";
  for (const start of origins.keys()) {
    if (start.length > best.length && path.startsWith(start) && /^(?:$|[.[])/.test(path.slice(start.length)))
      best = start;
  }
  const origin = origins.get(best);
  if (origin === undefined) return { path, message };
  const place = placeOf(origin.object, origin.path);
  const rest = path.slice(best.length);
  return { path: origin.path.length === 0 ? `${place}${rest.replace(/^\.?/, ": ")}` : `${place}${rest}`, message };
}
