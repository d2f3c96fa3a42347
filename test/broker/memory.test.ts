import { createMemoryBroker } from "../../src/broker/memory.ts";
import { createFakeClock } from "../suites/broker/fake-clock.ts";
import { testBroker } from "../suites/broker/index.ts";

testBroker("memory", {
  async setUp(limits) {
    const { now, advance } = createFakeClock();
    return {
      now,
      advance,
      open: async () => createMemoryBroker({ clock: now, ...limits }),
      cleanup: async () => {},
    };
  },
});
