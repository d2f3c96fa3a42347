/** O7: what a backlog costs a gateway on Redis: memory of the real process, idle, in front of a backlog, and draining it. */
import type { BenchCase, BenchContext } from "../context.ts";
import { numberOf, startHelper } from "../helpers/start-helper.ts";
import { fillWithSmallEvents, mostMemoryMiB, WATCH_MS } from "../memory.ts";
import { openBroker, ownRedis } from "../redis.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

const STREAM = "events";
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
  await fillWithSmallEvents(broker, count);
  await broker.close();
}

async function memoryOf(context: BenchContext, redisUrl: string, url: string): Promise<number> {
  const { directory, stop } = context.resources.own(createWorkspace(context.options.directory));
  const broker = { kind: "redis", url: redisUrl, stream: STREAM };
  const most = await mostMemoryMiB(context, { directory, broker, url });
  await stop();
  return most;
}
