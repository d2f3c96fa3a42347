/** Every road in, as one configuration has it: routes, polls, files, identity. A reload puts another one in its place. */
import type { Hono } from "hono";
import type { Broker } from "../broker/broker.ts";
import type { Config } from "../config/config.ts";
import type { Clock, Random, Sha256 } from "../core/clock.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import { createIngest, type Ingest } from "../ingest/ingest.ts";
import type { SnsFetch } from "../ingest/sns/sns-fetch.ts";
import type { Admin } from "../routes/admin-port.ts";
import { adminRoutes } from "../routes/admin-routes.ts";
import { createApp } from "../routes/app.ts";
import { catalogRoutes } from "../routes/catalog-routes.ts";
import { healthRoutes } from "../routes/health-routes.ts";
import { accessOf, adminAccess } from "./access.ts";
import { createPoolWatch, identityOf, type OpenPoolDirectory } from "./identity.ts";
import { createPolls, type PollSources } from "./polls.ts";
import { type ObjectAccess, s3RoadOf } from "./s3.ts";
import { ALONE, type GatewayShard, poolArns, withOwnPools } from "./shard.ts";
import { snsRoadOf } from "./sns.ts";
import { polledPools } from "./users.ts";

export interface IntakeParts {
  readonly config: Config;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: Sha256;
  readonly registry: MetricsRegistry;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  readonly snsFetch: SnsFetch;
  readonly openPoolDirectory: OpenPoolDirectory;
  readonly pollSources: PollSources;
  readonly objects?: ObjectAccess | undefined;
  readonly admin: Admin;
  /** Default: alone. */
  readonly shard?: GatewayShard | undefined;
  readonly isStopping: () => boolean;
  /** For the readiness page; undefined while the broker does not tell. */
  readonly subscriptions: () => Promise<readonly object[] | undefined>;
}

export interface Intake {
  readonly app: Hono;
  readonly ingest: Ingest;
  /** Memory of a user is let go of. */
  forget(poolArn: string, sub: string): void;
  /** What is asked from here: polls, files. The routes answer without it. */
  start(): void;
  stop(graceMs: number): Promise<void>;
}

export function createIntake(parts: IntakeParts): Intake {
  const { config, broker, clock, random, sha256, registry, metrics, log, shard = ALONE } = parts;
  const own = withOwnPools(config, shard);
  const s3 = s3RoadOf({ config, broker, clock, random, registry, metrics, log, objects: parts.objects });
  const poolWatch = createPoolWatch({ config: own, registry, clock, log });
  const identity = identityOf({ ...parts, config: own, registry, troubles: poolWatch.troubles });

  const ingest = createIngest({
    broker,
    clock,
    sha256,
    metrics,
    log,
    identity,
    includeReads: config.includeReads,
    pools: poolArns(config),
    polledPools: polledPools(own),
    onlyConfiguredPools: config.onlyConfiguredPools,
    publicUrl: config.publicUrl,
    files: s3?.queue,
  });

  const finder = shard.finder(ingest);
  const polls = createPolls({
    config: own,
    broker,
    ingest: finder,
    registry,
    clock,
    random,
    sha256,
    log,
    sources: parts.pollSources,
  });

  const access = adminAccess(config, sha256);
  const health = healthRoutes({
    broker,
    metrics: registry,
    clock,
    access,
    detail: readinessDetail,
    isStopping: parts.isStopping,
    isFull: () => ingest.isFull(),
  });

  const sns = snsRoadOf({ config, fetch: parts.snsFetch, clock, sha256 });

  const catalog = catalogRoutes({ publicUrl: config.publicUrl });

  async function readinessDetail(): Promise<Readonly<Record<string, unknown>>> {
    const pools = poolWatch.complete(polls.details());
    const subscriptions = await parts.subscriptions();
    // The answer says already where the broker is out of reach.
    if (!subscriptions) return { pools };
    try {
      return { pools, subscriptions, ...(s3 && { files: await s3.detail() }) };
    } catch {
      return { pools, subscriptions };
    }
  }

  return {
    app: createApp({
      ...accessOf(config, sha256),
      sns,
      metrics,
      ingest,
      health,
      catalog,
      admin: adminRoutes({ admin: parts.admin, access }),
      clock,
      log,
    }),
    ingest,
    forget: (poolArn, sub) => identity?.forget(poolArn, sub),
    start() {
      identity?.start();
      polls.start();
      s3?.start(finder);
    },
    async stop(graceMs) {
      identity?.stop();
      await Promise.all([polls.stop(), s3?.stop(graceMs)]);
    },
  };
}
