import type { Config, ConfigFault } from "../config/config.ts";

/**
 * Deno Deploy starts and stops instances as it likes, several at a time, each with a disk of its own that ends with it.
 * https://docs.deno.com/deploy/reference/runtime/ A 202 of the embedded broker would be a promise that it cannot keep.
 * What tells it: https://docs.deno.com/deploy/reference/env_vars_and_contexts/
 */
export function refusedOnDenoDeploy({ broker }: Config, env: NodeJS.ProcessEnv): readonly ConfigFault[] {
  if (broker.kind !== "sqlite" || !(env.DENO_DEPLOY || env.DENO_DEPLOYMENT_ID)) return [];
  const message = "Deno Deploy has no disk that lasts, which the sqlite broker needs: set it to redis, with broker.url";
  return [{ path: "broker.kind", message }];
}
