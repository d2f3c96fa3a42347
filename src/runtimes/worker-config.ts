/** The configuration of a Worker: the same YAML, in POOLCAST_CONFIG or bundled with it as a text module. */
import type { Config, ConfigFault } from "../config/config.ts";
import { parseConfig } from "../config/parse.ts";
import { WORKERS } from "../config/platform.ts";
import { err, ok, type Result } from "../core/result.ts";
import { unusableSecrets } from "./target-secrets.ts";
import { fitToWorkers, refusedOnWorkers } from "./worker-limits.ts";

/** Variables and secrets are texts, bindings are objects. */
export type WorkerEnv = Readonly<Record<string, unknown>>;

const NO_CONFIGURATION =
  "there is no configuration: run `npx wrangler secret put POOLCAST_CONFIG < poolcast.yaml`, or bundle it (docs/workers.md)";

export function readWorkerConfig(env: WorkerEnv, bundled?: string): Result<Config, readonly ConfigFault[]> {
  const texts = textsOf(env);
  const text = texts.POOLCAST_CONFIG ?? bundled;
  if (text === undefined) return err([{ path: "", message: NO_CONFIGURATION }]);
  const parsed = parseConfig(text, texts, WORKERS);
  if (!parsed.ok) return parsed;
  const config = parsed.value;
  const refused = [...unusableSecrets(config), ...refusedOnWorkers(config, texts)];
  return refused.length > 0 ? err(refused) : ok(fitToWorkers(config, texts));
}

/** What `${NAME}` may stand for, and where the SDK of AWS would look. */
export function textsOf(env: WorkerEnv): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
