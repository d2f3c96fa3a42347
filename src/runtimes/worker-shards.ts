/**
 * The Durable Objects that are the gateway: one, or one for each account and Region (docs/decisions/0025). All are of one
 * class, and each is called by its name.
 */
import type { Config } from "../config/config.ts";
import type { Log } from "../core/log.ts";
import { createLru } from "../core/lru.ts";
import { err, ok } from "../core/result.ts";
import { type GatewayShard, poolArns } from "../gateway/shard.ts";
import type { IngestResult } from "../ingest/ingest.ts";
import { GATEWAY, shardOfPool } from "../ingest/shards/shard-of.ts";
import { createFinderIngest, type Shards } from "../ingest/shards/spread.ts";
import { createRemoteIngest } from "../ingest/shards/wire.ts";
import type { Count, PendingCounts } from "./pending-counts.ts";
import type { WorkerEnv } from "./worker-bindings.ts";

/** What of a Durable Object's stub is used here: the routes and methods of `GatewayObject`. A stub is good for one request. */
export interface GatewayStub {
  fetch(request: Request): Promise<Response>;
  keepAlarm(): Promise<void>;
  take(slice: Uint8Array, snsMessages?: readonly Count[]): Promise<IngestResult>;
  admit(names: readonly string[]): Promise<readonly string[]>;
  shardNames(): Promise<readonly string[]>;
}

export interface GatewayNamespace {
  getByName(name: string): GatewayStub;
}

/** Throws where the binding is missing. */
export function stubOf(env: WorkerEnv, name: string): GatewayStub {
  const namespace = namespaceOf(env);
  if (!namespace) throw new Error("the binding GATEWAY is missing");
  return namespace.getByName(name);
}

export function namespaceOf({ GATEWAY: binding }: WorkerEnv): GatewayNamespace | undefined {
  return typeof binding === "object" && binding !== null ? (binding as GatewayNamespace) : undefined;
}

export function isSharded({ broker }: Config): boolean {
  return broker.kind === "durable-object" && broker.shardBy !== "none";
}

/** Those that poll, and are there whatever comes. */
export function configuredShards(config: Config): readonly string[] {
  return isSharded(config) ? [...new Set(config.pools.map(({ arn }) => shardOfPool(arn)))] : [];
}

/** Names whose answer is remembered here. */
const REMEMBERED = 10_000;

/** `snsMessages`: counted by whoever takes requests, and told by the shard that is given something next. */
export function createShards(env: WorkerEnv, log: Log, snsMessages?: PendingCounts): Shards {
  const answers = createLru<string, boolean>({ maxWeight: REMEMBERED, weightOf: () => 1 });

  return {
    async admit(names) {
      const known = new Map(names.map((name) => [name, answers.get(name)]));
      const asked = names.filter((name) => known.get(name) === undefined);
      try {
        const admitted = new Set(asked.length > 0 ? await stubOf(env, GATEWAY).admit(asked) : []);
        for (const name of asked) answers.set(name, admitted.has(name));
        // Not from what is remembered now: so many may be new that those known before had to go.
        return ok(new Set(names.filter((name) => known.get(name) ?? admitted.has(name))));
      } catch (error) {
        return err(failed(GATEWAY, error));
      }
    },
    ingest: (name) =>
      createRemoteIngest(async (slice) => {
        const counts = snsMessages?.take();
        try {
          return await stubOf(env, name).take(slice, counts);
        } catch (error) {
          for (const { labels, amount } of counts ?? []) snsMessages?.add(labels, amount);
          return err(failed(name, error));
        }
      }),
  };

  /** It was replaced by a new version, or has more to do than it can; who comes again finds it. */
  function failed(shard: string, error: unknown) {
    log("warn", "the object did not answer", { shard, error: String(error) });
    return "broker_unavailable" as const;
  }
}

/** Of all objects, `gateway` first. Rejects where that one does not answer. */
export async function shardNames(env: WorkerEnv): Promise<readonly string[]> {
  return [GATEWAY, ...(await stubOf(env, GATEWAY).shardNames())];
}

/** A bound that is never met: nothing new comes there. */
const LEFTOVER_BYTES = 10 * 1024 ** 3;

/** For the object of this name. One that Redis has left over goes on with its own store: in that of Redis it has no part. */
export function configOf(config: Config, name: string): Config {
  const { broker } = config;
  if (broker.kind !== "redis" || name === GATEWAY) return config;
  const { dedupeWindowMs, retentionMs, deadRetentionMs } = broker;
  const windows = { dedupeWindowMs, retentionMs, deadRetentionMs };
  return { ...config, broker: { kind: "durable-object", shardBy: "none", maxBytes: LEFTOVER_BYTES, ...windows } };
}

/** What the object of this name does for itself; undefined where it is the only one. */
export function shardOf(config: Config, name: string, shards: Shards): GatewayShard | undefined {
  if (isSharded(config)) {
    const byId = poolArns(config);
    const poolArn = (poolId: string) => byId.get(poolId);
    return {
      ownsPool: (arn) => shardOfPool(arn) === name,
      finder: (ingest) => createFinderIngest({ shards, poolArn, name, ingest }),
    };
  }
  // Left over from a configuration with shards: it delivers what it has.
  return name === GATEWAY ? undefined : { ownsPool: () => false, finder: (ingest) => ingest };
}
