/** Who may deliver, in a gateway: kept in the broker, told as an event where a subscription is disabled. */
import { type Broker, BrokerFailure } from "../broker/broker.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { Control } from "../delivery/control.ts";
import { type Controls, type ControlWrite, createControls } from "../delivery/controls.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { Delivery } from "./delivery.ts";

export interface ControlsStart {
  readonly config: Pick<Config, "broker">;
  readonly broker: Broker;
  /** Absent: nothing is told. */
  readonly ingest?: Pick<Ingest, "own"> | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export function controlsOf({ config, broker, ingest, clock, log }: ControlsStart): Controls {
  async function commit({ subscription, change, control, state }: ControlWrite): Promise<void> {
    const event = change.kind === "disable" ? disabledEvent(subscription, control) : undefined;
    if (!ingest || !event) {
      await broker.append({ events: [], state });
      return;
    }
    const told = await ingest.own(event, { state });
    if (!told.ok) throw new BrokerFailure(told.error, `the disabled subscription ${subscription} was not noted`);
  }

  return createControls({ broker, clock, log, namespace: subscriptionNamespace(config), commit });
}

/** What stands before the names of subscriptions in the broker's state: other groups on one stream have their own. */
export function subscriptionNamespace({ broker }: Pick<Config, "broker">): string {
  return broker.kind === "redis" ? `${broker.group}.` : "";
}

export function registerStateGauge(
  registry: MetricsRegistry,
  subscriptions: () => readonly { readonly name: string }[],
  { stateOf }: Pick<Delivery, "stateOf">,
): void {
  registry.gauge("poolcast_subscription_state", "1 for the state in which a subscription is.", async () =>
    subscriptions().map(({ name }) => ({ labels: { subscription: name, state: stateOf(name) }, value: 1 })),
  );
}

function disabledEvent(subscription: string, { disabled }: Control) {
  if (!disabled) return undefined;
  const id = `${subscription}:${new Date(disabled.sinceMs).toISOString()}`;
  return { type: "dev.poolcast.subscription_disabled", id, data: { subscription, reason: disabled.reason } } as const;
}
