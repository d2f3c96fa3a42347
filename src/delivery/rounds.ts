/**
 * Work that stands in the broker and that nobody waits for, done in rounds: one at a time, whenever some of it is due or
 * somebody says that there may be some. A round that fails is tried again.
 */
import { brokerFailureCode, isBrokerFailure } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";

export interface Rounds {
  /** There may be something to do. */
  wake(): void;
  /** When it goes on by itself, in epoch ms; 0: now, null: when somebody wakes it. */
  nextDueAt(): number | null;
  /** Resolves when nothing of it is under way; what is not done goes on in the next process. */
  stop(): Promise<void>;
}

export interface RoundsParts {
  readonly clock: Clock;
  readonly log: Log;
  /** What the log says of a round that failed, unless the broker was away. */
  readonly lament: string;
  /**
   * Answers when to look again, in epoch ms, or null: when somebody says so. Ends soon once the signal aborts. May
   * reject, as the broker does or otherwise.
   */
  readonly round: (signal: AbortSignal) => Promise<number | null>;
}

const PAUSE_MS = 1000;

export function startRounds({ clock, log, lament, round }: RoundsParts): Rounds {
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let woken = false;
  let dueAtMs: number | null = 0;

  wake();
  return {
    wake,
    nextDueAt: () => (running ? 0 : dueAtMs),
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };

  function wake(): void {
    woken = true;
    if (signal.aborted || running) return;
    clearTimeout(timer);
    woken = false;
    running = round(signal)
      .catch((error: unknown) => {
        // Whoever delivers meets the same trouble and reports it.
        if (!isAway(error)) log("warn", lament, { error: String(error) });
        return clock() + PAUSE_MS;
      })
      .then((nextMs) => {
        running = undefined;
        dueAtMs = nextMs;
        if (signal.aborted) return;
        if (woken) wake();
        else if (nextMs !== null) timer = setTimeout(wake, Math.max(0, nextMs - clock()));
      });
  }
}

function isAway(error: unknown): boolean {
  return isBrokerFailure(error) && brokerFailureCode(error) === "broker_unavailable";
}
