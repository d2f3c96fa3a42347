import { afterAll, beforeAll } from "vitest";
import { testBroker } from "../suites/broker/index.ts";
import { redisBackend } from "../support/redis-backend.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server.remove());

testBroker(
  "redis",
  redisBackend(() => ({ url: server.url }), 40),
);
