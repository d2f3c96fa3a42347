/**
 * Calls to AWS of one kind about one pool. When they fail, AWS is left alone but for one try after each pause, so that
 * records need not wait in vain; when they are slow, they go on, and nobody waits for them until one was answered.
 */
import type { Random } from "../../core/clock.ts";
import type { Result } from "../../core/result.ts";
import { backoffCeilingMs } from "../../core/retry.ts";
import type { Wait } from "../../core/wait.ts";
import type { PollFault } from "../poll/fault.ts";

export interface Caller {
  /** `failing`: make no call. `slow`: do not wait for one. */
  state(): "well" | "slow" | "failing";
  /** Makes the call; where it fails it is made again by itself until it does not. */
  call<T>(make: () => Promise<Result<T, PollFault>>): Promise<Result<T, PollFault>>;
  /** Somebody waited as long as he might. */
  tooSlow(): void;
}

export interface CallerParts {
  readonly wait: Wait;
  readonly random: Random;
  /** Ends the tries. */
  readonly signal: AbortSignal;
  /** Told when the state changes, with AWS's error or undefined where all is well again. */
  readonly report: (error: string | undefined) => void;
}

const BACKOFF = {
  retry: 0,
  maxAgeMs: 0,
  backoffPolicy: "exponential",
  backoffDelayMs: 1000,
  backoffMaxMs: 300_000,
} as const;

export function createCaller({ wait, random, signal, report }: CallerParts): Caller {
  let failing: string | undefined;
  let slow = false;

  function note(error: string | undefined): void {
    slow = false;
    if (error === failing) return;
    failing = error;
    report(error);
  }

  async function heal(make: () => Promise<Result<unknown, PollFault>>): Promise<void> {
    for (let attempt = 1; failing !== undefined; attempt++) {
      // Half of it by chance: many pools fail at the same moment.
      await wait(backoffCeilingMs(BACKOFF, attempt) * (0.5 + random() / 2), signal);
      if (signal.aborted) return;
      const answer = await make();
      if (signal.aborted) return;
      note(answer.ok ? undefined : answer.error.error);
    }
  }

  return {
    state: () => (failing !== undefined ? "failing" : slow ? "slow" : "well"),

    async call(make) {
      const answer = await make();
      // What the end of the gateway cut short says nothing about AWS.
      if (signal.aborted) return answer;
      if (answer.ok) {
        // Others that were under way when it failed do not prove that all is well; the one that is repeated will.
        if (failing === undefined) note(undefined);
      } else if (failing === undefined) {
        note(answer.error.error);
        void heal(make);
      }
      return answer;
    },

    tooSlow() {
      slow = true;
    },
  };
}
