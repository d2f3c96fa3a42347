/** One at a time, in the order they came, each for as long as it takes; who waits too long is turned away. */
import type { Clock } from "../core/clock.ts";

export interface Turns {
  /** Settles as `work` does; undefined where its turn did not come within the patience, and then it never begins. */
  take<T>(work: () => Promise<T>): Promise<T | undefined>;
}

/** Where work may end without a word, along with the request it was for: a turn this old is over. */
export interface LostTurns {
  readonly afterMs: number;
  readonly clock: Clock;
}

export function createTurns(patienceMs: number, lost?: LostTurns): Turns {
  const waiting: ((turn: Turn) => void)[] = [];
  let current: Turn | undefined;

  /** Undefined: not in time. */
  function next(): Promise<Turn | undefined> {
    if (!current || isLost(current)) return Promise.resolve(begun());
    return new Promise((resolve) => {
      const begin = (turn: Turn) => {
        clearTimeout(timer);
        resolve(turn);
      };
      const timer = setTimeout(() => {
        const at = waiting.indexOf(begin);
        // It may have begun, without its timer knowing.
        if (at < 0) return;
        waiting.splice(at, 1);
        resolve(undefined);
      }, patienceMs);
      waiting.push(begin);
    });
  }

  function begun(): Turn {
    current = { sinceMs: lost?.clock() ?? 0 };
    return current;
  }

  function isLost({ sinceMs }: Turn): boolean {
    return lost !== undefined && lost.clock() - sinceMs >= lost.afterMs;
  }

  function end(turn: Turn): void {
    // Another one was begun where this one seemed lost.
    if (current !== turn) return;
    current = undefined;
    const first = waiting.shift();
    if (first) first(begun());
  }

  return {
    async take(work) {
      const turn = await next();
      if (!turn) return undefined;
      try {
        return await work();
      } finally {
        end(turn);
      }
    },
  };
}

interface Turn {
  readonly sinceMs: number;
}
