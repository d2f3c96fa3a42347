/** For a test file about what the Redis broker keeps: one redis-server, and on it a store of its own for each test. */
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { openRedisStage, type RedisStage } from "./redis-broker.ts";
import { type RedisServer, type RedisServerOptions, startRedisServer } from "./redis-server.ts";

/** `take` is given the store before each test, with the server that it is on. */
export function onRedisStages(
  take: (stage: RedisStage, server: RedisServer) => void,
  options: RedisServerOptions = {},
): void {
  let server: RedisServer;
  let stage: RedisStage;
  beforeAll(async () => {
    server = await startRedisServer(options);
  });
  afterAll(() => server.remove());
  beforeEach(() => {
    stage = openRedisStage(server);
    take(stage, server);
  });
  afterEach(() => stage.close());
}
