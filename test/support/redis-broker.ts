/** Brokers on one redis-server of a test, each store in a stream of its own. */
import type { Broker } from "../../src/broker/broker.ts";
import { createRedisBroker, type RedisBrokerOptions } from "../../src/broker/redis.ts";
import type { RedisConnectionConfig } from "../../src/config/config.ts";
import { openRedis } from "../../src/redis/connection.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { connectRedisNode } from "../../src/runtimes/redis-client.ts";
import { connectRedis } from "../../src/runtimes/redis-connect.ts";
import { createFakeClock, type FakeClock } from "../suites/broker/fake-clock.ts";
import type { RedisServer } from "./redis-server.ts";

export const DAY_MS = 86_400_000;

export interface TestRedisBroker extends Partial<Omit<RedisBrokerOptions, "redis">> {
  readonly config: RedisConnectionConfig;
  readonly clock: () => number;
}

/** Longer than a broker waits elsewhere: the machine may be busy, and no test here is about time. */
const PATIENCE_MS = 10_000;

export function openTestRedisBroker({ config, stream = "triggermesh", ...options }: TestRedisBroker): Broker {
  const redis = openRedis({
    config,
    key: stream,
    connect: connectRedis(connectRedisNode),
    random: Math.random,
    log: () => {},
    name: "broker",
    timeoutMs: PATIENCE_MS,
  });
  return createRedisBroker({
    redis,
    sha256,
    stream,
    group: "default",
    trackingId: false,
    keepGroups: [],
    dedupeWindowMs: DAY_MS,
    retentionMs: 2 * DAY_MS,
    deadRetentionMs: 10 * DAY_MS,
    ...options,
  });
}

/** A store of its own for one test, and the means to look behind the broker's back. */
export interface RedisStage extends FakeClock {
  readonly stream: string;
  readonly broker: Broker;
  /** Another handle, or another gateway's. */
  open(options?: Partial<TestRedisBroker>): Broker;
  /** One command, as an administrator would give it. */
  command(...args: readonly (string | number)[]): Promise<unknown>;
  /** As TriggerMesh's brokers write: ids by the server's clock. Answers the id. */
  xadd(...fields: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

let stages = 0;

export function openRedisStage(server: RedisServer, options: Partial<RedisBrokerOptions> = {}): RedisStage {
  const clock = createFakeClock();
  const stream = `stage-${++stages}`;
  const brokers: Broker[] = [];
  const open = (more: Partial<TestRedisBroker> = {}) => {
    const config = { url: server.url };
    const broker = openTestRedisBroker({ config, clock: clock.now, stream, ...options, ...more });
    brokers.push(broker);
    return broker;
  };
  return {
    ...clock,
    stream,
    broker: open(),
    open,
    command: server.command,
    xadd: async (...fields) => String(await server.command("XADD", stream, "*", ...fields)),
    async close() {
      for (const broker of brokers) await broker.close();
    },
  };
}
