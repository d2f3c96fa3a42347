import { readFileSync } from "node:fs";
import type { Config, ConfigFault } from "../config/config.ts";
import { parseConfig } from "../config/parse.ts";
import { err, type Result } from "../core/result.ts";
import { refusedOnDenoDeploy } from "../runtimes/deno-deploy.ts";
import { refusedSettings } from "../runtimes/not-built.ts";
import { unusableTlsKeys } from "../runtimes/target-keys.ts";
import { unusableSecrets } from "../runtimes/target-secrets.ts";
import { refusedOffWorkers } from "../runtimes/workers-only.ts";

const DEFAULT_FILE = "poolcast.yaml";

/** `--config FILE`, else the text in POOLCAST_CONFIG, else ./poolcast.yaml, else all defaults. */
export function loadConfig(file: string | undefined, env: NodeJS.ProcessEnv): Result<Config, readonly ConfigFault[]> {
  let text: string | undefined;
  try {
    text = file === undefined ? (env.POOLCAST_CONFIG ?? readOptional(DEFAULT_FILE)) : readFileSync(file, "utf8");
  } catch (error) {
    return err([
      { path: "", message: `cannot read ${file ?? DEFAULT_FILE}: ${error instanceof Error ? error.message : ""}` },
    ]);
  }
  const parsed = parseConfig(text, env);
  if (!parsed.ok) return parsed;
  const config = parsed.value;
  const refused = [
    ...refusedSettings(config),
    ...unusableTlsKeys(config),
    ...unusableSecrets(config),
    ...refusedOnDenoDeploy(config, env),
    ...refusedOffWorkers(config),
  ];
  return refused.length > 0 ? err(refused) : parsed;
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

export function writeFaults(faults: readonly ConfigFault[]): void {
  for (const { path, message } of faults) {
    process.stderr.write(`poolcast: configuration: ${path === "" ? "" : `${path}: `}${message}\n`);
  }
}
