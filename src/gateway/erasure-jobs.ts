/** Erasures that are asked for: kept in the broker, so that whoever has it can be asked how they are. */
import type { Broker } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { ErasedUser, ErasureView } from "../routes/admin-port.ts";
import { type ErasureJob, findErasure, jobWrite, NOTHING, readErasures, viewOf } from "./erasure-job.ts";

export interface Erasures {
  /** Resolves when it is durable that it will be done. Rejects as the broker does. */
  start(user: ErasedUser): Promise<ErasureView>;
  /** Null where there is none. */
  find(id: string): Promise<ErasureView | null>;
  onStart(listener: () => void): void;
}

export interface ErasuresParts {
  readonly broker: Broker;
  readonly clock: Clock;
}

export function createErasures({ broker, clock }: ErasuresParts): Erasures {
  const listeners: (() => void)[] = [];
  return {
    async start(user) {
      const nowMs = clock();
      const id = crypto.randomUUID();
      const job: ErasureJob = { id, user, createdAtMs: nowMs, dueAtMs: nowMs, erased: NOTHING, failures: 0 };
      await broker.append({ events: [], state: [jobWrite(job, 0)] });
      for (const listener of listeners) listener();
      return viewOf(job);
    },
    find: (id) => findErasure(broker, id),
    onStart: (listener) => void listeners.push(listener),
  };
}

export function registerErasuresGauge(registry: MetricsRegistry, broker: Broker): void {
  registry.gauge("poolcast_erasures_waiting", "Erasures that were accepted and are still to be done.", async () => [
    { labels: {}, value: (await readErasures(broker)).length },
  ]);
}
