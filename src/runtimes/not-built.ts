/** What the configuration language knows and this version does not do: refused, since it would be something else. */
import type { Config, ConfigFault, SubscriptionConfig } from "../config/config.ts";

export function refusedSettings(config: Config): readonly ConfigFault[] {
  const faults: ConfigFault[] = [];
  for (const subscription of config.subscriptions) faults.push(...refusedOf(subscription));
  return faults;
}

function refusedOf({ name, delivery, privacy }: SubscriptionConfig): readonly ConfigFault[] {
  const at = `subscriptions.${name}`;
  const faults: ConfigFault[] = [];
  if (delivery.deadLetterURL !== undefined) faults.push(fault(`${at}.delivery.deadLetterURL`, "a dead-letter URL"));
  const { key: _, ...actions } = privacy ?? {};
  if (Object.values(actions).some((action) => action !== "keep")) faults.push(fault(`${at}.privacy`, "privacy"));
  return faults;
}

function fault(path: string, what: string): ConfigFault {
  return { path, message: `${what} is not in this version` };
}
