/** The gateway as a Node process: opens the broker, listens, and leaves in good order when told to. */
import { createServer, type Server } from "node:http";
import { resolve } from "node:path";
import { getRequestListener } from "@hono/node-server";
import type { Broker } from "../broker/broker.ts";
import { createMemoryBroker } from "../broker/memory.ts";
import { openSqliteBroker } from "../broker/sqlite.ts";
import type { BrokerConfig, Config, ConfigFault, SubscriptionConfig } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { createMetricsRegistry, type MetricsRegistry } from "../core/metrics.ts";
import type { Result } from "../core/result.ts";
import { isOpen } from "../gateway/access.ts";
import { type Configured, createGateway, type Gateway } from "../gateway/gateway.ts";
import type { Sink } from "../sinks/sink.ts";
import { processAws } from "./aws-adapters.ts";
import { hmacSha256, sha256 } from "./hashing.ts";
import { openObjectStore } from "./object-store.ts";
import { createPollSources } from "./poll-sources.ts";
import { createPoolDirectories } from "./pool-directory.ts";
import { createReloader } from "./reloader.ts";
import { createSinks } from "./sinks.ts";
import { snsFetch } from "./sns-fetch.ts";
import { unpack } from "./unpack.ts";

export interface OpenParts {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly writeLine: (line: string) => Promise<void>;
  /** The sink of a subscription whose target is a function. */
  readonly sinkOf?: (subscription: SubscriptionConfig) => Sink;
}

export interface NodeGatewayParts extends OpenParts {
  /** The configuration as it stands by now. */
  readonly readConfig: () => Result<Config, readonly ConfigFault[]>;
}

export interface OpenedGateway {
  readonly gateway: Gateway;
  readonly registry: MetricsRegistry;
  /** Stops the gateway, with so much time for running tries, and closes its broker. */
  close(graceMs: number): Promise<void>;
}

export interface NodeGateway {
  /** As `http://127.0.0.1:8080`, with the port really bound. */
  readonly url: string;
  /** Goes on with the configuration as it stands by now, or with the last one where that has faults. */
  reload(): Promise<void>;
  /** Refuses new requests, finishes open ones, returns leases, closes the broker. */
  stop(): Promise<void>;
}

/** Open requests and running tries get this long at a stop. */
const GRACE_MS = 10_000;
/** Where `simulate` looks unless told. */
const DEFAULT_PORT = 8080;
/** What one types for it. The sources are in a clone; what was built of them is where npm installed it. */
const SIMULATE = import.meta.url.endsWith(".ts") ? simulateInClone() : "npx poolcast simulate";

const aws = processAws(process.env);

/** A gateway without a listener, which is still to be started. Rejects with a BrokerFailure. */
export async function openNodeGateway(parts: OpenParts): Promise<OpenedGateway> {
  const { config, log, clock } = parts;
  const configured = configuredBy(config, parts);
  const broker = await openBroker(config.broker, clock, log);
  const registry = createMetricsRegistry();
  const gateway = createGateway({
    ...configured,
    broker,
    registry,
    clock,
    random: Math.random,
    sha256,
    hmac: hmacSha256,
    log,
    snsFetch,
    pollSources: createPollSources(aws),
    openPoolDirectory: createPoolDirectories(aws),
  });
  return {
    gateway,
    registry,
    async close(graceMs) {
      await gateway.stop(graceMs);
      await broker.close();
    },
  };
}

/** Rejects with a BrokerFailure, or with the system's error where the address cannot be listened on. */
export async function startNodeGateway(parts: NodeGatewayParts): Promise<NodeGateway> {
  const { config, readConfig, log } = parts;
  const { gateway, registry, close } = await openNodeGateway(parts);
  const server = createHttpServer(gateway);
  try {
    await listen(server, config.listen.host, config.listen.port);
    await gateway.start();
  } catch (error) {
    server.close();
    await close(0);
    throw error;
  }
  const reloader = createReloader({
    config,
    read: readConfig,
    apply: async (next) => gateway.reconfigure(configuredBy(next, parts), GRACE_MS),
    registry,
    log,
  });
  const url = urlOf(server, config.listen.host);
  announce(config, url, log);

  return {
    url,
    reload: reloader.reload,
    async stop() {
      gateway.announceStop();
      await closeServer(server);
      await close(GRACE_MS);
    },
  };
}

function configuredBy(config: Config, { clock, writeLine, log, sinkOf }: OpenParts): Configured {
  const store = openObjectStore(config, process.env, aws);
  const createSink = createSinks({ config, clock, sha256, writeLine, log });
  return {
    config,
    createSink: (subscription, place) =>
      subscription.target.kind === "handler" && sinkOf ? sinkOf(subscription) : createSink(subscription, place),
    objects: store && { store, unpack },
  };
}

async function openBroker(config: BrokerConfig, clock: Clock, log: Log): Promise<Broker> {
  switch (config.kind) {
    case "sqlite":
      return openSqliteBroker({ ...config, clock, sha256 });
    case "memory":
      return createMemoryBroker({ ...config, clock });
    case "redis": {
      const [{ openRedisBroker }, { connectRedisNode }] = await Promise.all([
        import("./redis-broker.ts"),
        import("./redis-client.ts"),
      ]);
      return openRedisBroker(config, { clock, sha256, log, connect: connectRedisNode });
    }
    case "durable-object":
      throw new Error("the broker should have been refused at start");
  }
}

function createHttpServer(gateway: Gateway): Server {
  return createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      // Longer than a load balancer's own, so that it is never we who close a connection it is about to use.
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 5000,
    },
    getRequestListener(gateway.fetch),
  );
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      done();
    });
  });
}

/** Resolves when the last open request was answered, or after the grace. */
function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    const grace = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    // A connection that was busy when the server closed is kept alive after its answer unless somebody looks again.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(grace);
      clearInterval(idle);
      done();
    });
  });
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function placeOf(broker: BrokerConfig): string {
  switch (broker.kind) {
    case "sqlite":
      return resolve(broker.path);
    case "redis":
      return `the Redis stream ${broker.stream}`;
    case "memory":
    case "durable-object":
      return "memory";
  }
}

function simulateInClone(): string {
  return process.versions.deno === undefined ? "npm run simulate --" : "deno task simulate";
}

/** The first lines a newcomer reads: where it listens, where it keeps its data, what to type next. */
function announce(config: Config, url: string, log: Log): void {
  log("info", `listening on ${url}`);
  log("info", `keeping data in ${placeOf(config.broker)}`);
  if (config.subscriptions.every(({ target }) => target.kind === "stdout")) {
    log("info", "no subscription is configured: every event is printed on stdout, one JSON line each");
  }
  if (isOpen(config)) {
    log("warn", "no ingest section is configured: the ingest routes are open to every program on this machine");
    const simulate = config.listen.port === DEFAULT_PORT ? SIMULATE.replace(" --", "") : `${SIMULATE} --url ${url}`;
    log("info", `next: type \`${simulate}\` in a second terminal, or write a poolcast.yaml (docs/configuration.md)`);
  } else {
    log("info", `next: see that ${url}/readyz answers 200, and point your senders at ${url}/ingest/...`);
  }
}
