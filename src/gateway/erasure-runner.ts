/**
 * Does the erasures that were asked for, one at a time, since each goes through the whole log. What it is doing stands in
 * the broker, so that another life of the process goes on with it, or another gateway on the same store.
 */
import { type Broker, brokerFailureCode, isBrokerFailure, type StateWrite } from "../broker/broker.ts";
import type { Clock, Random } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type RetryPolicy, retryDelayMs } from "../core/retry.ts";
import { type Rounds, startRounds } from "../delivery/rounds.ts";
import type { ErasedCounts } from "../routes/admin-port.ts";
import { doneWrites, type ErasureJob, jobWrite, readErasures, type StoredErasure } from "./erasure-job.ts";
import { type ErasureStep, eraseUser } from "./erasures.ts";

export interface ErasureRunnerParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  /** As they are configured now. */
  readonly poolArns: () => readonly string[];
  readonly forget: (poolArn: string, sub: string) => void;
  readonly log: Log;
}

/** A gateway that has not written for so long is gone; if it is not, two do the same, which harms nobody. */
const LEASE_MS = 20_000;
const RENEW_AFTER_MS = 5000;
/** Erasures that others were asked for on the same store are found within this time, or the broker's own. */
const LOOK_EVERY_MS = 1000;

/** It was promised, so it is never given up. */
const RETRY: RetryPolicy = {
  retry: Number.POSITIVE_INFINITY,
  backoffPolicy: "exponential",
  backoffDelayMs: 1000,
  backoffMaxMs: 300_000,
  maxAgeMs: Number.POSITIVE_INFINITY,
};

export function startErasureRunner(parts: ErasureRunnerParts): Rounds {
  const { broker, clock, random, poolArns, forget, log } = parts;
  const { shared, longestPollMs = LOOK_EVERY_MS } = broker.capabilities;
  const owner = crypto.randomUUID();
  return startRounds({ clock, log, lament: "erasures could not be looked for; trying again", round });

  /** The oldest that is due. */
  async function round(signal: AbortSignal): Promise<number | null> {
    const stored = await readErasures(broker);
    const due = stored.find(({ job }) => dueAtMs(job) <= clock());
    if (due) {
      await run(due, signal);
      return 0;
    }
    const dues = [...stored.map(({ job }) => dueAtMs(job)), ...(shared ? [clock() + longestPollMs] : [])];
    return dues.length === 0 ? null : Math.min(...dues);
  }

  /** On a store that is ours alone, another runner is from an earlier life. */
  function dueAtMs({ dueAtMs, runner }: ErasureJob): number {
    const isElsewhere = shared && runner && runner.id !== owner;
    return isElsewhere ? Math.max(dueAtMs, runner.untilMs) : dueAtMs;
  }

  async function run(stored: StoredErasure, signal: AbortSignal): Promise<void> {
    let { job, version } = stored;
    let writtenAtMs = Number.NEGATIVE_INFINITY;

    /** False where another gateway has it by now. */
    async function write(state: readonly StateWrite[]): Promise<boolean> {
      try {
        await broker.append({ events: [], state });
        version += 1;
        writtenAtMs = clock();
        return true;
      } catch (error) {
        if (brokerFailureCode(error) === "state_conflict") return false;
        throw error;
      }
    }

    async function keep(erased: ErasedCounts, { state = [], learned }: ErasureStep = {}): Promise<boolean> {
      if (signal.aborted) return false;
      const isKnown = erased.events.erased === job.erased.events.erased && state.length === 0 && !learned;
      if (isKnown && clock() - writtenAtMs < RENEW_AFTER_MS) return true;
      job = { ...job, erased, ...(learned && { learned }), runner: { id: owner, untilMs: clock() + LEASE_MS } };
      return write([...state, jobWrite(job, version)]);
    }

    try {
      const { user, erased: before, learned } = job;
      if (!(await keep(before))) return;
      const erased = await eraseUser(user, { broker, poolArns: poolArns(), forget, before, learned, keep });
      if (!erased) {
        if (signal.aborted) await write([jobWrite({ ...job, runner: undefined }, version)]);
        return;
      }
      const nowMs = clock();
      const done = await write(await doneWrites(broker, job, { ifVersion: version, erased, nowMs }));
      // Whose data they were is what is to be forgotten.
      if (done) log("info", "a user was erased", { erasure: job.id, events: erased.events.erased });
    } catch (error) {
      const code = isBrokerFailure(error) ? brokerFailureCode(error) : "internal";
      const failures = job.failures + 1;
      // Not its message, which may quote what is to be forgotten.
      const name = error instanceof Error ? error.name : typeof error;
      log("error", "an erasure failed; trying again", { erasure: job.id, code, error: name, failures });
      const dueAtMs = clock() + retryDelayMs(RETRY, failures, random);
      await write([jobWrite({ ...job, failures, code, dueAtMs, runner: undefined }, version)]);
    }
  }
}
