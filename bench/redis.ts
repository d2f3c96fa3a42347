/** A redis-server of the run's own, and poolcast's broker on it. */
import type { Broker } from "../src/broker/broker.ts";
import { createRedisBroker } from "../src/broker/redis.ts";
import { openRedis } from "../src/redis/connection.ts";
import { sha256 } from "../src/runtimes/hashing.ts";
import { connectRedisNode } from "../src/runtimes/redis-client.ts";
import { type RedisServer, startRedisServer } from "../test/support/redis-server.ts";
import type { BenchContext } from "./context.ts";
import { LIMITS } from "./limits.ts";

/** With the file that most run it with: appended to at once, synced every second. */
export async function ownRedis({ resources }: BenchContext): Promise<RedisServer> {
  const server = await startRedisServer({ appendonly: "everysec" });
  resources.own({ stop: () => server.remove() });
  return server;
}

export function openBroker(url: string, stream: string): Broker {
  const redis = openRedis({
    config: { url },
    key: stream,
    connect: connectRedisNode,
    random: Math.random,
    log: (level, message, fields) => console.error(level, message, fields),
    name: "bench",
  });
  return createRedisBroker({
    ...LIMITS,
    redis,
    sha256,
    clock: Date.now,
    stream,
    group: "default",
    trackingId: false,
    keepGroups: [],
  });
}
