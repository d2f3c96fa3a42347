/**
 * Tells the broker how tries ended. What comes in while one call is under way goes with the next one, and what the
 * broker cannot take is offered again: a lost settlement would only mean one more delivery, but needlessly.
 */
import type { Broker, Settlement } from "../broker/broker.ts";
import type { Log } from "../core/log.ts";

export interface Settler {
  settle(settlement: Settlement): void;
  /** Resolves when nothing is left to tell, or when the broker has been out of reach for `giveUpMs`. */
  drain(giveUpMs: number): Promise<void>;
}

export interface SettlerParts {
  readonly broker: Broker;
  readonly subscription: string;
  readonly log: Log;
  /** Called after settlements took effect. */
  readonly onSettled: () => void;
}

const PAUSE_MS = 1000;

export function createSettler({ broker, subscription, log, onSettled }: SettlerParts): Settler {
  let waiting: Settlement[] = [];
  let running: Promise<void> | undefined;
  let stopping = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await broker.settle({ subscription, settlements: batch });
        onSettled();
      } catch (error) {
        waiting = [...batch, ...waiting];
        if (stopping) return;
        log("warn", "settling failed; trying again", { subscription, error: String(error) });
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  function start(): void {
    running ??= run().finally(() => {
      running = undefined;
      if (waiting.length > 0 && !stopping) start();
    });
  }

  return {
    settle(settlement) {
      waiting.push(settlement);
      start();
    },
    async drain(giveUpMs) {
      stopping = true;
      if (waiting.length > 0) start();
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, giveUpMs))]);
    },
  };
}
