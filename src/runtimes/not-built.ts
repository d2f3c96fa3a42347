/**
 * What the configuration language knows and this version does not do. What would send something other than asked for
 * is refused; what would merely not happen is warned about.
 */
import type { Config, ConfigFault, SubscriptionConfig } from "../config/config.ts";

export function refusedSettings(config: Config): readonly ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (config.broker.kind === "redis") faults.push(fault("broker.kind", "the redis broker"));
  for (const subscription of config.subscriptions) faults.push(...refusedOf(subscription));
  return faults;
}

function refusedOf({ name, target, delivery, privacy }: SubscriptionConfig): readonly ConfigFault[] {
  const at = `subscriptions.${name}`;
  const faults: ConfigFault[] = [];
  if (target.kind === "redis") faults.push(fault(`${at}.target.redis`, "a redis target"));
  if (target.kind === "http") {
    if (target.mode === "batch") faults.push(fault(`${at}.target.mode`, "batch mode"));
    if (target.handshake) faults.push(fault(`${at}.target.handshake`, "the handshake"));
    if (target.tls) faults.push(fault(`${at}.target.tls`, "own certificates"));
    if (target.auth && "oauth2" in target.auth) faults.push(fault(`${at}.target.auth.oauth2`, "OAuth2"));
    if (target.secrets.some((secret) => secret.startsWith("whsk_"))) {
      faults.push(fault(`${at}.target.secret`, "signing with a whsk_ key"));
    }
  }
  if (delivery.deadLetterURL !== undefined) faults.push(fault(`${at}.delivery.deadLetterURL`, "a dead-letter URL"));
  const { key: _, ...actions } = privacy ?? {};
  if (Object.values(actions).some((action) => action !== "keep")) faults.push(fault(`${at}.privacy`, "privacy"));
  return faults;
}

function fault(path: string, what: string): ConfigFault {
  return { path, message: `${what} is not in this version` };
}

/** Roads that are configured and not there: their senders get 404. */
export function idleSettings({ ingest }: Config): readonly string[] {
  const roads = (["s3"] as const).filter((road) => ingest?.[road] !== undefined);
  return roads.map((road) => `ingest.${road}`);
}
