/** The broker's suite on the storage of real Durable Objects; a crash is an eviction. */
import { evictDurableObject } from "cloudflare:test";
import { createFakeClock } from "../suites/broker/fake-clock.ts";
import { testBroker } from "../suites/broker/index.ts";
import { newStub, openInside } from "./store.ts";

testBroker("durable-object", {
  modelRuns: 10,
  async setUp(limits) {
    const { now, advance } = createFakeClock();
    const stub = newStub();
    const open = () => openInside(stub, { ...limits, clock: now, returnLeases: false });
    return {
      now,
      advance,
      open,
      async reopen() {
        await evictDurableObject(stub);
        return open();
      },
      cleanup: async () => {},
    };
  },
});
