/** From the text of a manifest to a configuration that can be run here, by way of the text that would say the same. */
import type { Config, ConfigFault } from "../config/config.ts";
import { err, ok, type Result } from "../core/result.ts";
import { configurationOf, configurationText, type ManifestConfiguration } from "../manifest/configuration.ts";
import { readManifest } from "../manifest/read-manifest.ts";
import { allFaults } from "../manifest/reading.ts";
import { readConfig } from "./read-config.ts";

export interface ManifestConfig {
  readonly config: Config;
  readonly notes: readonly ConfigFault[];
}

/** All faults, each at its place in the manifest. */
export function readManifestConfig(
  text: string,
  broker: string | undefined,
  env: NodeJS.ProcessEnv,
): Result<ManifestConfig, readonly ConfigFault[]> {
  const objects = readManifest(text);
  if (!objects.ok) return objects;
  const made = configurationOf(objects.value, broker);
  return made.ok ? judgeManifest(made.value, env) : made;
}

/** By the rules of the configuration it was made into. */
export function judgeManifest(
  made: ManifestConfiguration,
  env: NodeJS.ProcessEnv,
): Result<ManifestConfig, readonly ConfigFault[]> {
  const secrets = Object.fromEntries(made.secrets.map(({ variable, value }) => [variable, value]));
  const config = readConfig(configurationText(made.tree), { ...env, ...secrets });
  const faults = allFaults(made, config.ok ? [] : config.error);
  return config.ok && faults.length === 0 ? ok({ config: config.value, notes: made.notes }) : err(faults);
}
