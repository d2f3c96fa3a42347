/** Lets the broker forget what is over, at a pace that leaves room for the traffic. */
import type { Broker } from "../broker/broker.ts";
import type { Log } from "../core/log.ts";

const EVERY_MS = 60_000;
const BETWEEN_BATCHES_MS = 50;

export function startHousekeeping(broker: Broker, log: Log): { stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  async function round(): Promise<void> {
    let nextMs = EVERY_MS;
    try {
      const { more } = await broker.purge();
      if (more) nextMs = BETWEEN_BATCHES_MS;
    } catch (error) {
      log("warn", "purging failed; trying again later", { error: String(error) });
    }
    if (!stopped) timer = setTimeout(round, nextMs);
  }

  timer = setTimeout(round, BETWEEN_BATCHES_MS);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
