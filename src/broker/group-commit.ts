/**
 * Group commit: what arrives while the last transaction is made durable is the next one. A transaction begins when a
 * turn of the event loop brought nothing new, so a single writer waits for nobody, and many share one fsync.
 */
export interface GroupCommit {
  /** Runs `work` in the next transaction and resolves with its result when that is as durable as asked. */
  commit<T>(work: () => T, durability: Durability): Promise<T>;
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>;
}

/**
 * `synced`: survives a power cut. `written`: survives the end of the process, and a power cut once a later transaction
 * was synced; enough for what would only be done again.
 */
export type Durability = "synced" | "written";

export interface GroupCommitParts {
  /** Runs `work` in one transaction; throws when it did not happen, whole. */
  readonly transaction: (work: () => void, durability: Durability) => void;
  /** Calls back in a later turn of the event loop, after what is readable now was read. */
  readonly schedule: (callback: () => void) => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Makes a broker failure of what the database threw. */
  readonly toFailure: (error: unknown) => unknown;
}

interface Job {
  readonly durability: Durability;
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Jobs in one transaction at most: bounds how long the event loop stands still. */
const BATCH_LIMIT = 512;
/** However slow the disk is, nobody waits longer than this for company. */
const LONGEST_GATHERING_MS = 10;

export function createGroupCommit({ transaction, schedule, now, toFailure }: GroupCommitParts): GroupCommit {
  const queue: Job[] = [];
  let idleWaiters: (() => void)[] = [];
  let scheduled = false;
  let seen = 0;
  let gatheringSinceMs = 0;
  let lastCommitMs = 0;

  /** While requests keep coming, gathering them costs less than a transaction of their own would: up to the time of one. */
  function gather(): void {
    const grew = queue.length > seen;
    seen = queue.length;
    const patienceMs = Math.min(lastCommitMs, LONGEST_GATHERING_MS);
    if (grew && seen < BATCH_LIMIT && now() - gatheringSinceMs < patienceMs) schedule(gather);
    else flush();
  }

  function flush(): void {
    scheduled = false;
    const startMs = now();
    const jobs = queue.splice(0, BATCH_LIMIT);
    try {
      transaction(() => {
        for (const job of jobs) job.run();
      }, durabilityOf(jobs));
      for (const job of jobs) job.resolve();
    } catch (error) {
      if (jobs.length === 1) jobs[0]?.reject(toFailure(error));
      else for (const job of jobs) runAlone(job);
    }
    lastCommitMs = now() - startMs;
    if (queue.length > 0) wake();
    else {
      for (const waiter of idleWaiters) waiter();
      idleWaiters = [];
    }
  }

  /** One job's failure must not fail its neighbours, so after a failed batch each has its own transaction. */
  function runAlone(job: Job): void {
    try {
      transaction(job.run, job.durability);
      job.resolve();
    } catch (error) {
      job.reject(toFailure(error));
    }
  }

  function wake(): void {
    if (scheduled) return;
    scheduled = true;
    seen = 0;
    gatheringSinceMs = now();
    schedule(gather);
  }

  return {
    commit<T>(work: () => T, durability: Durability): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        let result: T;
        queue.push({
          durability,
          run() {
            result = work();
          },
          resolve: () => resolve(result),
          reject,
        });
        wake();
      });
    },
    idle: () => (queue.length === 0 && !scheduled ? Promise.resolve() : new Promise((done) => idleWaiters.push(done))),
  };
}

function durabilityOf(jobs: readonly Job[]): Durability {
  return jobs.some(({ durability }) => durability === "synced") ? "synced" : "written";
}
