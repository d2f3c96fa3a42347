import { Command } from "commander";
import type { Log } from "../core/log.ts";
import { watchFile } from "../runtimes/file-watch.ts";
import { createLog } from "../runtimes/log-writer.ts";
import { missingRight } from "../runtimes/missing-right.ts";
import { type NodeGateway, startNodeGateway } from "../runtimes/node.ts";
import { configPlace, loadConfig, reloadConfig, writeFaults } from "./load-config.ts";

const WATCH_EVERY_MS = 2000;
const STOP_SIGNALS = ["SIGTERM", "SIGINT"];

export function startCommand(): Command {
  return new Command("start")
    .description("run the gateway")
    .option("--config <file>", "configuration file (default: ./poolcast.yaml where it exists)")
    .action(start);
}

async function start({ config: file }: { readonly config?: string }): Promise<void> {
  const log = createLog({
    write: (line) => void process.stderr.write(line),
    readable: process.stderr.isTTY === true,
    clock: Date.now,
  });
  const place = configPlace(file, process.env);
  let reload = () => {};
  // Before it is read for the first time, so that no change falls in between.
  if (place.kind === "file") watchFile(place.path, () => reload(), WATCH_EVERY_MS);
  const config = loadConfig(file, process.env);
  if (!config.ok) {
    writeFaults(config.error);
    process.exitCode = 2;
    return;
  }
  // A reader of our output that goes away is a sink that failed, one of our log nothing at all: no reason to die.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
  dieOfOwnFaults(log);

  const starting = startNodeGateway({
    config: config.value,
    readConfig: () => reloadConfig(place, process.env),
    log,
    clock: Date.now,
    writeLine,
  });
  stopOnSignals(starting, log);
  if (!process.stderr.isTTY) process.on("SIGHUP", () => reload());
  try {
    const gateway = await starting;
    reload = () => void gateway.reload();
  } catch (error) {
    process.stderr.write(`poolcast: ${startFailure(error, config.value.listen)}\n`);
    process.exitCode = isSetupFault(error) ? 2 : 1;
  }
}

/** From the first moment: a signal that comes while the gateway starts stops it as soon as it has started. */
function stopOnSignals(starting: Promise<NodeGateway>, log: Log): void {
  let stopping = false;
  // A terminal that is closed says SIGHUP; elsewhere it means: read the configuration again.
  for (const signal of process.stderr.isTTY ? [...STOP_SIGNALS, "SIGHUP"] : STOP_SIGNALS) {
    process.on(signal, async () => {
      // Told twice, somebody is in a hurry: what is under way will be delivered again.
      if (stopping) process.exit(1);
      stopping = true;
      log("info", "stopping: finishing open requests, returning leases", { signal });
      try {
        await (await starting).stop();
        log("info", "stopped");
        process.exit(0);
      } catch (error) {
        log("error", "stopping failed", { error: String(error) });
        process.exit(1);
      }
    });
  }
}

function dieOfOwnFaults(log: Log): void {
  const die = (error: unknown) => {
    // Deno finds out later than we could catch it that it may not listen.
    const missing = missingRight(error);
    if (missing !== undefined) {
      process.stderr.write(`poolcast: ${missing}\n`);
      process.exit(2);
    }
    log("error", "a fault of poolcast itself; exiting so that a clean process can take over", {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    process.exit(1);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
}

function writeLine(line: string): Promise<void> {
  return new Promise((done, fail) => process.stdout.write(line, (error) => (error ? fail(error) : done())));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function startFailure(error: unknown, { host, port }: { readonly host: string; readonly port: number }): string {
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return `${host}:${port} is taken by another process: stop it, or choose another port with PORT or listen.port`;
    case "EACCES":
      return `${host}:${port} may not be listened on by this user: choose a port above 1023`;
    // Deno says EINVAL of an address that it cannot bind.
    case "EADDRNOTAVAIL":
    case "EINVAL":
      return `${host} is no address of this machine: set HOST or listen.host`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${host} is a name without an address: set HOST or listen.host`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** Something the person who starts poolcast can set right. */
function isSetupFault(error: unknown): boolean {
  return /^(EADDR|EACCES|EINVAL|ENOTFOUND|EAI_|broker_)/.test(codeOf(error));
}
