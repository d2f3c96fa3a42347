import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";
import { type err, ok } from "../../src/core/result.ts";
import { createReloader } from "../../src/runtimes/reloader.ts";

function configOf(yaml: string): Config {
  const parsed = parseConfig(yaml, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

function setUp(read: () => ReturnType<typeof ok<Config>> | ReturnType<typeof err<[]>>) {
  const applied: Config[] = [];
  const logged: string[] = [];
  let free = () => {};
  const busy = new Promise<void>((done) => (free = done));
  const registry = createMetricsRegistry();
  const reloader = createReloader({
    config: configOf(""),
    read,
    async apply(config) {
      applied.push(config);
      await busy;
      if (config.includeReads && config.onlyConfiguredPools) throw new Error("no such thing");
    },
    registry,
    log: (level, message, fields) => logged.push(JSON.stringify({ level, message, ...fields })),
  });
  return { applied, logged, free: () => free(), reloader, registry };
}

describe("a reloader", () => {
  it("asked several times while it is at work looks once more, at what stands there then", async () => {
    let yaml = "includeReads: true";
    const { applied, free, reloader } = setUp(() => ok(configOf(yaml)));
    const first = reloader.reload();
    yaml = "onlyConfiguredPools: true";
    const others = [reloader.reload(), reloader.reload()];
    free();
    await Promise.all([first, ...others]);
    expect(applied).toEqual([configOf("includeReads: true"), configOf("onlyConfiguredPools: true")]);
  });

  it("that cannot put a configuration to use says so, and tries it again when it is asked again", async () => {
    const { applied, logged, free, reloader, registry } = setUp(() =>
      ok(configOf("{ includeReads: true, onlyConfiguredPools: true }")),
    );
    free();
    await reloader.reload();
    expect(logged.join()).toContain("no such thing");
    expect(await registry.render()).toContain("poolcast_config_last_reload_successful 0");
    await reloader.reload();
    expect(applied).toHaveLength(2);
  });
});
