/** O7: what a backlog costs a gateway on Redis: memory of the real process, idle, in front of a backlog, and draining it. */
import { encodeEvent } from "../../src/core/event.ts";
import type { BenchCase, BenchContext } from "../context.ts";
import { startGateway } from "../gateway-process.ts";
import { numberOf, startHelper } from "../helpers/start-helper.ts";
import { processMemoryMiB } from "../process-memory.ts";
import { openBroker, ownRedis } from "../redis.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

const STREAM = "events";
const SETTLE_MS = 5000;
const WATCH_MS = 10_000;
/** Nothing listens there. */
const NOBODY = "http://127.0.0.1:9/";

export const redisMemoryCase: BenchCase = async (context) => {
  const { options, resources } = context;
  const redis = await ownRedis(context);
  const count = 100 * options.backlog;
  const sink = resources.own(startHelper("sink"));
  const sinkUrl = `http://127.0.0.1:${numberOf(await sink.ask({}), "port")}/`;
  const idle = await memoryOf(context, redis.url, NOBODY);
  // Traffic makes room for itself, whatever waits behind it: that is not what a backlog costs.
  await fill(redis.url, count / 20);
  const busy = await memoryOf(context, redis.url, sinkUrl);
  await redis.command("FLUSHALL");
  await fill(redis.url, count);
  const waiting = await memoryOf(context, redis.url, NOBODY);
  const draining = await memoryOf(context, redis.url, sinkUrl);
  return {
    baselines: [
      { label: "B8 gateway on Redis, idle", unit: "MiB", rounds: [idle] },
      { label: `B9 the same, taking a backlog of ${count / 20} events to its target`, unit: "MiB", rounds: [busy] },
    ],
    measurements: [
      {
        label: `O7 before a backlog of ${count} events, its target away`,
        unit: "MiB",
        rounds: [waiting],
        details: [{ label: "above B8", unit: "MiB", rounds: [waiting - idle], target: TARGETS.redisBacklogMiB }],
      },
      {
        label: "O7 taking them to its target",
        unit: "MiB",
        rounds: [draining],
        details: [
          { label: "above B9", unit: "MiB", rounds: [draining - busy], target: TARGETS.redisBacklogMiB },
          { label: "above B8", unit: "MiB", rounds: [draining - idle] },
        ],
      },
    ],
    notes: [`O7 is the most of ${WATCH_MS / 1000} s, one process each.`],
  };
};

async function fill(url: string, count: number): Promise<void> {
  const broker = openBroker(url, STREAM);
  const BATCH = 500;
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
  await broker.close();
}

/** The most that it was seen to hold. */
async function memoryOf({ options, resources }: BenchContext, redisUrl: string, url: string): Promise<number> {
  const { directory, stop } = resources.own(createWorkspace(options.directory));
  const gateway = resources.own(
    await startGateway({
      directory,
      apiKey: "not-used-here",
      broker: { kind: "redis", url: redisUrl, stream: STREAM },
      subscriptions: { sink: { target: { url } } },
    }),
  );
  await new Promise((done) => setTimeout(done, SETTLE_MS));
  let most = 0;
  const untilMs = performance.now() + WATCH_MS;
  while (performance.now() < untilMs) {
    most = Math.max(most, processMemoryMiB(gateway.pid));
    await new Promise((done) => setTimeout(done, 100));
  }
  await gateway.stop();
  await stop();
  return most;
}
