/** The gateway inside a Durable Object: the same as everywhere, on the object's own store. */
import type { Broker } from "../broker/broker.ts";
import { type ObjectStorage, openDurableObjectBroker } from "../broker/durable-object.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { createMetricsRegistry } from "../core/metrics.ts";
import { createGateway } from "../gateway/gateway.ts";
import type { Sink } from "../sinks/sink.ts";
import type { Busy } from "./busy.ts";
import { hmacSha256, sha256 } from "./hashing.ts";
import { openObjectStore } from "./object-store.ts";
import { createPollSources } from "./poll-sources.ts";
import { createPoolDirectories } from "./pool-directory.ts";
import { openRedisBroker } from "./redis-broker.ts";
import { snsFetch } from "./sns-fetch.ts";
import { unpack } from "./unpack.ts";
import { workerAws } from "./worker-aws.ts";
import { connectRedisSocket } from "./worker-redis.ts";
import { createWorkerSinks } from "./worker-sinks.ts";
import type { LiveGateway } from "./worker-watch.ts";

export interface WorkerGatewayParts {
  readonly config: Config;
  readonly storage: ObjectStorage;
  /** The Worker's variables and secrets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly writeLine: (line: string) => void;
  readonly busy: Busy;
}

const PURGE_ROUNDS = 20;

/** Throws a BrokerFailure. */
export function openWorkerGateway(parts: WorkerGatewayParts): LiveGateway {
  const { config, env, clock, log, busy } = parts;
  const broker = openBroker(parts);
  const aws = workerAws(env);
  const createSink = createWorkerSinks({
    config,
    clock,
    sha256,
    log,
    writeLine: async (line) => parts.writeLine(line),
  });
  const store = openObjectStore(config, env, aws);
  const gateway = createGateway({
    config,
    broker,
    registry: createMetricsRegistry(),
    createSink: (subscription, place) => counted(createSink(subscription, place)),
    clock,
    random: Math.random,
    sha256,
    hmac: hmacSha256,
    log,
    snsFetch,
    pollSources: createPollSources(aws),
    objects: store && { store, unpack },
    openPoolDirectory: createPoolDirectories(aws),
  });

  function counted(sink: Sink): Sink {
    const { sendBatch } = sink;
    return {
      send: (event, signal) => busy.during(() => sink.send(event, signal)),
      ...(sendBatch && { sendBatch: (events, signal) => busy.during(() => sendBatch(events, signal)) }),
      close: () => sink.close(),
    };
  }

  return {
    fetch: async (request) => gateway.fetch(request),
    start: () => gateway.start(),
    nextDueAt: () => gateway.nextDueAt(),
    async tidy() {
      for (let round = 0; round < PURGE_ROUNDS; round++) if (!(await broker.purge()).more) return false;
      return true;
    },
    neverRests:
      // Others may have appended.
      broker.capabilities.shared ||
      config.pools.some(({ poll }) => poll.lookupEventsMs !== undefined || poll.listUsersMs !== undefined) ||
      (config.ingest?.s3?.buckets.length ?? 0) > 0,
    async stop() {
      await gateway.stop(0);
      await broker.close();
    },
  };
}

function openBroker({ config: { broker }, storage, clock, log }: WorkerGatewayParts): Broker {
  switch (broker.kind) {
    case "durable-object":
      return openDurableObjectBroker({ ...broker, storage, clock, sha256 });
    case "redis":
      return openRedisBroker(broker, { clock, sha256, log, connect: connectRedisSocket });
    default:
      throw new Error("the broker should have been refused before");
  }
}
