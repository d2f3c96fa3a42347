/** The gateway: routes, ingest and delivery around one broker. Knows ports only, no adapter and no runtime. */

import type { Hono } from "hono";
import type { Broker, BrokerStats } from "./broker/broker.ts";
import type { Config, SubscriptionConfig } from "./config/config.ts";
import type { Clock, Random, Sha256 } from "./core/clock.ts";
import { createGatewayMetrics } from "./core/gateway-metrics.ts";
import type { Log } from "./core/log.ts";
import { createMetricsRegistry, type Sample } from "./core/metrics.ts";
import { readPoolArn } from "./core/pool-arn.ts";
import { createRareLog } from "./core/rare-log.ts";
import { startHousekeeping } from "./delivery/housekeeping.ts";
import { type SubscriptionLoop, startSubscriptionLoop } from "./delivery/subscription-loop.ts";
import { accessOf, adminAccess } from "./gateway-access.ts";
import { createPoolWatch, identityOf, type OpenPoolDirectory } from "./gateway-identity.ts";
import { tellNotices } from "./gateway-notices.ts";
import { createPolls, type PollSources } from "./gateway-polls.ts";
import { type ObjectAccess, s3RoadOf } from "./gateway-s3.ts";
import { snsRoadOf } from "./gateway-sns.ts";
import { beginWhenBrokerAnswers, type PatientStart } from "./gateway-start.ts";
import { polledPools } from "./gateway-users.ts";
import { createIngest } from "./ingest/ingest.ts";
import type { SnsFetch } from "./ingest/sns/sns-fetch.ts";
import { createApp } from "./routes/app.ts";
import { catalogRoutes } from "./routes/catalog-routes.ts";
import { healthRoutes } from "./routes/health-routes.ts";
import type { Sink } from "./sinks/sink.ts";

export interface GatewayParts {
  readonly config: Config;
  readonly broker: Broker;
  readonly createSink: (subscription: SubscriptionConfig) => Sink;
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

const STATS_EVERY_MS = 1000;

export function createGateway(parts: GatewayParts): Gateway {
  const { config, broker, clock, random, sha256, log } = parts;
  const brokerLog = createRareLog(log, clock);
  const registry = createMetricsRegistry();
  const metrics = createGatewayMetrics(registry);
  const loops = new Map<string, SubscriptionLoop>();
  let patientStart: PatientStart | undefined;
  let housekeeping: { stop(): void } | undefined;
  let stopping = false;
  let lastStats: { readonly atMs: number; readonly stats: Promise<BrokerStats> } | undefined;

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

  registry.gauge("poolcast_backlog_events", "Unsettled events, by subscription.", () => samples("pending"));
  registry.gauge("poolcast_leased_events", "Events leased for delivery, by subscription.", () => samples("leased"));
  registry.gauge("poolcast_dead_letters", "Dead letters kept, by subscription.", () => samples("dead"));
  registry.gauge("poolcast_broker_bytes", "Bytes of events in the broker.", async () => {
    const { bytes } = await recentStats();
    return [{ labels: {}, value: bytes }];
  });

  registry.gauge("poolcast_broker_foreign_trims", "Times that others were seen to have removed events.", async () => {
    const { foreignTrims } = await recentStats();
    return foreignTrims === undefined ? [] : [{ labels: {}, value: foreignTrims }];
  });

  /** One look at the broker serves all gauges of a scrape. */
  function recentStats(): Promise<BrokerStats> {
    const now = clock();
    if (!lastStats || Math.abs(now - lastStats.atMs) >= STATS_EVERY_MS)
      lastStats = { atMs: now, stats: broker.stats() };
    return lastStats.stats;
  }

  async function samples(count: "pending" | "leased" | "dead"): Promise<readonly Sample[]> {
    const { subscriptions } = await recentStats();
    return subscriptions.map((one) => ({ labels: { subscription: one.subscription }, value: one[count] }));
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
      const subscriptions = stats.subscriptions.map((one) => ({
        ...one,
        state: loops.get(one.subscription)?.state() ?? "stopped",
      }));
      return { pools, subscriptions, ...(s3 && { files: await s3.detail() }) };
    } catch {
      // The answer says already that the broker is out of reach.
      return { pools };
    }
  }

  return {
    app: createApp({ ...accessOf(config, sha256), sns, metrics, ingest, health, catalog, clock, log }),
    async start() {
      patientStart = await beginWhenBrokerAnswers(broker, beginDelivery, log);
      identity?.start();
      polls.start();
      s3?.start(ingest);
    },
    announceStop() {
      stopping = true;
    },
    async stop(graceMs) {
      stopping = true;
      await patientStart?.stop();
      housekeeping?.stop();
      identity?.stop();
      await Promise.all([polls.stop(), s3?.stop(graceMs), ...[...loops.values()].map((loop) => loop.stop(graceMs))]);
    },
  };

  async function beginDelivery(): Promise<void> {
    await reconcileSubscriptions();
    if (stopping) return;
    for (const subscription of config.subscriptions) {
      const { delivery, name, filters, target } = subscription;
      const batch = target.kind === "http" && target.mode === "batch" ? target.batch : undefined;
      const sink = parts.createSink(subscription);
      const loop = startSubscriptionLoop(
        { ...delivery, name, filters, batch },
        { broker, sink, clock, random, metrics, log, brokerLog, onDisabled: (reason) => tellDisabled(name, reason) },
      );
      loops.set(name, loop);
    }
    broker.onAppend(() => {
      for (const loop of loops.values()) loop.wake();
    });
    housekeeping = startHousekeeping(broker, log);
  }

  async function tellDisabled(subscription: string, reason: string): Promise<void> {
    const id = `${subscription}:${new Date(clock()).toISOString()}`;
    await ingest.own({ type: "dev.poolcast.subscription_disabled", id, data: { subscription, reason } });
  }

  /** New subscriptions begin at their start; those that are gone from the configuration lose their backlog. */
  async function reconcileSubscriptions(): Promise<void> {
    const wanted = new Set(config.subscriptions.map(({ name }) => name));
    for (const subscription of await broker.listSubscriptions()) {
      if (wanted.has(subscription)) continue;
      const { dropped } = await broker.removeSubscription({ subscription });
      metrics.dropped.add({ subscription, reason: "subscription_removed" }, dropped);
      log("warn", "a subscription is gone from the configuration; its backlog is dropped", { subscription, dropped });
    }
    for (const { name, start } of config.subscriptions) await broker.ensureSubscription({ subscription: name, start });
  }
}
