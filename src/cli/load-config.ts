import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { Config, ConfigFault } from "../config/config.ts";
import { err, ok, type Result } from "../core/result.ts";
import { readConfig } from "../runtimes/read-config.ts";

const DEFAULT_FILE = "poolcast.yaml";

/** Where the configuration stands: a file, which may change, a manifest, which may too, or a variable, which does not. */
export type ConfigPlace =
  | { readonly kind: "file"; readonly path: string; readonly optional: boolean }
  | {
      readonly kind: "manifest";
      readonly path: string;
      readonly read: (text: string) => Result<Loaded, readonly ConfigFault[]>;
    }
  | { readonly kind: "variable"; readonly text: string };

export interface PlaceOptions {
  readonly config?: string;
  readonly from?: string;
  readonly broker?: string;
}

/** For commands that take a manifest in place of a configuration. */
export function withPlaceOptions(command: Command): Command {
  return command
    .option("--config <file>", "configuration file (default: ./poolcast.yaml where it exists)")
    .addOption(new Option("--from <manifest>", "a manifest of Kubernetes objects in its place").conflicts("config"))
    .option("--broker <name>", "with --from: which broker of the manifest");
}

/** What reads a manifest is loaded where there is one. */
export async function placeOf({ config, from, broker }: PlaceOptions, env: NodeJS.ProcessEnv): Promise<ConfigPlace> {
  if (from === undefined) return configPlace(config, env);
  const { readManifestConfig } = await import("../runtimes/read-manifest.ts");
  return { kind: "manifest", path: from, read: (text) => readManifestConfig(text, broker, env) };
}

/** `--config FILE`, else the text in POOLCAST_CONFIG, else ./poolcast.yaml. */
export function configPlace(file: string | undefined, env: NodeJS.ProcessEnv): ConfigPlace {
  if (file !== undefined) return { kind: "file", path: file, optional: false };
  // What a compose file or a pipeline passes on without having it is empty.
  if (env.POOLCAST_CONFIG?.trim()) return { kind: "variable", text: env.POOLCAST_CONFIG };
  return { kind: "file", path: DEFAULT_FILE, optional: true };
}

/** What is configured there; all defaults where there is nothing. */
export function loadConfig(file: string | undefined, env: NodeJS.ProcessEnv): Result<Config, readonly ConfigFault[]> {
  const loaded = loadPlace(configPlace(file, env), env);
  return loaded.ok ? ok(loaded.value.config) : loaded;
}

export interface Loaded {
  readonly config: Config;
  /** What is not as a manifest has it. */
  readonly notes: readonly ConfigFault[];
}

export function loadPlace(place: ConfigPlace, env: NodeJS.ProcessEnv): Result<Loaded, readonly ConfigFault[]> {
  const text = readText(place);
  if (!text.ok) return text;
  if (place.kind === "manifest") return place.read(text.value ?? "");
  const config = readConfig(text.value, env);
  return config.ok ? ok({ config: config.value, notes: [] }) : config;
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
  if (place.kind !== "manifest") return readConfig(text.value, env);
  const loaded = place.read(text.value);
  return loaded.ok ? ok(loaded.value.config) : loaded;
}

function readText(place: ConfigPlace): Result<string | undefined, readonly ConfigFault[]> {
  if (place.kind === "variable") return ok(place.text);
  try {
    return ok(readFileSync(place.path, "utf8"));
  } catch (error) {
    if (place.kind === "file" && place.optional && error instanceof Error && "code" in error && error.code === "ENOENT")
      return ok(undefined);
    return err([{ path: "", message: `cannot read ${place.path}: ${error instanceof Error ? error.message : ""}` }]);
  }
}

/** What a place holds, as it is called. */
export function wordFor({ kind }: ConfigPlace): "configuration" | "manifest" {
  return kind === "manifest" ? kind : "configuration";
}

export function writeFaults(faults: readonly ConfigFault[], what: ReturnType<typeof wordFor> = "configuration"): void {
  for (const { path, message } of faults) {
    process.stderr.write(`poolcast: ${what}: ${path === "" ? "" : `${path}: `}${message}\n`);
  }
}
