/**
 * Tells the broker how tries ended. What comes in while one call is under way goes with the next one, and what the
 * broker cannot take is offered again: a lost settlement would only mean one more delivery, but needlessly.
 */
import type { Broker, Settlement } from "../broker/broker.ts";
import type { Log } from "../core/log.ts";

export interface Settler {
  settle(settlement: Settlement): void;
  /** How many settlements the broker has not confirmed: their events are still leased. */
  pending(): number;
  /** Resolves when what was handed in so far took effect. */
  told(): Promise<void>;
  /** Resolves when nothing is left to tell, or when the broker has been out of reach for `giveUpMs`. The last call. */
  drain(giveUpMs: number): Promise<void>;
}

export interface SettlerParts {
  readonly broker: Pick<Broker, "settle">;
  readonly subscription: string;
  readonly log: Log;
  /** Called after settlements took effect. */
  readonly onSettled: () => void;
}

const PAUSE_MS = 1000;

export function createSettler({ broker, subscription, log, onSettled }: SettlerParts): Settler {
  let waiting: Settlement[] = [];
  let underWay = 0;
  let running: Promise<void> | undefined;
  let givenUp = false;
  let endPause = () => {};

  async function run(): Promise<void> {
    while (waiting.length > 0 && !givenUp) {
      const batch = waiting;
      waiting = [];
      underWay = batch.length;
      try {
        await broker.settle({ subscription, settlements: batch });
        underWay = 0;
        onSettled();
      } catch (error) {
        underWay = 0;
        waiting = [...batch, ...waiting];
        log("warn", "settling failed; trying again", { subscription, error: String(error) });
        await pause();
      }
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PAUSE_MS);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function start(): void {
    if (givenUp) return;
    running ??= run().finally(() => {
      running = undefined;
      if (waiting.length > 0) start();
    });
  }

  return {
    settle(settlement) {
      waiting.push(settlement);
      start();
    },
    pending: () => underWay + waiting.length,
    told: async () => running,
    async drain(giveUpMs) {
      endPause();
      let giveUp: ReturnType<typeof setTimeout> | undefined;
      const tooLate = new Promise<void>((resolve) => {
        giveUp = setTimeout(resolve, giveUpMs);
      });
      await Promise.race([running, tooLate]);
      clearTimeout(giveUp);
      givenUp = true;
      endPause();
    },
  };
}
