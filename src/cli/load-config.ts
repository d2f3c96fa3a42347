import { readFileSync } from "node:fs";
import type { Config, ConfigFault } from "../config/config.ts";
import { err, ok, type Result } from "../core/result.ts";
import { readConfig } from "../runtimes/read-config.ts";

const DEFAULT_FILE = "poolcast.yaml";

/** Where the configuration stands: a file, which may change, or a variable, which does not. */
export type ConfigPlace =
  | { readonly kind: "file"; readonly path: string; readonly optional: boolean }
  | { readonly kind: "variable"; readonly text: string };

/** `--config FILE`, else the text in POOLCAST_CONFIG, else ./poolcast.yaml. */
export function configPlace(file: string | undefined, env: NodeJS.ProcessEnv): ConfigPlace {
  if (file !== undefined) return { kind: "file", path: file, optional: false };
  // What a compose file or a pipeline passes on without having it is empty.
  if (env.POOLCAST_CONFIG?.trim()) return { kind: "variable", text: env.POOLCAST_CONFIG };
  return { kind: "file", path: DEFAULT_FILE, optional: true };
}

/** What is configured there; all defaults where there is nothing. */
export function loadConfig(file: string | undefined, env: NodeJS.ProcessEnv): Result<Config, readonly ConfigFault[]> {
  const text = readText(configPlace(file, env));
  return text.ok ? readConfig(text.value, env) : text;
}

/**
 * The same for a gateway that runs. A file that is gone or empty is a fault here: most likely somebody is writing it,
 * and going on with the defaults would drop every subscription with its backlog.
 */
export function reloadConfig(place: ConfigPlace, env: NodeJS.ProcessEnv): Result<Config, readonly ConfigFault[]> {
  const text = readText(place);
  if (!text.ok) return text;
  if (text.value === undefined || text.value.trim() === "") {
    return err([{ path: "", message: "there is no configuration any more; to go on with the defaults, restart" }]);
  }
  return readConfig(text.value, env);
}

function readText(place: ConfigPlace): Result<string | undefined, readonly ConfigFault[]> {
  if (place.kind === "variable") return ok(place.text);
  try {
    return ok(readFileSync(place.path, "utf8"));
  } catch (error) {
    if (place.optional && error instanceof Error && "code" in error && error.code === "ENOENT") return ok(undefined);
    return err([{ path: "", message: `cannot read ${place.path}: ${error instanceof Error ? error.message : ""}` }]);
  }
}

export function writeFaults(faults: readonly ConfigFault[]): void {
  for (const { path, message } of faults) {
    process.stderr.write(`poolcast: configuration: ${path === "" ? "" : `${path}: `}${message}\n`);
  }
}
