/** What a gateway does for itself where several share the work by account and Region. */
import type { Config } from "../config/config.ts";
import { readPoolArn } from "../core/pool-arn.ts";
import type { Ingest } from "../ingest/ingest.ts";

export interface GatewayShard {
  /** Whether the pool is polled here, and its users are looked up here. */
  ownsPool(arn: string): boolean;
  /** For what is polled and fetched here, of which some may belong to others. */
  finder(own: Ingest): Ingest;
}

/** Alone it looks after all pools, and commits all that it finds. */
export const ALONE: GatewayShard = { ownsPool: () => true, finder: (own) => own };

/** With the pools that are looked after here alone. Which pools are configured is another question. */
export function withOwnPools(config: Config, { ownsPool }: GatewayShard): Config {
  return { ...config, pools: config.pools.filter(({ arn }) => ownsPool(arn)) };
}

/** ARNs of the configured pools by pool id. */
export function poolArns({ pools }: Config): ReadonlyMap<string, string> {
  return new Map(pools.map(({ arn }) => [readPoolArn(arn).poolId, arn]));
}
