/** Goes on with a changed configuration, or with the last one and a word about why. */
import type { Config, ConfigFault } from "../config/config.ts";
import { isSameConfig, unreloadable } from "../config/reload.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { Result } from "../core/result.ts";

export interface ReloaderParts {
  /** The one that runs. */
  readonly config: Config;
  readonly read: () => Result<Config, readonly ConfigFault[]>;
  readonly apply: (config: Config) => Promise<void>;
  readonly registry: MetricsRegistry;
  readonly log: Log;
}

export interface Reloader {
  /** Looks at the configuration; asked while it is at it, it looks once more afterwards. Never rejects. */
  reload(): Promise<void>;
}

export function createReloader({ config, read, apply, registry, log }: ReloaderParts): Reloader {
  let running = config;
  let succeeded = true;
  let working: Promise<void> | undefined;
  let again = false;
  const reloads = registry.counter(
    "poolcast_config_reloads_total",
    "Looks at a changed configuration, by what came of it.",
  );
  registry.gauge("poolcast_config_last_reload_successful", "0 while the file holds another than runs.", async () => [
    { labels: {}, value: succeeded ? 1 : 0 },
  ]);

  async function once(): Promise<void> {
    const next = read();
    const faults = next.ok ? unreloadable(running, next.value) : next.error;
    if (!next.ok || faults.length > 0) {
      failed("the changed configuration has faults: the last one goes on", faults);
      return;
    }
    succeeded = true;
    if (isSameConfig(running, next.value)) {
      reloads.add({ outcome: "unchanged" });
      log("info", "the configuration was read again and is the same");
      return;
    }
    try {
      await apply(next.value);
      running = next.value;
      reloads.add({ outcome: "applied" });
      log("info", "the changed configuration holds from now on", {
        subscriptions: next.value.subscriptions.map(({ name }) => name),
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      failed("the changed configuration could not be put to use", [{ path: "", message }]);
    }
  }

  function failed(told: string, faults: readonly ConfigFault[]): void {
    succeeded = false;
    reloads.add({ outcome: "failed" });
    log("error", told, {
      faults: faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)),
    });
  }

  async function work(): Promise<void> {
    do {
      again = false;
      await once();
    } while (again);
    working = undefined;
  }

  return {
    reload() {
      again = working !== undefined;
      working ??= work();
      return working;
    },
  };
}
