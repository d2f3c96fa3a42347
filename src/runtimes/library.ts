/** `poolcast`: the gateway as a part of somebody's own program, without a listener of its own. */
import process from "node:process";
import type { Config, ConfigFault } from "../config/config.ts";
import { withHandlers } from "../config/handlers.ts";
import type { EventObject } from "../core/event-object.ts";
import type { Log, LogFields, LogLevel } from "../core/log.ts";
import type { Result } from "../core/result.ts";
import { createHandlerSink, type EventHandler } from "../sinks/handler.ts";
import { createLog } from "./log-writer.ts";
import { openNodeGateway } from "./node.ts";
import { readConfig } from "./read-config.ts";

export type { ConfigFault, EventHandler, EventObject, Log, LogFields, LogLevel };

export interface GatewayOptions {
  /** What stands in poolcast.yaml, as its text or as an object. `listen` has no meaning here. */
  readonly config?: string | object;
  /** Subscriptions that deliver to functions of this program, by name. They stand beside those of `config`. */
  readonly handlers?: Readonly<Record<string, EventHandler | HandlerOptions>>;
  /**
   * Whether nobody but programs on this machine can reach the gateway: its server listens on loopback, or `fetch` is not
   * mounted at all. Then what a loopback listener may do holds: no credential is needed where `config` has no `ingest`,
   * and targets may be plain http on loopback. Default false.
   */
  readonly loopback?: boolean;
  /** What `${NAME}` in `config` stands for. Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: a JSON line each, on stderr. */
  readonly log?: Log;
}

/** A subscription in all but its target: docs/configuration.md. */
export interface HandlerOptions {
  readonly handle: EventHandler;
  readonly start?: "earliest" | "latest";
  readonly filters?: readonly object[];
  readonly delivery?: object;
  readonly privacy?: object;
}

export interface Gateway {
  /** Answers a request to one of the gateway's routes, such as `/ingest/eventbridge` and `/readyz`. */
  fetch(request: Request): Response | Promise<Response>;
  /** Ends delivery and polls in good order, with up to `graceMs` (default 10,000) for what is under way, and closes the broker. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

/** The configuration cannot be used. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** All that is wrong with it. */
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("\n"));
    this.faults = faults;
  }
}

const GRACE_MS = 10_000;

/** A gateway that runs: it delivers and polls from now on. Rejects with a ConfigError, or where the broker cannot be opened. */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const config = read(options);
  if (!config.ok) throw new ConfigError(config.error);
  const handlers = new Map(Object.entries(options.handlers ?? {}).map(([name, given]) => [name, handlerOf(given)]));
  const { gateway, close } = await openNodeGateway({
    config: config.value,
    clock: Date.now,
    log: options.log ?? createLog({ write: writeStderr, readable: false, clock: Date.now }),
    writeLine: (line) => new Promise((done, fail) => process.stdout.write(line, (e) => (e ? fail(e) : done()))),
    sinkOf: ({ name }) => {
      const handle = handlers.get(name);
      if (!handle) throw new Error(`nobody handed in the function that ${name} names`);
      return createHandlerSink(handle);
    },
  });
  try {
    await gateway.start();
  } catch (error) {
    await close(0);
    throw error;
  }
  return {
    fetch: (request) => gateway.fetch(request),
    stop({ graceMs = GRACE_MS } = {}) {
      gateway.announceStop();
      return close(graceMs);
    },
  };
}

function read({ config = "", handlers = {}, env = process.env, loopback = false }: GatewayOptions) {
  // Every JSON text is YAML.
  const text = typeof config === "string" ? config : JSON.stringify(config);
  // Whoever listens is not poolcast. What its rules ask about is who can come.
  const read: Result<Config, readonly ConfigFault[]> = readConfig(text, {
    ...env,
    HOST: loopback ? "127.0.0.1" : "0.0.0.0",
    PORT: undefined,
  });
  if (!read.ok) return read;
  const written = Object.entries(handlers).map(([name, given]) => {
    const { handle: _, ...subscription } = typeof given === "function" ? { handle: given } : given;
    return [name, subscription] as const;
  });
  return withHandlers(read.value, Object.fromEntries(written));
}

function handlerOf(given: EventHandler | HandlerOptions): EventHandler {
  return typeof given === "function" ? given : given.handle;
}

function writeStderr(line: string): void {
  process.stderr.write(line);
}
