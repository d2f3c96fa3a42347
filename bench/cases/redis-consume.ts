/** O6: claims and settlements through the broker port on Redis, beside the loop that reads and acknowledges one by one. */
import { oneByOneRate } from "../baselines/one-by-one.ts";
import type { BenchCase } from "../context.ts";
import { openBroker, ownRedis } from "../redis.ts";
import { sampleEvent } from "../sample.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";

const STREAM = "events";
/** As a subscription asks with the concurrency of 16 that it has by default, and with 64. */
const LIMITS = [32, 128] as const;

export const redisConsumeCase: BenchCase = async (context) => {
  const { options } = context;
  const redis = await ownRedis(context);
  const count = 5 * options.backlog;
  await fill(redis.url, count);
  const bare: number[] = [];
  const consumed = new Map<number, number[]>(LIMITS.map((limit) => [limit, []]));
  // One round more, for the compiler.
  for (let round = -1; round < options.rounds; round++) {
    const rate = await oneByOneRate(redis.url, STREAM, options.windowMs / 2);
    if (round >= 0) bare.push(rate);
    for (const limit of LIMITS) {
      const ours = await consumeRate(redis.url, limit, count);
      if (round >= 0) consumed.get(limit)?.push(ours);
    }
  }
  return {
    baselines: [{ label: "B7 XREADGROUP COUNT 1 and XACK for each event", unit: "/s", rounds: bare }],
    measurements: LIMITS.map((limit) => {
      const rates = consumed.get(limit) ?? [];
      return {
        label: `O6 claim and settle on Redis, ${limit} at a time`,
        unit: "/s",
        rounds: rates,
        details: [{ label: "to B7", unit: "x", rounds: ratios(rates, bare), target: TARGETS.redisConsumeToOneByOne }],
      };
    }),
    notes: [`O6 takes ${count} events; the settlements of one claim travel while the next claim is answered.`],
  };
};

async function fill(url: string, count: number): Promise<void> {
  const broker = openBroker(url, STREAM);
  const BATCH = 500;
  for (let first = 0; first < count; first += BATCH) {
    await broker.append({ events: Array.from({ length: BATCH }, (_, at) => sampleEvent(first + at)) });
  }
  await broker.close();
}

async function consumeRate(url: string, limit: number, count: number): Promise<number> {
  const broker = openBroker(url, STREAM);
  const subscription = `bench-${limit}-${Math.round(performance.now())}`;
  await broker.ensureSubscription({ subscription, start: "earliest" });
  let taken = 0;
  let settling: Promise<unknown> = Promise.resolve();
  const startMs = performance.now();
  while (taken < count) {
    const { deliveries } = await broker.claim({ subscription, filters: [], limit, leaseMs: 60_000, ordering: "none" });
    taken += deliveries.length;
    await settling;
    const settlements = deliveries.map(({ token }) => ({ token, verdict: { kind: "delivered" } as const }));
    settling = broker.settle({ subscription, settlements });
  }
  await settling;
  const elapsedMs = performance.now() - startMs;
  await broker.removeSubscription({ subscription });
  await broker.close();
  return (count * 1000) / elapsedMs;
}
