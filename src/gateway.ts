/** The gateway: routes, ingest and delivery around one broker. Knows ports only, no adapter and no runtime. */

import type { Hono } from "hono";
import type { Broker } from "./broker/broker.ts";
import type { Config } from "./config/config.ts";
import type { Clock, Random, Sha256 } from "./core/clock.ts";
import { createGatewayMetrics } from "./core/gateway-metrics.ts";
import type { Log } from "./core/log.ts";
import { createMetricsRegistry } from "./core/metrics.ts";
import { readPoolArn } from "./core/pool-arn.ts";
import { accessOf, adminAccess } from "./gateway-access.ts";
import { registerBrokerGauges } from "./gateway-broker-gauges.ts";
import { type CreateSink, createDelivery } from "./gateway-delivery.ts";
import { createPoolWatch, identityOf, type OpenPoolDirectory } from "./gateway-identity.ts";
import { tellNotices } from "./gateway-notices.ts";
import { createPolls, type PollSources } from "./gateway-polls.ts";
import { type ObjectAccess, s3RoadOf } from "./gateway-s3.ts";
import { snsRoadOf } from "./gateway-sns.ts";
import { polledPools } from "./gateway-users.ts";
import { createIngest } from "./ingest/ingest.ts";
import type { SnsFetch } from "./ingest/sns/sns-fetch.ts";
import { createApp } from "./routes/app.ts";
import { catalogRoutes } from "./routes/catalog-routes.ts";
import { healthRoutes } from "./routes/health-routes.ts";

export interface GatewayParts {
  readonly config: Config;
  readonly broker: Broker;
  readonly createSink: CreateSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: Sha256;
  readonly log: Log;
  readonly snsFetch: SnsFetch;
  readonly openPoolDirectory: OpenPoolDirectory;
  readonly pollSources: PollSources;
  /** Absent: no files are fetched. */
  readonly objects?: ObjectAccess | undefined;
}

export interface Gateway {
  /** Answers every request; `app.fetch` is the portable door. */
  readonly app: Hono;
  /** Makes the subscriptions known to the broker and starts to deliver, later where a shared broker is out of reach. */
  start(): Promise<void>;
  /** Stops delivering: running tries get `graceMs`, all leases go back. The broker stays open. */
  stop(graceMs: number): Promise<void>;
  /** From now on /readyz answers 503, so that a load balancer sends nothing more. */
  announceStop(): void;
}

export function createGateway(parts: GatewayParts): Gateway {
  const { config, broker, createSink, clock, random, sha256, log } = parts;
  const registry = createMetricsRegistry();
  const metrics = createGatewayMetrics(registry);
  const recentStats = registerBrokerGauges(registry, broker, clock);
  let stopping = false;

  const s3 = s3RoadOf({ config, broker, clock, random, registry, metrics, log, objects: parts.objects });
  const poolWatch = createPoolWatch({ config, registry, clock, log });
  const identity = identityOf({ ...parts, registry, troubles: poolWatch.troubles });

  const ingest = createIngest({
    broker,
    clock,
    sha256,
    metrics,
    log,
    identity,
    includeReads: config.includeReads,
    pools: new Map(config.pools.map(({ arn }) => [readPoolArn(arn).poolId, arn])),
    polledPools: polledPools(config),
    onlyConfiguredPools: config.onlyConfiguredPools,
    publicUrl: config.publicUrl,
    files: s3?.queue,
  });

  const polls = createPolls({
    config,
    broker,
    ingest,
    registry,
    clock,
    random,
    sha256,
    log,
    sources: parts.pollSources,
  });

  const delivery = createDelivery({ broker, clock, random, metrics, log, onDisabled: tellDisabled });

  async function tellDisabled(subscription: string, reason: string): Promise<void> {
    const id = `${subscription}:${new Date(clock()).toISOString()}`;
    await ingest.own({ type: "dev.poolcast.subscription_disabled", id, data: { subscription, reason } });
  }

  const health = healthRoutes({
    broker,
    metrics: registry,
    clock,
    access: adminAccess(config, sha256),
    detail: readinessDetail,
    isStopping: () => stopping,
    isFull: () => ingest.isFull(),
  });

  tellNotices(broker, ingest, log);

  const sns = snsRoadOf({ config, fetch: parts.snsFetch, clock, sha256 });

  const catalog = catalogRoutes({ publicUrl: config.publicUrl });

  async function readinessDetail(): Promise<Readonly<Record<string, unknown>>> {
    const pools = poolWatch.complete(polls.details());
    try {
      const stats = await recentStats();
      const subscriptions = stats.subscriptions.map((one) => ({ ...one, state: delivery.stateOf(one.subscription) }));
      return { pools, subscriptions, ...(s3 && { files: await s3.detail() }) };
    } catch {
      // The answer says already that the broker is out of reach.
      return { pools };
    }
  }

  return {
    app: createApp({ ...accessOf(config, sha256), sns, metrics, ingest, health, catalog, clock, log }),
    async start() {
      await delivery.start({ subscriptions: config.subscriptions, createSink });
      identity?.start();
      polls.start();
      s3?.start(ingest);
    },
    announceStop() {
      stopping = true;
    },
    async stop(graceMs) {
      stopping = true;
      identity?.stop();
      await Promise.all([polls.stop(), s3?.stop(graceMs), delivery.stop(graceMs)]);
    },
  };
}
