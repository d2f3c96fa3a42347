/** What a gateway holds in memory with a backlog before it. */
import type { Broker } from "../src/broker/broker.ts";
import { encodeEvent } from "../src/core/event.ts";
import type { BenchContext } from "./context.ts";
import { startGateway } from "./gateway-process.ts";
import { processMemoryMiB } from "./process-memory.ts";

export const WATCH_MS = 10_000;
const SETTLE_MS = 5000;
const BATCH = 500;

export async function fillWithSmallEvents(broker: Broker, count: number): Promise<void> {
  for (let first = 0; first < count; first += BATCH) {
    const events = Array.from({ length: BATCH }, (_, at) => {
      const id = `backlog-${first + at}`;
      return {
        dedupeKey: id,
        type: "bench",
        event: encodeEvent({ specversion: "1.0", id, source: "/bench", type: "bench" }, "json", "{}"),
      };
    });
    await broker.append({ events });
  }
}

export interface WatchedGateway {
  readonly directory: string;
  /** As in the configuration; by default SQLite in that directory. */
  readonly broker?: object;
  /** Of the one target. */
  readonly url: string;
}

/** The most that a fresh process was seen to hold, a while after its start. */
export async function mostMemoryMiB({ resources }: BenchContext, watched: WatchedGateway): Promise<number> {
  const { url, ...place } = watched;
  const subscriptions = { sink: { target: { url } } };
  const gateway = resources.own(await startGateway({ ...place, apiKey: "not-used-here", subscriptions }));
  await new Promise((done) => setTimeout(done, SETTLE_MS));
  let most = 0;
  const untilMs = performance.now() + WATCH_MS;
  while (performance.now() < untilMs) {
    most = Math.max(most, processMemoryMiB(gateway.pid));
    await new Promise((done) => setTimeout(done, 100));
  }
  await gateway.stop();
  return most;
}
