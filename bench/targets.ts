/**
 * What a run is held against. A floor is what a prototype reached on two cores shared by load generator and gateway;
 * ratios travel between machines, the few absolute figures are for a machine of that kind.
 */
import type { Target } from "./report.ts";

export const TARGETS = {
  webhookOneToDisk: { better: "higher", floor: 0.3, goal: 0.4 },
  webhookManyToHttp: { better: "higher", floor: 0.4, goal: 0.6 },
  webhookOneMedianMs: { better: "lower", floor: 0.8 },
  webhookOneTailMs: { better: "lower", floor: 8, goal: 3 },
  webhookManyTailMs: { better: "lower", floor: 40, goal: 15 },
  appendToInsert: { better: "higher", floor: 0.4, goal: 0.6 },
  deliveryToRequest: { better: "higher", floor: 0.35, goal: 0.5 },
  batchToRequest: { better: "higher", floor: 0.3 },
  batchPerSecond: { better: "higher", floor: 60_000, goal: 120_000 },
  isolation: { better: "lower", floor: 1.5, goal: 1.15 },
  catchUpToCeiling: { better: "higher", floor: 0.9 },
  manyPoolsToOne: { better: "lower", floor: 1.05 },
  redisAppendToXadd: { better: "higher", floor: 0.4, goal: 0.6 },
  redisConsumeToOneByOne: { better: "higher", floor: 5, goal: 10 },
  manySubscriptionsToOne: { better: "higher", floor: 0.7 },
  sqliteBacklogMb: { better: "lower", floor: 200 },
  redisBacklogMiB: { better: "lower", floor: 40 },
  mapperToParse: { better: "higher", floor: 0.5, goal: 0.75 },
  usersPerSecond: { better: "higher", floor: 20_000 },
  usersMemoryMb: { better: "lower", floor: 200 },
  builtStartMs: { better: "lower", floor: 450 },
  builtIdleMiB: { better: "lower", floor: 120 },
  unbuiltStartMs: { better: "lower", floor: 800 },
  unbuiltIdleMiB: { better: "lower", floor: 180 },
  mapperBeyondParseUs: { better: "lower", floor: 5, goal: 1.5 },
} as const satisfies Readonly<Record<string, Target>>;
