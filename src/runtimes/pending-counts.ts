/** What is counted where nobody asks for it, until somebody takes it along to where it is asked for. */
import type { Counter, Labels } from "../core/metrics.ts";

export interface Count {
  readonly labels: Labels;
  readonly amount: number;
}

export interface PendingCounts extends Counter {
  /** All since the last time. */
  take(): readonly Count[];
}

export function createPendingCounts(): PendingCounts {
  const pending = new Map<string, Count>();

  return {
    add(labels, amount = 1) {
      const key = JSON.stringify(Object.entries(labels));
      pending.set(key, { labels, amount: amount + (pending.get(key)?.amount ?? 0) });
    },
    take() {
      const taken = [...pending.values()];
      pending.clear();
      return taken;
    },
  };
}
