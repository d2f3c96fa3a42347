/**
 * The variables of a Worker as texts, whatever kind of binding they are: a text or a secret, a value written as TOML or
 * JSON, or a secret of the Secrets Store, which is an object to ask.
 * https://developers.cloudflare.com/secrets-store/integrations/workers/
 */
import type { ConfigFault } from "../config/config.ts";
import { variablesIn } from "../config/interpolate.ts";
import { isObject } from "../core/json.ts";
import { err, ok, type Result } from "../core/result.ts";

/** Variables and secrets by name, among bindings of other kinds. */
export type WorkerEnv = Readonly<Record<string, unknown>>;
export type WorkerTexts = Readonly<Record<string, string>>;

interface StoredSecret {
  get(): Promise<string>;
}

const CONFIG = "POOLCAST_CONFIG";
/** What credentials and endpoints are read from without being named in the configuration. */
const OF_AWS = /^AWS_[A-Z0-9_]+$/;

/** A store that does not answer is a fault too: nothing can be said of the configuration without its secrets. */
export async function readBindings(
  env: WorkerEnv,
  bundled?: string,
): Promise<Result<WorkerTexts, readonly ConfigFault[]>> {
  const config = await readAll(env, [CONFIG]);
  if (!config.ok) return config;
  const text = configText(config.value, bundled) ?? "";
  const ofAws = Object.keys(env).filter((name) => OF_AWS.test(name));
  const others = await readAll(env, new Set([...variablesIn(text), ...ofAws]));
  return others.ok ? ok({ ...others.value, ...config.value }) : others;
}

/** A variable that a pipeline set from a secret it does not have is empty, and counts as not set. */
export function configText(texts: WorkerTexts, bundled?: string): string | undefined {
  const text = texts[CONFIG];
  return text?.trim() ? text : bundled;
}

/** Only what was asked for: any binding may have a `get`, which would do something else. */
async function readAll(env: WorkerEnv, names: Iterable<string>): Promise<Result<WorkerTexts, readonly ConfigFault[]>> {
  const faults: ConfigFault[] = [];
  const read = await Promise.all(
    [...names].map(async (name) => {
      try {
        const text = await textOf(Object.hasOwn(env, name) ? env[name] : undefined);
        return text === undefined ? [] : [[name, text] as const];
      } catch (error) {
        const message = `the Secrets Store did not give it: ${error instanceof Error ? error.message : String(error)}`;
        faults.push({ path: name, message: `${message}; see that its store_id and secret_name are right` });
        return [];
      }
    }),
  );
  return faults.length > 0 ? err(faults) : ok(Object.fromEntries(read.flat()));
}

async function textOf(binding: unknown): Promise<string | undefined> {
  switch (typeof binding) {
    case "string":
      return binding;
    case "number":
    case "boolean":
      return String(binding);
    default:
      if (isStored(binding)) return binding.get();
      // JSON is YAML.
      return isPlain(binding) ? JSON.stringify(binding) : undefined;
  }
}

function isStored(binding: unknown): binding is StoredSecret {
  return typeof binding === "object" && binding !== null && "get" in binding && typeof binding.get === "function";
}

function isPlain(binding: unknown): boolean {
  return isObject(binding) && Object.getPrototypeOf(binding) === Object.prototype;
}
