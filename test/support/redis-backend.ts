import type { RedisConnectionConfig } from "../../src/config/config.ts";
import type { BrokerBackend } from "../suites/broker/harness.ts";
import { openTestRedisBroker } from "./redis-broker.ts";
import { redisSuite } from "./redis-suite.ts";

/** Redis for the suite by the client of Node; `config` is asked when the servers run. */
export function redisBackend(
  config: () => RedisConnectionConfig,
  modelRuns: number,
  skip?: BrokerBackend["skip"],
): BrokerBackend {
  return redisSuite((store) => openTestRedisBroker({ ...store, config: config() }), modelRuns, skip);
}
