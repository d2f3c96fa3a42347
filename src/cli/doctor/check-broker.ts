import { accessSync, constants, existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { brokerFailureCode } from "../../broker/broker.ts";
import { openSqliteBroker } from "../../broker/sqlite.ts";
import type { BrokerConfig, SqliteBrokerConfig } from "../../config/config.ts";
import { sha256 } from "../../runtimes/hashing.ts";
import { checkReach } from "./check-reach.ts";
import type { CheckResult } from "./check-result.ts";

export async function checkBroker(config: BrokerConfig): Promise<readonly CheckResult[]> {
  switch (config.kind) {
    case "memory":
      return [{ what: "the broker", ok: true, advice: "it keeps events in memory: they end with the process" }];
    case "sqlite":
      return [await checkSqlite(config)];
    case "durable-object":
      return [{ what: "the broker", ok: true, advice: "it is a part of the Worker: its /readyz tells the rest" }];
    case "redis": {
      const urls = config.sentinel?.urls ?? config.clusterUrls ?? (config.url === undefined ? [] : [config.url]);
      return Promise.all(urls.map((url) => checkReach("the redis broker", url)));
    }
  }
}

/** Looks into a store that is there, and creates none. */
async function checkSqlite(config: SqliteBrokerConfig): Promise<CheckResult> {
  const path = resolve(config.path);
  const what = `the broker in ${path}`;
  if (!existsSync(path)) return checkFolder(what, path);
  try {
    const broker = openSqliteBroker({ ...config, clock: Date.now, sha256 });
    try {
      const { writable, code, persistence } = await broker.check();
      if (writable) return { what, ok: true, advice: persistence };
      return { what, ok: false, error: code ?? "broker_unavailable", advice: persistence };
    } finally {
      await broker.close();
    }
  } catch (error) {
    const code = brokerFailureCode(error);
    if (code === "broker_in_use")
      return { what, ok: true, advice: "a gateway has it open: its /readyz tells the rest" };
    return { what, ok: false, error: code, advice: error instanceof Error ? error.message : String(error) };
  }
}

function checkFolder(what: string, path: string): CheckResult {
  let folder = dirname(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return { what, ok: true, advice: "it will be created at the first start" };
  } catch {
    return { what, ok: false, error: "EACCES", advice: `let the user that runs poolcast write in ${folder}` };
  }
}
