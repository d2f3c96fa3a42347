import type { DeliveryConfig, RedisTargetConfig } from "../config/config.ts";
import type { Log } from "../core/log.ts";
import { openRedis } from "../redis/connection.ts";
import type { ConnectNode } from "../redis/node.ts";
import { createRedisSink } from "../sinks/redis.ts";
import type { Sink } from "../sinks/sink.ts";
import { connectRedis } from "./redis-connect.ts";

export interface RedisSinkParts {
  /** What the log calls it. */
  readonly name: string;
  readonly delivery: DeliveryConfig;
  readonly log: Log;
  /** By a socket. */
  readonly connect: ConnectNode;
}

/** Nobody waits for an answer here as a sender does, but a target that stands still must not hold all tries for long. */
const MOST_PATIENCE_MS = 5000;

export function openRedisSink(target: RedisTargetConfig, { name, delivery, log, connect }: RedisSinkParts): Sink {
  const redis = openRedis({
    config: { url: target.url },
    key: target.stream,
    connect: connectRedis(connect),
    random: Math.random,
    log,
    name,
    timeoutMs: Math.min(delivery.timeoutMs, MOST_PATIENCE_MS),
  });
  return createRedisSink(target, redis);
}
