/** The configuration of a Worker: the same YAML, in POOLCAST_CONFIG or bundled with it as a text module. */
import type { Config, ConfigFault } from "../config/config.ts";
import { parseConfig } from "../config/parse.ts";
import { WORKERS } from "../config/platform.ts";
import { err, ok, type Result } from "../core/result.ts";
import { unusableSecrets } from "./target-secrets.ts";
import { configText, readBindings, type WorkerEnv, type WorkerTexts } from "./worker-bindings.ts";
import { fitToWorkers, refusedOnWorkers } from "./worker-limits.ts";

/** What a Worker begins with. */
export interface WorkerSetup {
  readonly config: Config;
  /** What `${NAME}` stood for, and where the SDK of AWS would look. */
  readonly env: WorkerTexts;
}

const NO_CONFIGURATION =
  "there is no configuration: run `npx wrangler secret put POOLCAST_CONFIG < poolcast.yaml`, or bundle it (docs/workers.md)";

export async function readWorkerSetup(
  env: WorkerEnv,
  bundled?: string,
): Promise<Result<WorkerSetup, readonly ConfigFault[]>> {
  const texts = await readBindings(env, bundled);
  if (!texts.ok) return texts;
  const config = readWorkerConfig(texts.value, bundled);
  return config.ok ? ok({ config: config.value, env: texts.value }) : config;
}

export function readWorkerConfig(texts: WorkerTexts, bundled?: string): Result<Config, readonly ConfigFault[]> {
  const text = configText(texts, bundled);
  if (text === undefined) return err([{ path: "", message: NO_CONFIGURATION }]);
  const parsed = parseConfig(text, texts, WORKERS);
  if (!parsed.ok) return parsed;
  const config = parsed.value;
  const refused = [...unusableSecrets(config), ...refusedOnWorkers(config, texts)];
  return refused.length > 0 ? err(refused) : ok(fitToWorkers(config, texts));
}
