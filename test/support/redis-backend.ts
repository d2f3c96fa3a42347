import type { Broker } from "../../src/broker/broker.ts";
import type { RedisConnectionConfig } from "../../src/config/config.ts";
import { createFakeClock } from "../suites/broker/fake-clock.ts";
import type { BrokerBackend } from "../suites/broker/harness.ts";
import { openTestRedisBroker } from "./redis-broker.ts";

let streams = 0;

/** Redis for the suite, each store in a stream of its own; `config` is asked when the servers run. */
export function redisBackend(config: () => RedisConnectionConfig, modelRuns: number): BrokerBackend {
  return {
    modelRuns,
    skip: [
      {
        reason: "how much it takes is for Redis to say, see redis-full.test.ts",
        tests: [
          "rejects an append with broker_full at the limit of bytes, and keeps what was stored",
          "stores nothing of a batch for which there is no room",
          "still claims, settles, lists, requeues and counts when it is full",
          "answers duplicate for what it holds when it is full",
          "has room again after a purge",
          "counts the bytes of the new events",
          "writes no state where there is no room for the events, and state alone all the same",
        ],
      },
    ],
    async setUp(limits) {
      const { now, advance } = createFakeClock();
      const stream = `suite-${++streams}`;
      const abandoned: Broker[] = [];
      const open = async () => openTestRedisBroker({ config: config(), clock: now, stream, ...limits });
      return {
        now,
        advance,
        open,
        openSecond: open,
        async reopen(broker) {
          abandoned.push(broker);
          return open();
        },
        async cleanup() {
          for (const broker of abandoned) await broker.close();
        },
      };
    },
  };
}
