/** The replays of a gateway: kept in the broker, run as long as it delivers. */
import type { Broker } from "../broker/broker.ts";
import type { Config, SubscriptionConfig } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import { createRareLog } from "../core/rare-log.ts";
import { startReplayRunner } from "../delivery/replay-runner.ts";
import { createReplays, type Replays } from "../delivery/replays.ts";
import type { Rounds } from "../delivery/rounds.ts";
import { subscriptionNamespace } from "./controls.ts";
import type { Delivery } from "./delivery.ts";

export interface ReplaysStart {
  readonly config: Pick<Config, "broker">;
  readonly broker: Broker;
  readonly clock: Clock;
}

export function replaysOf({ config, broker, clock }: ReplaysStart): Replays {
  // Short enough to be typed; a subscription has few of them.
  const newId = () => crypto.randomUUID().slice(0, 8);
  return createReplays({ broker, clock, namespace: subscriptionNamespace(config), newId });
}

export interface RunnerStart extends ReplaysStart {
  readonly log: Log;
  readonly metrics: GatewayMetrics;
  readonly subscriptions: () => readonly SubscriptionConfig[];
  readonly delivery: Pick<Delivery, "wake">;
  readonly replays: Replays;
}

export function runReplays(start: RunnerStart): Rounds {
  const { config, broker, clock, log, metrics, subscriptions, delivery, replays } = start;
  const runner = startReplayRunner({
    broker,
    clock,
    log: createRareLog(log, clock),
    namespace: subscriptionNamespace(config),
    id: crypto.randomUUID(),
    subscriptions,
    onReplayed(subscription, events) {
      metrics.replayed.add({ subscription }, events);
      delivery.wake(subscription);
    },
  });
  replays.onStart(runner.wake);
  return runner;
}
