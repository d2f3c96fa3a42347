/**
 * Group commit: what arrived while the last transaction was being made durable is the next one. Nothing waits for
 * company, so a single writer pays one fsync, and many share theirs.
 */
export interface GroupCommit {
  /** Runs `work` in the next transaction and resolves with its result when that is durable. */
  commit<T>(work: () => T): Promise<T>;
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>;
}

export interface GroupCommitParts {
  /** Runs `work` in one durable transaction; throws when it did not happen, whole. */
  readonly transaction: (work: () => void) => void;
  /** Calls back in a later turn of the event loop, after what is readable now was read. */
  readonly schedule: (callback: () => void) => void;
  /** Makes a broker failure of what the database threw. */
  readonly toFailure: (error: unknown) => unknown;
}

interface Job {
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Jobs in one transaction at most: bounds how long the event loop stands still. */
const BATCH_LIMIT = 512;

export function createGroupCommit({ transaction, schedule, toFailure }: GroupCommitParts): GroupCommit {
  const queue: Job[] = [];
  let idleWaiters: (() => void)[] = [];
  let scheduled = false;

  function flush(): void {
    scheduled = false;
    const jobs = queue.splice(0, BATCH_LIMIT);
    try {
      transaction(() => {
        for (const job of jobs) job.run();
      });
      for (const job of jobs) job.resolve();
    } catch (error) {
      if (jobs.length === 1) jobs[0]?.reject(toFailure(error));
      else for (const job of jobs) runAlone(job);
    }
    if (queue.length > 0) wake();
    else {
      for (const waiter of idleWaiters) waiter();
      idleWaiters = [];
    }
  }

  /** One job's failure must not fail its neighbours, so after a failed batch each has its own transaction. */
  function runAlone(job: Job): void {
    try {
      transaction(job.run);
      job.resolve();
    } catch (error) {
      job.reject(toFailure(error));
    }
  }

  function wake(): void {
    if (scheduled) return;
    scheduled = true;
    schedule(flush);
  }

  return {
    commit<T>(work: () => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        let result: T;
        queue.push({
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
