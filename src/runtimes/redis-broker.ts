import type { Broker } from "../broker/broker.ts";
import { createRedisBroker } from "../broker/redis.ts";
import type { RedisBrokerConfig } from "../config/config.ts";
import type { Clock, Sha256 } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { openRedis } from "../redis/connection.ts";
import type { ConnectNode } from "../redis/node.ts";
import { connectRedis } from "./redis-connect.ts";

export interface RedisBrokerParts {
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly log: Log;
  /** By a socket. */
  readonly connect: ConnectNode;
}

/** Does not wait for Redis: as long as it is out of reach, everything is refused. */
export function openRedisBroker(config: RedisBrokerConfig, { clock, sha256, log, connect }: RedisBrokerParts): Broker {
  const { stream } = config;
  const redis = openRedis({
    config,
    key: stream,
    connect: connectRedis(connect),
    random: Math.random,
    log,
    name: "broker",
  });
  return createRedisBroker({ ...config, redis, clock, sha256 });
}
