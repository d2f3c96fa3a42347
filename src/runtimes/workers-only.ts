import type { Config, ConfigFault } from "../config/config.ts";

/** The broker that is a part of Cloudflare's platform. */
export function refusedOffWorkers({ broker }: Config): readonly ConfigFault[] {
  if (broker.kind !== "durable-object") return [];
  const message = "durable-object is the broker of Cloudflare Workers: set it to sqlite or redis here";
  return [{ path: "broker.kind", message }];
}
