/** Which gateway a command means, and by which key: as it is told, else as the configuration here says. */
import { Option } from "commander";
import type { Config, ConfigFault } from "../config/config.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import { err, ok, type Result } from "../core/result.ts";
import { complain } from "./complain.ts";
import { gatewayUrl, isHeaderValue, URL_FAULT } from "./gateway-address.ts";
import { loadConfig, writeFaults } from "./load-config.ts";

export interface RawGateway {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  /** A file. */
  readonly config?: string | undefined;
}

/** The key that a command takes. */
export interface KeyKind {
  /** As `--admin-key (or POOLCAST_ADMIN_KEY)`. */
  readonly name: string;
  readonly of: (config: Config) => string | undefined;
}

export interface GatewaySettings {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string | undefined;
  /** Undefined where a URL was named: it may be another gateway's. */
  readonly config: Config | undefined;
}

export type SettingFault = string | ConfigFault;

export function urlOption(): Option {
  return new Option("--url <url>", "URL of the gateway (default: as the configuration says)").env("POOLCAST_URL");
}

/** Without a URL it is the gateway of the configuration here, by its own key. Set but empty counts as not set. */
export function readGatewaySettings(
  { url: named = "", key = "", config: file }: RawGateway,
  kind: KeyKind,
  env: NodeJS.ProcessEnv,
): Result<GatewaySettings, readonly SettingFault[]> {
  const faults: string[] = [];
  const url = named === "" ? undefined : gatewayUrl(named);
  if (named !== "" && url === undefined) faults.push(URL_FAULT);
  if (!isHeaderValue(key)) faults.push(`${kind.name}: the key has characters that no HTTP header can carry`);
  if (faults.length > 0) return err(faults);
  const given = key === "" ? undefined : key;
  if (url !== undefined) return ok({ url, key: given, config: undefined });
  const config = loadConfig(file, env);
  if (!config.ok) return err(config.error);
  return ok({ url: urlOf(config.value.listen), key: given ?? kind.of(config.value), config: config.value });
}

export function writeSettingFaults(faults: readonly SettingFault[]): void {
  for (const fault of faults) {
    if (typeof fault === "string") complain(fault);
    else writeFaults([fault]);
  }
}

/** A listener for everybody is reached on this machine too. */
function urlOf({ host, port }: Config["listen"]): string {
  const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const name = here.includes(":") ? `[${here}]` : here;
  return `http://${isLoopbackHost(here) ? name : here}:${port}`;
}
