/** Delivery as the configuration has it: one loop for each subscription, none for those that are gone. */
import type { Broker } from "./broker/broker.ts";
import type { SubscriptionConfig } from "./config/config.ts";
import type { Clock, Random } from "./core/clock.ts";
import type { GatewayMetrics } from "./core/gateway-metrics.ts";
import type { Log } from "./core/log.ts";
import { createRareLog } from "./core/rare-log.ts";
import { startHousekeeping } from "./delivery/housekeeping.ts";
import { type SubscriptionLoop, startSubscriptionLoop } from "./delivery/subscription-loop.ts";
import { type Forwarder, startForwarder } from "./gateway-dead-letters.ts";
import { beginWhenBrokerAnswers, type PatientStart } from "./gateway-start.ts";
import type { Sink } from "./sinks/sink.ts";

export type CreateSink = (subscription: SubscriptionConfig) => Sink;

export interface DeliveryPlan {
  readonly subscriptions: readonly SubscriptionConfig[];
  readonly createSink: CreateSink;
}

export interface DeliveryParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  /** The target of a subscription wants no more events. */
  readonly onDisabled: (subscription: string, reason: string) => void;
}

export interface Delivery {
  /** Makes the subscriptions known to the broker and begins, later where a shared broker is out of reach. */
  start(plan: DeliveryPlan): Promise<void>;
  stateOf(subscription: string): ReturnType<SubscriptionLoop["state"]>;
  /** Running tries get `graceMs`, all leases go back. */
  stop(graceMs: number): Promise<void>;
}

export function createDelivery({ broker, clock, random, metrics, log, onDisabled }: DeliveryParts): Delivery {
  const brokerLog = createRareLog(log, clock);
  const loops = new Map<string, SubscriptionLoop>();
  const forwarders: Forwarder[] = [];
  let patientStart: PatientStart | undefined;
  let housekeeping: { stop(): void } | undefined;
  let stopping = false;

  async function begin({ subscriptions, createSink }: DeliveryPlan): Promise<void> {
    await reconcile(subscriptions);
    if (stopping) return;
    for (const subscription of subscriptions) {
      const { delivery, name, filters } = subscription;
      const sink = createSink(subscription);
      const forwarder = startForwarder(subscription, { broker, createSink, clock, random, metrics, log, brokerLog });
      if (forwarder) forwarders.push(forwarder);
      const loop = startSubscriptionLoop(
        { ...delivery, name, filters, batch: batchOf(subscription) },
        {
          broker,
          sink,
          clock,
          random,
          metrics,
          log,
          brokerLog,
          onDisabled: (reason) => onDisabled(name, reason),
          ...forwarder?.loopParts,
        },
      );
      loops.set(name, loop);
    }
    broker.onAppend(() => {
      for (const loop of loops.values()) loop.wake();
    });
    housekeeping = startHousekeeping(broker, log);
  }

  /** New subscriptions begin at their start; those that are gone from the configuration lose their backlog. */
  async function reconcile(subscriptions: readonly SubscriptionConfig[]): Promise<void> {
    const wanted = new Set(subscriptions.map(({ name }) => name));
    for (const subscription of await broker.listSubscriptions()) {
      if (wanted.has(subscription)) continue;
      const { dropped } = await broker.removeSubscription({ subscription });
      metrics.dropped.add({ subscription, reason: "subscription_removed" }, dropped);
      log("warn", "a subscription is gone from the configuration; its backlog is dropped", { subscription, dropped });
    }
    for (const { name, start } of subscriptions) await broker.ensureSubscription({ subscription: name, start });
  }

  return {
    async start(plan) {
      patientStart = await beginWhenBrokerAnswers(broker, () => begin(plan), log);
    },
    stateOf: (subscription) => loops.get(subscription)?.state() ?? "stopped",
    async stop(graceMs) {
      stopping = true;
      await patientStart?.stop();
      housekeeping?.stop();
      await Promise.all([...loops.values(), ...forwarders].map((loop) => loop.stop(graceMs)));
    },
  };
}

/** Undefined where the target takes events one by one. */
function batchOf({ target }: SubscriptionConfig) {
  return target.kind === "http" && target.mode === "batch" ? target.batch : undefined;
}
