import { Option } from "commander";
import type { SubscriptionView } from "../../routes/admin-port.ts";
import { type Ask, UsageFault } from "./run.ts";

export function subscriptionOption(): Option {
  return new Option("-s, --subscription <name>", "of the subscription; may be left out where there is one alone");
}

/** The one that was named, or the only one there is. */
export async function subscriptionName(ask: Ask, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const names = await subscriptionNames(ask);
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new UsageFault(`--subscription: name one of ${names.join(", ")}`);
}

export async function subscriptionNames(ask: Ask): Promise<readonly string[]> {
  const { subscriptions } = (await ask("GET", "/subscriptions")) as {
    readonly subscriptions: readonly SubscriptionView[];
  };
  return subscriptions.map(({ name }) => name);
}

/** The path of a subscription behind /api. */
export function pathOf(name: string): string {
  return `/subscriptions/${encodeURIComponent(name)}`;
}
