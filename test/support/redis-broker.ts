/** Brokers on one redis-server of a test, each store in a stream of its own. */

import type { Broker } from "../../src/broker/broker.ts";
import { createRedisBroker, type RedisBrokerOptions } from "../../src/broker/redis.ts";
import { sha256 } from "../../src/broker/sqlite.ts";
import type { RedisConnectionConfig } from "../../src/config/config.ts";
import { openRedis } from "../../src/redis/connection.ts";
import { connectRedisNode } from "../../src/runtimes/redis-client.ts";

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
    connect: connectRedisNode,
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
