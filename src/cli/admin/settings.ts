/** The options that every command about a running gateway takes. */
import { type Command, Option } from "commander";
import type { Config, ConfigFault } from "../../config/config.ts";
import { isLoopbackHost } from "../../core/loopback.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { gatewayUrl, isHeaderValue, URL_FAULT } from "../gateway-address.ts";
import { loadConfig } from "../load-config.ts";

export interface RawAdminOptions {
  readonly url?: string;
  readonly adminKey?: string;
  readonly config?: string;
  readonly json?: true;
}

export interface AdminSettings {
  /** Of the gateway, without a slash at its end. */
  readonly url: string;
  readonly adminKey: string | undefined;
  /** Whose store may be opened where no gateway answers; undefined where a URL was named. */
  readonly config: Config | undefined;
}

export function withAdminOptions(command: Command): Command {
  return command
    .addOption(new Option("--url <url>", "URL of the gateway (default: as the configuration says)").env("POOLCAST_URL"))
    .addOption(new Option("--admin-key <key>", "one of the gateway's adminKeys").env("POOLCAST_ADMIN_KEY"))
    .option("--config <file>", "configuration file (default: ./poolcast.yaml where it exists)")
    .option("--json", "print the answer as JSON");
}

/** Without a URL it is the gateway of the configuration here, by its own key. Set but empty counts as not set. */
export function readAdminSettings(
  raw: RawAdminOptions,
  env: NodeJS.ProcessEnv,
): Result<AdminSettings, readonly (string | ConfigFault)[]> {
  const { url: named = "", adminKey: key = "" } = raw;
  const faults: string[] = [];
  const url = named === "" ? undefined : gatewayUrl(named);
  if (named !== "" && url === undefined) faults.push(URL_FAULT);
  if (!isHeaderValue(key)) {
    faults.push("--admin-key (or POOLCAST_ADMIN_KEY): the key has characters that no HTTP header can carry");
  }
  if (faults.length > 0) return err(faults);
  const adminKey = key === "" ? undefined : key;
  if (url !== undefined) return ok({ url, adminKey, config: undefined });
  const config = loadConfig(raw.config, env);
  if (!config.ok) return err(config.error);
  const { listen, adminKeys } = config.value;
  return ok({ url: urlOf(listen), adminKey: adminKey ?? adminKeys[0], config: config.value });
}

/** A listener for everybody is reached on this machine too. */
function urlOf({ host, port }: Config["listen"]): string {
  const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const name = here.includes(":") ? `[${here}]` : here;
  return `http://${isLoopbackHost(here) ? name : here}:${port}`;
}
