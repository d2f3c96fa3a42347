/** The replays of subscriptions: made, seen and cancelled by anybody who has the broker; run by replay-runner.ts. */
import { type Broker, brokerFailureCode, type LogRange } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import { err, ok, type Result } from "../core/result.ts";
import { REPLAYS, type ReplayJob, readJobs, runningJob, withJob, writeJobs } from "./replay-job.ts";

export interface Replays {
  /** One at a time for a subscription: two over the same events would deliver them twice. */
  start(subscription: string, wanted: WantedReplay): Promise<Result<ReplayJob, "replay_running">>;
  /** The newest first. */
  list(subscription: string): Promise<readonly ReplayJob[]>;
  /** The job as it is now; one that is over stays as it was. Undefined where there is none of this id. */
  cancel(subscription: string, id: string): Promise<ReplayJob | undefined>;
  /** For a subscription that is gone. */
  forget(subscription: string): Promise<void>;
  onStart(listener: () => void): void;
}

export interface WantedReplay {
  readonly range: LogRange;
  /** Events per second. */
  readonly rate: number;
}

export interface ReplaysParts {
  readonly broker: Broker;
  readonly clock: Clock;
  /** Stands before the names of subscriptions that share the store with those of others. */
  readonly namespace: string;
  readonly newId: () => string;
}

/** The runner writes the same entry with every slice. */
const MOST_CONFLICTS = 50;

export function createReplays({ broker, clock, namespace, newId }: ReplaysParts): Replays {
  const listeners: (() => void)[] = [];
  const keyOf = (subscription: string) => `${namespace}${subscription}`;

  async function read(subscription: string) {
    const [entry] = await broker.getState({ collection: REPLAYS, keys: [keyOf(subscription)] });
    return { jobs: readJobs(entry?.value), version: entry?.version ?? 0 };
  }

  /** Writes what `change` makes of the jobs, if it makes something. */
  async function update<T>(
    subscription: string,
    change: (jobs: readonly ReplayJob[]) => { readonly result: T; readonly job?: ReplayJob },
  ): Promise<T> {
    for (let conflicts = 0; ; conflicts++) {
      const { jobs, version } = await read(subscription);
      const { result, job } = change(jobs);
      if (!job) return result;
      const value = writeJobs(withJob(jobs, job));
      try {
        const state = [{ collection: REPLAYS, key: keyOf(subscription), value, ifVersion: version }];
        await broker.append({ events: [], state });
        return result;
      } catch (error) {
        if (brokerFailureCode(error) !== "state_conflict" || conflicts === MOST_CONFLICTS) throw error;
      }
    }
  }

  return {
    async start(subscription, { range, rate }) {
      const started = await update<Result<ReplayJob, "replay_running">>(subscription, (jobs) => {
        if (runningJob(jobs)) return { result: err("replay_running") };
        const nowMs = clock();
        const job: ReplayJob = {
          id: newId(),
          range: { ...range, untilMs: Math.min(range.untilMs ?? nowMs, nowMs) },
          rate,
          state: "running",
          createdAtMs: nowMs,
          looked: 0,
          replayed: 0,
          dueAtMs: nowMs,
        };
        return { result: ok(job), job };
      });
      if (started.ok) for (const listener of listeners) listener();
      return started;
    },
    list: async (subscription) => (await read(subscription)).jobs,
    cancel: (subscription, id) =>
      update(subscription, (jobs) => {
        const found = jobs.find((job) => job.id === id);
        if (found?.state !== "running") return { result: found };
        const job: ReplayJob = { ...found, state: "cancelled", finishedAtMs: clock(), runner: undefined };
        return { result: job, job };
      }),
    async forget(subscription) {
      const { version } = await read(subscription);
      const state = [{ collection: REPLAYS, key: keyOf(subscription), value: null }];
      if (version > 0) await broker.append({ events: [], state });
    },
    onStart: (listener) => void listeners.push(listener),
  };
}
