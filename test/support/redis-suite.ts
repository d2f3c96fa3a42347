import type { Broker, BrokerLimits } from "../../src/broker/broker.ts";
import type { Clock } from "../../src/core/clock.ts";
import { createFakeClock } from "../suites/broker/fake-clock.ts";
import type { BrokerBackend } from "../suites/broker/harness.ts";

export interface SuiteStore extends BrokerLimits {
  readonly clock: Clock;
  readonly stream: string;
}

/** What a broker by a REST API cannot do. */
export const BY_REST: BrokerBackend["skip"] = [
  {
    reason: "no command that Upstash has tells the bytes of a stream",
    tests: ["counts the events in the log, once each, and at least their bytes"],
  },
];

let streams = 0;

/** Redis for the suite, each store in a stream of its own; `openBroker` is called when the servers run. */
export function redisSuite(
  openBroker: (store: SuiteStore) => Broker,
  modelRuns: number,
  skip: BrokerBackend["skip"] = [],
): BrokerBackend {
  return {
    modelRuns,
    skip: [
      ...skip,
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
      {
        reason: "a replica does not know the types of what others appended",
        tests: ["takes no notice, in the next due time, of new events that the filters miss by their type"],
      },
    ],
    async setUp(limits) {
      const { now, advance } = createFakeClock();
      const stream = `suite-${++streams}`;
      const abandoned: Broker[] = [];
      const open = async () => openBroker({ ...limits, clock: now, stream });
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
