/** One at a time, in the order they came, each for as long as it takes; who waits too long is turned away. */
export interface Turns {
  /** Settles as `work` does; undefined where its turn did not come within the patience, and then it never begins. */
  take<T>(work: () => Promise<T>): Promise<T | undefined>;
}

export function createTurns(patienceMs: number): Turns {
  const waiting: (() => void)[] = [];
  let taken = false;

  /** False: not in time. */
  function turn(): Promise<boolean> {
    if (!taken) {
      taken = true;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const begin = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(begin), 1);
        resolve(false);
      }, patienceMs);
      waiting.push(begin);
    });
  }

  function pass(): void {
    const next = waiting.shift();
    if (next) next();
    else taken = false;
  }

  return {
    async take(work) {
      if (!(await turn())) return undefined;
      try {
        return await work();
      } finally {
        pass();
      }
    },
  };
}
