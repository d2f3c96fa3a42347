import type { Config, ConfigFault, HttpTargetConfig, SubscriptionConfig } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** 24 bytes, the shortest there may be. */
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const POOL = "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_abcdefghi";

/** The configuration of a text that must be good. */
export function configOf(text: string | undefined, env: Environment = {}): Config {
  const result = parseConfig(text, env);
  if (!result.ok) throw new Error(`unexpected faults:\n${JSON.stringify(result.error, null, 2)}`);
  return result.value;
}

/** The faults of a text that must have some. */
export function faultsOf(text: string, env: Environment = {}): readonly ConfigFault[] {
  const result = parseConfig(text, env);
  if (result.ok) throw new Error("no fault was found");
  return result.error;
}

/** Only where the faults are. */
export function faultPaths(text: string, env: Environment = {}): string[] {
  return faultsOf(text, env).map(({ path }) => path);
}

/** The only subscription of a configuration, which is given as its YAML flow text. */
export function subscriptionOf(flow: string, env: Environment = {}): SubscriptionConfig {
  const [subscription, ...others] = configOf(`subscriptions: { crm: ${flow} }`, env).subscriptions;
  if (!subscription || others.length > 0) throw new Error("one subscription was expected");
  return subscription;
}

export function httpTargetOf(flow: string): HttpTargetConfig {
  const { target } = subscriptionOf(`{ target: ${flow} }`);
  if (target.kind !== "http") throw new Error("an HTTP target was expected");
  return target;
}
