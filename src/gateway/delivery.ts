/** Delivery as the configuration has it: one loop for each subscription, none for those that are gone. */
import type { Broker } from "../broker/broker.ts";
import type { SubscriptionConfig } from "../config/config.ts";
import type { Clock, HmacSha256, Random } from "../core/clock.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import { createRareLog } from "../core/rare-log.ts";
import type { Controls } from "../delivery/controls.ts";
import { startHousekeeping } from "../delivery/housekeeping.ts";
import { createReconciler } from "../delivery/reconcile.ts";
import { type LoopState, type SubscriptionLoop, startSubscriptionLoop } from "../delivery/subscription-loop.ts";
import { createWakeUps } from "../delivery/wake-ups.ts";
import type { Sink } from "../sinks/sink.ts";
import { type Forwarder, startForwarder } from "./forwarder.ts";
import { brokerFor } from "./privacy.ts";
import { beginWhenBrokerAnswers, type PatientStart } from "./start.ts";

/** `place` says in the log which part of the subscription's configuration it is about, unless it is its target. */
export type CreateSink = (subscription: SubscriptionConfig, place?: string) => Sink;

export interface DeliveryPlan {
  readonly subscriptions: readonly PlannedSubscription[];
  readonly createSink: CreateSink;
}

export interface PlannedSubscription extends SubscriptionConfig {
  /** Another key under the same name: it is delivered in another way, or to another place. */
  readonly key: string;
}

interface RunningSubscription {
  readonly key: string;
  readonly loop: SubscriptionLoop;
  readonly forwarder: Forwarder | undefined;
}

export interface DeliveryParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly hmac: HmacSha256;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  readonly controls: Controls;
  /** A subscription left the configuration, and with it what is kept for it. */
  readonly onRemoved: (subscription: string) => Promise<void>;
}

export interface Delivery {
  /** Makes the subscriptions known to the broker and begins, later where a shared broker is out of reach. */
  start(plan: DeliveryPlan): Promise<void>;
  /**
   * Goes on with another plan: a subscription whose key stays is left alone, the others end with `graceMs` for running
   * tries, and begin anew if they are still there. Tried again and again where the broker fails.
   */
  change(plan: DeliveryPlan, graceMs: number): Promise<void>;
  stateOf(subscription: string): LoopState;
  breakerOf(subscription: string): ReturnType<SubscriptionLoop["breaker"]>;
  /** Of its dead-letter target; undefined where it has none. */
  deadLetterStateOf(subscription: string): LoopState | undefined;
  /** Its dead-letter target takes dead letters again, as far as somebody knows. */
  enableDeadLetters(subscription: string): void;
  /** Something may have become claimable for this subscription. */
  wake(subscription: string): void;
  /** When something is to be sent next, in epoch ms; 0: now, null: nothing is, as long as nothing comes. */
  nextDueAt(): Promise<number | null>;
  /** Running tries get `graceMs`, all leases go back. */
  stop(graceMs: number): Promise<void>;
}

export function createDelivery(parts: DeliveryParts): Delivery {
  const { broker, clock, random, hmac, metrics, log, controls, onRemoved } = parts;
  const brokerLog = createRareLog(log, clock);
  const loops = new Map<string, RunningSubscription>();
  let patientStart: PatientStart | undefined;
  let housekeeping: { stop(): void } | undefined;
  let changing: Promise<void> | undefined;
  let stopping = false;

  const reconciler = createReconciler({
    broker,
    clock,
    metrics,
    log,
    async onRemoved(subscription) {
      await Promise.all([controls.forget(subscription), onRemoved(subscription)]);
    },
  });
  const wakeUps = createWakeUps();
  controls.onChange((subscription) => loops.get(subscription)?.loop.obey());
  broker.onAppend(wakeUps.onAppend);

  /** May be run again, whatever it came to. */
  async function begin({ subscriptions, createSink }: DeliveryPlan): Promise<void> {
    await reconciler.reconcile(subscriptions);
    await controls.load(subscriptions.map(({ name }) => name));
    if (stopping) return;
    for (const subscription of subscriptions) {
      const { delivery, name, filters, bounds, key } = subscription;
      if (loops.has(name)) continue;
      const sink = createSink(subscription);
      const ownBroker = brokerFor(subscription, { broker, hmac, metrics, log });
      const forwarder = startForwarder(subscription, {
        broker: ownBroker,
        createSink,
        clock,
        random,
        metrics,
        log,
        brokerLog,
      });
      const loop = startSubscriptionLoop(
        { ...delivery, name, filters, bounds, batch: batchOf(subscription) },
        {
          broker: ownBroker,
          sink,
          clock,
          random,
          metrics,
          log,
          brokerLog,
          control: () => controls.of(name),
          onDisabled: (reason) => controls.disable(name, reason),
          ...forwarder?.loopParts,
        },
      );
      loops.set(name, { key, loop, forwarder });
      wakeUps.add(name, filters, loop.wake);
    }
    housekeeping ??= startHousekeeping(broker, log);
  }

  async function changeTo(plan: DeliveryPlan, graceMs: number): Promise<void> {
    await patientStart?.stop();
    await endAllBut(new Set(plan.subscriptions.map(({ key }) => key)), graceMs);
    if (!stopping) patientStart = await beginWhenBrokerAnswers(broker, () => begin(plan), log, { always: true });
  }

  async function endAllBut(staying: ReadonlySet<string>, graceMs: number): Promise<void> {
    const ending = [...loops].filter(([, { key }]) => !staying.has(key));
    await Promise.all(ending.flatMap(([, { loop, forwarder }]) => [loop.stop(graceMs), forwarder?.stop(graceMs)]));
    for (const [name] of ending) {
      loops.delete(name);
      wakeUps.remove(name);
    }
  }

  return {
    async start(plan) {
      patientStart = await beginWhenBrokerAnswers(broker, () => begin(plan), log);
    },
    change(plan, graceMs) {
      changing = changeTo(plan, graceMs);
      return changing;
    },
    stateOf: (subscription) => loops.get(subscription)?.loop.state() ?? "stopped",
    breakerOf: (subscription) => loops.get(subscription)?.loop.breaker() ?? "closed",
    deadLetterStateOf: (subscription) => loops.get(subscription)?.forwarder?.state(),
    enableDeadLetters: (subscription) => loops.get(subscription)?.forwarder?.enable(),
    wake: (subscription) => loops.get(subscription)?.loop.wake(),
    async nextDueAt() {
      const dues = await Promise.all(
        [...loops].flatMap(([subscription, { loop, forwarder }]) => [
          // What waits for an operator is not due.
          ...(["running", "resting"].includes(loop.state()) ? [broker.nextDueAt({ subscription })] : []),
          ...(forwarder ? [forwarder.nextDueAt()] : []),
        ]),
      );
      return earliest(dues);
    },
    async stop(graceMs) {
      stopping = true;
      await changing;
      await patientStart?.stop();
      housekeeping?.stop();
      wakeUps.stop();
      reconciler.stop();
      controls.stop();
      await endAllBut(new Set(), graceMs);
    },
  };
}

/** Undefined where the target takes events one by one. */
function batchOf({ target }: SubscriptionConfig) {
  return target.kind === "http" && target.mode === "batch" ? target.batch : undefined;
}

/** The earliest of these times; null where there is none. */
export function earliest(times: readonly (number | null)[]): number | null {
  return times.reduce((least, time) => (least === null || (time !== null && time < least) ? time : least), null);
}
