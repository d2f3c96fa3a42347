/** The road of files in S3 as the configuration has it; undefined where it is off. */
import type { Broker } from "../broker/broker.ts";
import type { Config } from "../config/config.ts";
import type { Clock, Random } from "../core/clock.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import { createRecently } from "../core/recently.ts";
import { settledWithin } from "../core/settled-within.ts";
import type { Ingest } from "../ingest/ingest.ts";
import { type FileFetcher, startFileFetcher } from "../ingest/s3/fetcher.ts";
import type { ObjectStore, Unpack } from "../ingest/s3/object-store.ts";
import { createFileQueue, type FileQueue } from "../ingest/s3/queue.ts";
import { READ_LIMITS } from "../ingest/s3/read-file.ts";
import { type FilesSummary, summarizeFiles } from "../ingest/s3/summary.ts";

export interface S3RoadParts {
  readonly config: Config;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly registry: MetricsRegistry;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  readonly objects: ObjectAccess | undefined;
}

/** How the runtime gets at files. */
export interface ObjectAccess {
  readonly store: ObjectStore;
  readonly unpack: Unpack;
}

export interface S3Road {
  readonly queue: FileQueue;
  start(ingest: Ingest): void;
  stop(graceMs: number): Promise<void>;
  /** For the readiness page. */
  detail(): Promise<Readonly<Record<string, unknown>>>;
}

/** All entries are counted for it. */
const SUMMARY_EVERY_MS = 1000;

export function s3RoadOf(parts: S3RoadParts): S3Road | undefined {
  const { config, broker, clock, random, registry, metrics, log, objects } = parts;
  const buckets = config.ingest?.s3?.buckets ?? [];
  if (!objects || buckets.length === 0) return undefined;
  let fetcher: FileFetcher | undefined;
  const recentSummary = createRecently(() => summarizeFiles(broker), clock, SUMMARY_EVERY_MS);

  const gauge = (name: string, help: string, value: (summary: FilesSummary) => number) =>
    registry.gauge(name, help, async () => [{ labels: {}, value: value(await recentSummary()) }]);

  gauge("poolcast_files_waiting", "Files that are still to be fetched.", ({ waiting }) => waiting);
  gauge("poolcast_files_failing", "Of those, the ones whose last try failed.", ({ failing }) => failing);
  gauge("poolcast_files_oldest_seconds", "How long the oldest of them has waited.", ({ oldestMs }) =>
    oldestMs === undefined ? 0 : Math.max(0, clock() - oldestMs) / 1000,
  );

  return {
    queue: createFileQueue({ broker, clock, buckets, onQueued: () => fetcher?.wake() }),
    start(ingest) {
      fetcher = startFileFetcher({ ...objects, broker, ingest, clock, random, metrics, log, limits: READ_LIMITS });
    },
    stop: (graceMs) => settledWithin(fetcher?.stop(), graceMs),
    async detail() {
      const { oldestMs, ...counts } = await recentSummary();
      return { ...counts, ...(oldestMs !== undefined && { oldest: new Date(oldestMs).toISOString() }) };
    },
  };
}
