import type { BrokerLimits } from "../src/broker/broker.ts";

const DAY_MS = 86_400_000;

/** Those of a configuration that names none. */
export const LIMITS: BrokerLimits = {
  dedupeWindowMs: 7 * DAY_MS,
  retentionMs: 7 * DAY_MS,
  deadRetentionMs: 30 * DAY_MS,
  maxBytes: 10 * 1024 ** 3,
};
