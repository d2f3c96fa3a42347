/** The gateway as its users start it, on a free loopback port. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { stopProcess } from "./stop-process.ts";

export interface GatewayOptions {
  /** Holds the configuration and the broker's file, poolcast.db, where that is not elsewhere. */
  readonly directory: string;
  readonly apiKey: string;
  /** As in the configuration; by default SQLite in that directory. */
  readonly broker?: object;
  readonly subscriptions: object;
  readonly pools?: readonly object[];
  readonly cpuProfDirectory?: string | undefined;
  /** What is run; the sources unless told otherwise. */
  readonly entry?: string;
}

export interface GatewayProcess {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export const BROKER_FILE = "poolcast.db";

export const MAIN = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const PATIENCE_MS = 15_000;

export async function startGateway(options: GatewayOptions): Promise<GatewayProcess> {
  const { directory, apiKey, subscriptions, pools = [], cpuProfDirectory, entry = MAIN } = options;
  const { broker = { kind: "sqlite", path: join(directory, BROKER_FILE) } } = options;
  const configFile = join(directory, "poolcast.yaml");
  // JSON is YAML too.
  const config = {
    listen: { host: "127.0.0.1", port: 0 },
    broker,
    ingest: { eventbridge: { apiKeys: [apiKey] } },
    subscriptions,
    pools,
  };
  writeFileSync(configFile, JSON.stringify(config));
  const profiling = cpuProfDirectory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${cpuProfDirectory}`];
  const { PORT: _port, HOST: _host, ...env } = process.env;
  const child = spawn(process.execPath, [...profiling, entry, "start", "--config", configFile], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  try {
    const port = await new Promise<number>((done, fail) => {
      const patience = setTimeout(() => fail(new Error("the gateway does not start")), PATIENCE_MS);
      child.once("exit", () => fail(new Error(`the gateway ended at its start:\n${lines.join("\n")}`)));
      createInterface({ input: child.stderr }).on("line", (line) => {
        if (lines.length < 20) lines.push(line);
        const address = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
        if (!address) return;
        clearTimeout(patience);
        done(Number(address[1]));
      });
    });
    return { port, pid: child.pid ?? 0, stop: () => stopProcess(child) };
  } catch (error) {
    await stopProcess(child);
    throw error;
  }
}
