import type { Broker, BrokerLimits } from "../../../src/broker/broker.ts";

/** One backend, as its own test hands it to the suite. */
export interface BrokerBackend {
  /** A fresh, empty store with these limits, under a clock of its own. Called once a test, and often by the model. */
  setUp(limits: BrokerLimits): Promise<BrokerHarness>;
  /** What this backend cannot do, as data: the titles of tests, each printed with the reason. */
  readonly skip?: readonly Skip[];
  /** Random histories the model test plays; fewer where a store is slow to make. */
  readonly modelRuns?: number;
}

export interface Skip {
  readonly reason: string;
  readonly tests: readonly string[];
}

/** One store. */
export interface BrokerHarness {
  /** A handle on the store; again after the last one was closed. */
  open(): Promise<Broker>;
  /** Another handle while the first is open; needed where `capabilities.shared`. */
  openSecond?(): Promise<Broker>;
  /** A new handle as after a crash: the old one is abandoned, not closed. Needed where `capabilities.durable`. */
  reopen?(broker: Broker): Promise<Broker>;
  advance(ms: number): void | Promise<void>;
  now(): number;
  /** Called last, with every handle closed that was not abandoned. */
  cleanup(): Promise<void>;
}

/** What a test plays on: one store with one open handle. */
export interface Stage {
  readonly broker: Broker;
  readonly limits: BrokerLimits;
  now(): number;
  advance(ms: number): Promise<void>;
  /** A second handle on the same store. */
  second(): Promise<Broker>;
  /** Abandons the handle, by default the first, and opens another. */
  crash(broker?: Broker): Promise<Broker>;
  /** Closes the handle and opens another. */
  restart(): Promise<Broker>;
}

export interface ScenarioOptions {
  readonly limits?: Partial<BrokerLimits>;
  /** The capability without which the test has no meaning. */
  readonly needs?: "durable" | "shared";
}

/** Declares a test. The title is a sentence that names the observable. */
export type Scenario = (title: string, play: (stage: Stage) => Promise<void>, options?: ScenarioOptions) => void;

export const SECOND = 1000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const DEFAULT_LIMITS: BrokerLimits = {
  dedupeWindowMs: DAY,
  retentionMs: 2 * DAY,
  deadRetentionMs: 10 * DAY,
  maxBytes: 64 * 1024 * 1024,
};

/** Sets a store up, plays on it, and takes it down again whatever happened. */
export async function withStage(
  backend: BrokerBackend,
  limits: BrokerLimits,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const harness = await backend.setUp(limits);
  const handles = new Set<Broker>();
  const opened = async (opening: Promise<Broker> | undefined, missing: string): Promise<Broker> => {
    if (opening === undefined) throw new Error(`The harness does not offer ${missing}.`);
    const broker = await opening;
    handles.add(broker);
    return broker;
  };
  try {
    const broker = await opened(harness.open(), "open");
    await play({
      broker,
      limits,
      now: () => harness.now(),
      advance: async (ms) => harness.advance(ms),
      second: () => opened(harness.openSecond?.(), "openSecond, though the broker is shared"),
      crash(abandoned = broker) {
        handles.delete(abandoned);
        return opened(harness.reopen?.(abandoned), "reopen, though the broker is durable");
      },
      async restart() {
        handles.delete(broker);
        await broker.close();
        return opened(harness.open(), "open");
      },
    });
  } finally {
    for (const handle of handles) await handle.close();
    await harness.cleanup();
  }
}
