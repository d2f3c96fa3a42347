/** O11: how many events a second all subscriptions of a Redis stream have looked at, of which one wants them. */
import type { Filter } from "../../src/core/filter.ts";
import type { BenchCase } from "../context.ts";
import { openBroker, ownRedis } from "../redis.ts";
import { sampleEvent } from "../sample.ts";

const STREAM = "events";
const COUNTS = [1, 10, 100] as const;
const LIMIT = 32;
const PAUSE_MS = 100;
const MISS: readonly Filter[] = [{ exact: { type: "bench.none" } }];

export const redisGroupsCase: BenchCase = async (context) => {
  const { options } = context;
  const redis = await ownRedis(context);
  const events = options.backlog;
  const broker = openBroker(redis.url, STREAM);
  const BATCH = 500;
  for (let first = 0; first < events; first += BATCH) {
    await broker.append({ events: Array.from({ length: BATCH }, (_, at) => sampleEvent(first + at)) });
  }
  await broker.close();
  const looked = new Map<number, number[]>(COUNTS.map((count) => [count, []]));
  // One round more, for the compiler.
  for (let round = -1; round < options.rounds; round++) {
    for (const count of COUNTS) {
      const rate = await passRate(redis.url, events, count);
      if (round >= 0) looked.get(count)?.push(rate);
    }
  }
  return {
    baselines: [],
    measurements: COUNTS.map((count) => ({
      label: `O11 events passed by ${count} subscriptions on one stream, one of which wants them`,
      unit: "/s",
      rounds: looked.get(count) ?? [],
      details: [],
    })),
    notes: [`O11: ${events} events of which the first subscription claims and settles all, ${LIMIT} at a time.`],
  };
};

async function passRate(url: string, events: number, count: number): Promise<number> {
  const broker = openBroker(url, STREAM);
  const names = Array.from({ length: count }, (_, at) => `bench-${at}-${Math.round(performance.now())}`);
  for (const subscription of names) await broker.ensureSubscription({ subscription, start: "earliest" });
  const startMs = performance.now();
  await Promise.all(names.map((subscription, at) => pass(subscription, at === 0 ? [] : MISS)));
  const elapsedMs = performance.now() - startMs;
  for (const subscription of names) await broker.removeSubscription({ subscription });
  await broker.close();
  return (events * 1000) / elapsedMs;

  async function pass(subscription: string, filters: readonly Filter[]): Promise<void> {
    const params = { subscription, filters, limit: LIMIT, leaseMs: 60_000, ordering: "none" } as const;
    for (let isOver = false; !isOver; ) {
      // Where they are many, a read may be overdue; the next asks for fewer events.
      const claim = await broker.claim(params).catch(() => undefined);
      if (!claim) {
        await new Promise((done) => setTimeout(done, PAUSE_MS));
        continue;
      }
      const { deliveries, more } = claim;
      isOver = !more && deliveries.length === 0;
      const settlements = deliveries.map(({ token }) => ({ token, verdict: { kind: "delivered" } as const }));
      if (settlements.length > 0) await broker.settle({ subscription, settlements });
    }
  }
}
