/**
 * Runs the replays of a gateway's subscriptions. Of several gateways on one store any may run one: each slice is written
 * with the version that it takes for granted, so two of them cannot put the same slice back.
 */
import { type Broker, brokerFailureCode, type LoggedEvent } from "../broker/broker.ts";
import { type Bounds, isWithin } from "../core/bounds.ts";
import type { Clock } from "../core/clock.ts";
import { decodeAttributes, type EventAttributes } from "../core/event.ts";
import type { Filter } from "../core/filter.ts";
import type { Log } from "../core/log.ts";
import { areWanted } from "../core/wanted.ts";
import { REPLAYS, type ReplayJob, readJobs, runningJob, withJob, writeJobs } from "./replay-job.ts";
import { type Rounds, startRounds } from "./rounds.ts";

export interface ReplayRunnerParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace: string;
  /** Names this process, and no other one. */
  readonly id: string;
  readonly subscriptions: () => readonly Replayed[];
  /** Events became claimable. */
  readonly onReplayed: (subscription: string, events: number) => void;
}

/** A subscription; of what it does not want nothing is put back. */
interface Replayed {
  readonly name: string;
  readonly filters: readonly Filter[];
  readonly bounds?: Bounds | undefined;
}

/** Events of the log in one slice at most. */
const SLICE = 500;
/** An event is stored so long after its `recordedtime`, at most. */
const STORED_LATE_MS = 60_000;
/** A gateway that has not written for so long after it was due is gone. */
const RUNNER_MS = 10_000;
/** Replays that others made on the same store are found within this time, or the broker's own. */
const LOOK_EVERY_MS = 1000;

export function startReplayRunner(parts: ReplayRunnerParts): Rounds {
  const { broker, clock, log, namespace, subscriptions, onReplayed } = parts;
  const { shared, longestPollMs = LOOK_EVERY_MS } = broker.capabilities;
  /** What the last slice of a job put back, which its own write could not know yet. */
  const uncounted = new Map<string, number>();
  return startRounds({ clock, log, lament: "a replay could not go on; trying again", round });

  /** One slice of every replay that is due. */
  async function round(signal: AbortSignal): Promise<number | null> {
    const all = subscriptions();
    const entries = await broker.getState({ collection: REPLAYS, keys: all.map(({ name }) => namespace + name) });
    const texts = new Map(entries.map(({ key, value, version }) => [key, { value, version }]));
    const dues: number[] = shared ? [clock() + longestPollMs] : [];
    for (const subscription of all) {
      const { name } = subscription;
      const entry = texts.get(namespace + name);
      const jobs = readJobs(entry?.value);
      const job = runningJob(jobs);
      if (!entry || !job || signal.aborted) continue;
      const after = await step({ subscription, jobs, job, version: entry.version });
      if (after.state === "running") dues.push(after.dueAtMs);
    }
    return dues.length === 0 ? null : Math.min(...dues);
  }

  interface Step {
    readonly subscription: Replayed;
    readonly jobs: readonly ReplayJob[];
    readonly job: ReplayJob;
    readonly version: number;
  }

  /** The job after its next slice; as it is, where it is not due or not ours. */
  async function step({ subscription, jobs, job, version }: Step): Promise<ReplayJob> {
    const { name } = subscription;
    const nowMs = clock();
    const { runner } = job;
    const isElsewhere = shared && runner && runner.id !== parts.id && runner.untilMs > nowMs;
    if (isElsewhere) return { ...job, dueAtMs: nowMs + longestPollMs };
    if (job.dueAtMs > nowMs) return job;
    const { wanted, looked, after } = await slice(job, subscription);
    // Found to be at its end by a slice of nothing, which writes how many the last one put back.
    const isDone = after === undefined;
    const dueAtMs = nowMs + (wanted.length / job.rate) * 1000;
    const changed: ReplayJob = {
      ...job,
      after: after ?? job.after,
      looked: job.looked + looked,
      replayed: job.replayed + (uncounted.get(job.id) ?? 0),
      dueAtMs,
      ...(isDone
        ? { state: "done", finishedAtMs: nowMs, runner: undefined }
        : { runner: { id: parts.id, untilMs: dueAtMs + RUNNER_MS } }),
    };
    const value = writeJobs(withJob(jobs, changed));
    const state = [{ collection: REPLAYS, key: namespace + name, value, ifVersion: version }];
    let put: number;
    try {
      put = await broker.redeliver({ subscription: name, positions: wanted, state });
    } catch (error) {
      if (brokerFailureCode(error) !== "state_conflict") throw error;
      // Cancelled meanwhile, or taken over.
      uncounted.delete(job.id);
      return { ...job, dueAtMs: nowMs };
    }
    uncounted.delete(job.id);
    if (isDone) log("info", "a replay is done", { subscription: name, replay: job.id, events: changed.replayed });
    else uncounted.set(job.id, put);
    if (put > 0) onReplayed(name, put);
    return changed;
  }

  /** What comes next: positions to put back, how many events were looked at for that, and how far. */
  async function slice({ range, after, rate, createdAtMs }: ReplayJob, { filters, bounds }: Replayed) {
    // A second's worth at most, so that a slow replay does not come in bursts.
    const most = Math.max(1, Math.min(SLICE, Math.floor(rate)));
    const stored = { ...range, untilMs: Math.min(createdAtMs, range.untilMs + STORED_LATE_MS) };
    const { events, next } = await broker.readLog({ range: stored, after, limit: SLICE });
    const wanted: string[] = [];
    let looked = 0;
    for (const logged of events) {
      const attributes = decodeAttributes(logged.event);
      if (!isInRange(range, recordedMs(attributes, logged))) continue;
      looked += 1;
      const isInside = !bounds || isWithin(bounds, logged.position, logged.recordedAtMs);
      if (isInside && areWanted(filters, attributes)) wanted.push(logged.position);
      if (wanted.length === most) return { wanted, looked, after: logged.position };
    }
    return { wanted, looked, after: next ?? events.at(-1)?.position };
  }
}

/** As its event says it, which is what people read; it was stored a little later. */
function recordedMs({ recordedtime }: EventAttributes, { recordedAtMs }: LoggedEvent): number {
  const said = typeof recordedtime === "string" ? Date.parse(recordedtime) : Number.NaN;
  return Number.isNaN(said) ? recordedAtMs : said;
}

function isInRange({ sinceMs = Number.NEGATIVE_INFINITY, untilMs }: ReplayJob["range"], atMs: number): boolean {
  return atMs >= sinceMs && atMs <= untilMs;
}
