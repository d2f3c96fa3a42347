/** The options that every command about a running gateway takes. */
import { type Command, Option } from "commander";
import type { Config } from "../../config/config.ts";
import { ok, type Result } from "../../core/result.ts";
import { type KeyKind, readGatewaySettings, type SettingFault, urlOption } from "../gateway-settings.ts";

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

const ADMIN_KEY: KeyKind = { name: "--admin-key (or POOLCAST_ADMIN_KEY)", of: ({ adminKeys }) => adminKeys[0] };

export function withAdminOptions(command: Command): Command {
  return command
    .addOption(urlOption())
    .addOption(new Option("--admin-key <key>", "one of the gateway's adminKeys").env("POOLCAST_ADMIN_KEY"))
    .option("--config <file>", "configuration file (default: ./poolcast.yaml where it exists)")
    .option("--json", "print the answer as JSON");
}

export function readAdminSettings(
  { url, adminKey, config }: RawAdminOptions,
  env: NodeJS.ProcessEnv,
): Result<AdminSettings, readonly SettingFault[]> {
  const read = readGatewaySettings({ url, key: adminKey, config }, ADMIN_KEY, env);
  if (!read.ok) return read;
  const { key, ...rest } = read.value;
  return ok({ ...rest, adminKey: key });
}
