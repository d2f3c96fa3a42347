/** The same suite where the servers are three, or found by a sentinel, or behind TLS. */
import { afterAll, beforeAll } from "vitest";
import { testBroker } from "../suites/broker/index.ts";
import { redisBackend } from "../support/redis-backend.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import {
  type RedisCluster,
  type RedisWithSentinel,
  startRedisCluster,
  startRedisWithSentinel,
} from "../support/redis-topology.ts";

let cluster: RedisCluster;
let group: RedisWithSentinel;
let secure: RedisServer;

beforeAll(async () => {
  [cluster, group, secure] = await Promise.all([
    startRedisCluster(),
    startRedisWithSentinel(),
    startRedisServer({ tls: true, requirepass: "correct-horse" }),
  ]);
}, 60_000);
afterAll(() => Promise.all([cluster, group, secure].map((one) => one?.remove())));

testBroker(
  "redis cluster",
  redisBackend(() => ({ clusterUrls: cluster.urls }), 5),
);
testBroker(
  "redis by sentinel",
  redisBackend(() => ({ sentinel: { name: group.name, urls: [group.sentinelUrl] }, database: 3 }), 5),
);
testBroker(
  "redis behind TLS",
  redisBackend(
    () => ({
      url: `rediss://localhost:${secure.port}`,
      password: "correct-horse",
      tls: { ca: secure.ca, skipVerify: false },
    }),
    5,
  ),
);
