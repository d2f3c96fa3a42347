/**
 * The controls of all subscriptions, each an entry of state in the broker: they outlive restarts, and all gateways on one
 * store hold to them.
 */
import { type Broker, brokerFailureCode, type StateWrite } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type Control, type ControlChange, changeControl, controlState, RUNNING, readControl } from "./control.ts";

export interface Controls {
  /** Reads the controls of these subscriptions, and from then on follows what others do to them. */
  load(subscriptions: readonly string[]): Promise<void>;
  of(subscription: string): Control;
  /** Resolves when it is durable. Rejects as the broker does. */
  change(subscription: string, change: ControlChange): Promise<Control>;
  /** Holds at once, and is written as soon as the broker takes it. */
  disable(subscription: string, reason: string): void;
  /** For a subscription that is gone. */
  forget(subscription: string): Promise<void>;
  onChange(listener: (subscription: string) => void): void;
  stop(): void;
}

/** A control that has changed. */
export interface ControlWrite {
  readonly subscription: string;
  readonly change: ControlChange;
  readonly control: Control;
  readonly state: readonly StateWrite[];
}

export interface ControlsParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly log: Log;
  /** Stands before the names of subscriptions that share the store with those of others. */
  readonly namespace: string;
  /** Writes the state, and what tells of the change, in one step. Rejects as the broker's append does. */
  readonly commit: (write: ControlWrite) => Promise<void>;
}

const COLLECTION = "subscriptions";
/** What another gateway on the store did is noticed within this time, or the broker's own. */
const LOOK_EVERY_MS = 1000;
const RETRY_MS = 1000;
/** Somebody else may change the same control at the same time, a few times in a row. */
const MOST_CONFLICTS = 20;

export function createControls({ broker, clock, log, namespace, commit }: ControlsParts): Controls {
  const { shared, longestPollMs: lookEveryMs = LOOK_EVERY_MS } = broker.capabilities;
  const known = new Map<string, Control>();
  /** Disabled here, and not yet written. */
  const unwritten = new Map<string, Control>();
  const listeners: ((subscription: string) => void)[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const keyOf = (subscription: string) => `${namespace}${subscription}`;
  const of = (subscription: string) => unwritten.get(subscription) ?? known.get(subscription) ?? RUNNING;

  function learn(subscription: string, control: Control): void {
    const before = controlState(of(subscription));
    known.set(subscription, control);
    if (controlState(of(subscription)) !== before) for (const listener of listeners) listener(subscription);
  }

  async function read(subscriptions: readonly string[]): Promise<void> {
    const entries = await broker.getState({ collection: COLLECTION, keys: subscriptions.map(keyOf) });
    const texts = new Map(entries.map(({ key, value }) => [key, value]));
    for (const subscription of subscriptions) {
      const text = texts.get(keyOf(subscription));
      learn(subscription, text === undefined ? RUNNING : readControl(text));
    }
  }

  async function look(): Promise<void> {
    try {
      await read([...known.keys()]);
    } catch {
      // Whoever delivers meets the same trouble and reports it.
    }
    if (!stopped) timer = setTimeout(look, lookEveryMs);
  }

  async function change(subscription: string, wanted: ControlChange): Promise<Control> {
    for (let conflicts = 0; ; conflicts++) {
      const [entry] = await broker.getState({ collection: COLLECTION, keys: [keyOf(subscription)] });
      const before = entry ? readControl(entry.value) : RUNNING;
      const after = changeControl(before, wanted, clock());
      const [key, value] = [keyOf(subscription), JSON.stringify(after)];
      const state = [{ collection: COLLECTION, key, value, ifVersion: entry?.version ?? 0 }];
      try {
        if (after !== before) await commit({ subscription, change: wanted, control: after, state });
        learn(subscription, after);
        return after;
      } catch (error) {
        if (brokerFailureCode(error) !== "state_conflict" || conflicts === MOST_CONFLICTS) throw error;
      }
    }
  }

  return {
    of,
    async load(subscriptions) {
      await read(subscriptions);
      for (const gone of [...known.keys()].filter((name) => !subscriptions.includes(name))) known.delete(gone);
      if (shared && timer === undefined && !stopped) timer = setTimeout(look, lookEveryMs);
    },
    change,
    disable(subscription, reason) {
      const wanted = { kind: "disable", reason } as const;
      unwritten.set(subscription, changeControl(of(subscription), wanted, clock()));
      const attempt = async () => {
        if (stopped) return;
        try {
          await change(subscription, wanted);
          unwritten.delete(subscription);
        } catch (error) {
          log("warn", "a disabled subscription could not be noted; trying again", {
            subscription,
            error: String(error),
          });
          setTimeout(attempt, RETRY_MS);
        }
      };
      void attempt();
    },
    async forget(subscription) {
      known.delete(subscription);
      const key = keyOf(subscription);
      const [entry] = await broker.getState({ collection: COLLECTION, keys: [key] });
      if (entry) await broker.append({ events: [], state: [{ collection: COLLECTION, key, value: null }] });
    },
    onChange: (listener) => void listeners.push(listener),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
