/** From the text of a configuration to one that can be run here. */
import type { Config, ConfigFault } from "../config/config.ts";
import { parseConfig } from "../config/parse.ts";
import { err, type Result } from "../core/result.ts";
import { refusedOnDenoDeploy } from "./deno-deploy.ts";
import { unusableTlsKeys } from "./target-keys.ts";
import { unusableSecrets } from "./target-secrets.ts";
import { refusedOffWorkers } from "./workers-only.ts";

export function readConfig(text: string | undefined, env: NodeJS.ProcessEnv): Result<Config, readonly ConfigFault[]> {
  const parsed = parseConfig(text, env);
  if (!parsed.ok) return parsed;
  const config = parsed.value;
  const refused = [
    ...unusableTlsKeys(config),
    ...unusableSecrets(config),
    ...refusedOnDenoDeploy(config, env),
    ...refusedOffWorkers(config),
  ];
  return refused.length > 0 ? err(refused) : parsed;
}
