/** O5: appends through the broker port to Redis, one event each and 64 of them waiting at a time, beside bare XADD. */
import type { NewEvent } from "../../src/broker/broker.ts";
import { IN_FLIGHT, xaddRate } from "../baselines/xadd.ts";
import type { BenchCase } from "../context.ts";
import { openBroker, ownRedis } from "../redis.ts";
import { sampleEvent } from "../sample.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";

export const redisAppendCase: BenchCase = async (context) => {
  const { options } = context;
  const redis = await ownRedis(context);
  const sample = sampleEvent(0);
  const added: number[] = [];
  const appended: number[] = [];
  // One round more, for the compiler.
  for (let round = -1; round < options.rounds; round++) {
    const bareRate = await xaddRate(redis.url, "bare", sample.event.bytes, options.windowMs);
    const rate = await appendRate(redis.url, sample, options.windowMs);
    await redis.command("FLUSHALL");
    if (round < 0) continue;
    added.push(bareRate);
    appended.push(rate);
  }
  return {
    baselines: [
      {
        label: `B6 bare XADD of ${sample.event.bytes.length} bytes, ${IN_FLIGHT} in flight, appendfsync everysec`,
        unit: "/s",
        rounds: added,
      },
    ],
    measurements: [
      {
        label: `O5 broker.append to Redis, ${IN_FLIGHT} in flight`,
        unit: "/s",
        rounds: appended,
        details: [{ label: "to B6", unit: "x", rounds: ratios(appended, added), target: TARGETS.redisAppendToXadd }],
      },
    ],
    notes: [],
  };
};

async function appendRate(url: string, { event, partitionKey, type }: NewEvent, windowMs: number): Promise<number> {
  const broker = openBroker(url, "ours");
  await broker.ensureSubscription({ subscription: "bench", start: "earliest" });
  let count = 0;
  const startMs = performance.now();
  const untilMs = startMs + windowMs;
  const appendOnAndOn = async () => {
    while (performance.now() < untilMs) {
      count += 1;
      await broker.append({ events: [{ dedupeKey: `bench\n${count}`, partitionKey, type, event }] });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, appendOnAndOn));
  const elapsedMs = performance.now() - startMs;
  await broker.close();
  return (count * 1000) / elapsedMs;
}
