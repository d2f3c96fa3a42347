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

export function registerStateGauges(
  registry: MetricsRegistry,
  subscriptions: () => readonly { readonly name: string }[],
  { stateOf, deadLetterStateOf }: Pick<Delivery, "stateOf" | "deadLetterStateOf">,
): void {
  const gauge = (name: string, help: string, of: (subscription: string) => string | undefined) =>
    registry.gauge(name, help, async () =>
      subscriptions().flatMap(({ name: subscription }) => {
        const state = of(subscription);
        return state === undefined ? [] : [{ labels: { subscription, state }, value: 1 }];
      }),
    );
  gauge("poolcast_subscription_state", "1 for the state in which a subscription is.", stateOf);
  gauge("poolcast_dead_letter_target_state", "1 for the state in which its deadLetterURL is.", deadLetterStateOf);
}

function disabledEvent(subscription: string, { disabled }: Control) {
  if (!disabled) return undefined;
  const id = `${subscription}:${new Date(disabled.sinceMs).toISOString()}`;
  return { type: "dev.poolcast.subscription_disabled", id, data: { subscription, reason: disabled.reason } } as const;
}
