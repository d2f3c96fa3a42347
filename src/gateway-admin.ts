/** The operation of a gateway, as /api offers it; the same over a store that no gateway has open. */
import type { Broker, SubscriptionStats } from "./broker/broker.ts";
import type { SubscriptionConfig } from "./config/config.ts";
import { type Control, controlState } from "./delivery/control.ts";
import type { Controls } from "./delivery/controls.ts";
import type { Delivery } from "./gateway-delivery.ts";
import type { Admin, SubscriptionChange, SubscriptionView } from "./routes/admin-port.ts";

export interface AdminParts {
  readonly broker: Broker;
  /** As they are configured now. */
  readonly subscriptions: () => readonly SubscriptionConfig[];
  readonly controls: Controls;
  /** Absent where nobody delivers. */
  readonly delivery?: Pick<Delivery, "stateOf" | "breakerOf" | "wake"> | undefined;
}

export function createAdmin({ broker, subscriptions, controls, delivery }: AdminParts): Admin {
  function isKnown(name: string): boolean {
    return subscriptions().some((one) => one.name === name);
  }

  async function view(name: string): Promise<SubscriptionView> {
    return viewOf(name, await countsOf());
  }

  async function countsOf(): Promise<ReadonlyMap<string, SubscriptionStats>> {
    const stats = await broker.stats();
    return new Map(stats.subscriptions.map((one) => [one.subscription, one]));
  }

  function viewOf(name: string, counts: ReadonlyMap<string, SubscriptionStats>): SubscriptionView {
    const { pending = 0, leased = 0, dead = 0 } = counts.get(name) ?? {};
    const control = controls.of(name);
    const state = delivery?.stateOf(name) ?? stateWithoutDelivery(control);
    return { name, state, ...sinceOf(control), breaker: delivery?.breakerOf(name) ?? "closed", pending, leased, dead };
  }

  return {
    async listSubscriptions() {
      const counts = await countsOf();
      return subscriptions().map(({ name }) => viewOf(name, counts));
    },
    async changeSubscription(name, change) {
      if (!isKnown(name)) return undefined;
      await controls.change(name, controlChange(change));
      return view(name);
    },
  };
}

function controlChange(change: SubscriptionChange) {
  return change === "disable" ? { kind: change, reason: "operator" } : { kind: change };
}

function stateWithoutDelivery(control: Control): SubscriptionView["state"] {
  const state = controlState(control);
  return state === "running" ? "stopped" : state;
}

function sinceOf({ pausedSinceMs, disabled }: Control) {
  return {
    ...(pausedSinceMs !== undefined && { pausedSince: new Date(pausedSinceMs).toISOString() }),
    ...(disabled && { disabledSince: new Date(disabled.sinceMs).toISOString(), reason: disabled.reason }),
  };
}
