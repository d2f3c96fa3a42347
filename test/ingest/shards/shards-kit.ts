/** Ingests that share the work, each with a store of its own, reached as objects of a Worker are: by the wire. */
import type { Broker } from "../../../src/broker/broker.ts";
import { createMemoryBroker } from "../../../src/broker/memory.ts";
import { decodeAttributes } from "../../../src/core/event.ts";
import { createGatewayMetrics } from "../../../src/core/gateway-metrics.ts";
import { createMetricsRegistry } from "../../../src/core/metrics.ts";
import { err, ok } from "../../../src/core/result.ts";
import { createIngest, type Ingest, type RoadIngest } from "../../../src/ingest/ingest.ts";
import { isShardName } from "../../../src/ingest/shards/shard-of.ts";
import type { Shards } from "../../../src/ingest/shards/spread.ts";
import { createRemoteIngest, takeSlice } from "../../../src/ingest/shards/wire.ts";
import { sha256 } from "../../../src/runtimes/hashing.ts";

export const POOL = "arn:aws:cognito-idp:eu-west-1:210987654321:userpool/eu-west-1_Kq3vX9TzP";

const POOLS = new Map([["eu-west-1_Kq3vX9TzP", POOL]]);
export const poolArn = (poolId: string) => POOLS.get(poolId);

const HOUR_MS = 3_600_000;
const LIMITS = { dedupeWindowMs: HOUR_MS, retentionMs: HOUR_MS, deadRetentionMs: HOUR_MS, maxBytes: 1024 ** 3 };

export interface OpenIngest {
  readonly ingest: Ingest;
  readonly broker: Broker;
}

export async function openIngest(): Promise<OpenIngest> {
  const broker = createMemoryBroker({ clock: Date.now, ...LIMITS });
  await broker.ensureSubscription({ subscription: "test", start: "earliest" });
  const metrics = createGatewayMetrics(createMetricsRegistry());
  const parts = { broker, clock: Date.now, sha256, metrics, log: () => {} };
  return { broker, ingest: createIngest({ ...parts, includeReads: false, pools: POOLS, onlyConfiguredPools: false }) };
}

/** Ids and sources of what was committed and not looked at yet, in order. */
export async function committed({ broker }: OpenIngest): Promise<readonly { id: string; source: string }[]> {
  const ask = { subscription: "test", filters: [], limit: 10_000, leaseMs: HOUR_MS, ordering: "none" } as const;
  const { deliveries } = await broker.claim(ask);
  return deliveries.map(({ event }) => {
    const { id, source } = decodeAttributes(event);
    return { id: String(id), source: String(source) };
  });
}

export interface ShardKit {
  readonly shards: Shards;
  readonly opened: ReadonlyMap<string, OpenIngest>;
  /** What was sent, in order: to whom, and how much. */
  readonly sent: { readonly name: string; readonly bytes: number }[];
  /** These answer that they cannot be reached. */
  readonly failing: Set<string>;
  ids(name: string): Promise<readonly string[]>;
}

/** `most`: so many shards are admitted beside `gateway`. */
export function openShards(most = 100): ShardKit {
  const opened = new Map<string, OpenIngest>();
  const admitted = new Set<string>();
  const sent: { name: string; bytes: number }[] = [];
  const failing = new Set<string>();

  async function open(name: string): Promise<OpenIngest> {
    const one = opened.get(name) ?? (await openIngest());
    opened.set(name, one);
    return one;
  }

  function ingest(name: string): RoadIngest {
    return createRemoteIngest(async (slice) => {
      sent.push({ name, bytes: slice.length });
      return failing.has(name) ? err("broker_unavailable") : takeSlice(slice, (await open(name)).ingest);
    });
  }

  return {
    opened,
    sent,
    failing,
    async ids(name) {
      return (await committed(await open(name))).map(({ id }) => id);
    },
    shards: {
      async admit(names) {
        if (!names.every(isShardName)) throw new Error(`no shards: ${names}`);
        for (const name of names) if (admitted.size < most) admitted.add(name);
        return ok(new Set(names.filter((name) => admitted.has(name))));
      },
      ingest,
    },
  };
}
