/** The gateway: routes, ingest and delivery around one broker. Knows ports only, no adapter and no runtime. */

import type { Hono } from "hono";
import type { Broker } from "../broker/broker.ts";
import type { Config, SubscriptionConfig } from "../config/config.ts";
import type { Clock, HmacSha256, Random, Sha256 } from "../core/clock.ts";
import { createGatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import { settledWithin } from "../core/settled-within.ts";
import type { Rounds } from "../delivery/rounds.ts";
import type { SnsFetch } from "../ingest/sns/sns-fetch.ts";
import { createAdmin } from "./admin.ts";
import { registerBrokerGauges } from "./broker-gauges.ts";
import { controlsOf, registerStateGauges } from "./controls.ts";
import { type CreateSink, createDelivery, type DeliveryPlan, earliest } from "./delivery.ts";
import { createErasures, registerErasuresGauge } from "./erasure-jobs.ts";
import { startErasureRunner } from "./erasure-runner.ts";
import type { OpenPoolDirectory } from "./identity.ts";
import { createIntake, type Intake } from "./intake.ts";
import { tellNotices } from "./notices.ts";
import type { PollSources } from "./polls.ts";
import { replaysOf, runReplays } from "./replays.ts";
import type { ObjectAccess } from "./s3.ts";

export interface GatewayParts extends Configured {
  readonly broker: Broker;
  /** Where all of it is counted. */
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: Sha256;
  readonly hmac: HmacSha256;
  readonly log: Log;
  readonly snsFetch: SnsFetch;
  readonly openPoolDirectory: OpenPoolDirectory;
  readonly pollSources: PollSources;
}

/** What one configuration asks for. */
export interface Configured {
  readonly config: Config;
  readonly createSink: CreateSink;
  /** Absent: no files are fetched. */
  readonly objects?: ObjectAccess | undefined;
}

export interface Gateway {
  /** The routes of the present configuration; another one has others. */
  readonly app: Hono;
  /** Answers every request, by the routes of the configuration that holds then. */
  fetch(request: Request): Response | Promise<Response>;
  /** Makes the subscriptions known to the broker and starts to deliver, later where a shared broker is out of reach. */
  start(): Promise<void>;
  /**
   * Goes on with another configuration for the same broker and listener: what stays as it is goes on undisturbed, the
   * rest ends in good order, with `graceMs` for running tries, and begins anew. Requests that are under way are finished
   * as they began. One call at a time.
   */
  reconfigure(next: Configured, graceMs: number): Promise<void>;
  /**
   * When it does something by itself next, in epoch ms: delivers, forwards a dead letter, goes on with a replay or an
   * erasure; 0: now,
   * null: not before something comes. Polls and files in S3 are not counted.
   */
  nextDueAt(): Promise<number | null>;
  /** Stops delivering: running tries get `graceMs`, all leases go back. The broker stays open. */
  stop(graceMs: number): Promise<void>;
  /** From now on /readyz answers 503, so that a load balancer sends nothing more. */
  announceStop(): void;
}

export function createGateway(parts: GatewayParts): Gateway {
  const { broker, registry, clock, random, hmac, log } = parts;
  const metrics = createGatewayMetrics(registry);
  const recentStats = registerBrokerGauges(registry, broker, clock);
  let stopping = false;

  let { config } = parts;
  const subscriptions = () => config.subscriptions;
  const controls = controlsOf({
    config,
    broker,
    ingest: { own: (event, step) => intake.ingest.own(event, step) },
    clock,
    log,
  });
  const replays = replaysOf({ config, broker, clock });
  const delivery = createDelivery({ broker, clock, random, hmac, metrics, log, controls, onRemoved: replays.forget });
  registerStateGauges(registry, subscriptions, delivery);
  const erasures = createErasures({ broker, clock });
  registerErasuresGauge(registry, broker);
  const admin = createAdmin({ broker, subscriptions, controls, replays, erasures, metrics, delivery });
  let replayRunner: Rounds | undefined;
  let erasureRunner: Rounds | undefined;
  let intake = intakeOf(parts);
  tellNotices(broker, (event) => intake.ingest.own(event), log);

  interface RunningIntake extends Intake {
    /** Tells apart what needs another one. */
    readonly key: string;
  }

  function intakeOf({ config, objects }: Configured): RunningIntake {
    const scope = registry.scope();
    const made = createIntake({
      ...parts,
      config,
      objects,
      registry: scope,
      metrics,
      isStopping: () => stopping,
      subscriptions: subscriptionDetails,
      admin,
    });
    return {
      ...made,
      key: intakeKey(config),
      async stop(graceMs) {
        scope.close();
        await made.stop(graceMs);
      },
    };
  }

  async function subscriptionDetails(): Promise<readonly object[] | undefined> {
    try {
      const { subscriptions } = await recentStats();
      return subscriptions.map((one) => {
        const deadLetterTarget = delivery.deadLetterStateOf(one.subscription);
        return { ...one, state: delivery.stateOf(one.subscription), ...(deadLetterTarget && { deadLetterTarget }) };
      });
    } catch {
      return undefined;
    }
  }

  async function changeIntake(next: Configured, graceMs: number): Promise<void> {
    if (intakeKey(next.config) === intake.key) return;
    const last = intake;
    // The routes first: new credentials hold from now on, and nobody is refused meanwhile.
    intake = intakeOf(next);
    await last.stop(graceMs);
    if (!stopping) intake.start();
  }

  return {
    get app() {
      return intake.app;
    },
    fetch: (request) => intake.app.fetch(request),
    async start() {
      await delivery.start(planOf(parts));
      replayRunner = runReplays({ config, broker, clock, log, metrics, subscriptions, delivery, replays });
      erasureRunner = startErasureRunner({
        ...parts,
        poolArns: () => config.pools.map(({ arn }) => arn),
        forget: (poolArn, sub) => intake.forget(poolArn, sub),
      });
      erasures.onStart(erasureRunner.wake);
      intake.start();
    },
    async reconfigure(next, graceMs) {
      config = next.config;
      await Promise.all([changeIntake(next, graceMs), delivery.change(planOf(next), graceMs)]);
    },
    nextDueAt: async () =>
      earliest([await delivery.nextDueAt(), ...[replayRunner, erasureRunner].map((one) => one?.nextDueAt() ?? null)]),
    announceStop() {
      stopping = true;
    },
    async stop(graceMs) {
      stopping = true;
      await Promise.all([
        replayRunner?.stop(),
        // Cleaning a large file may take longer; it is done again then.
        settledWithin(erasureRunner?.stop(), graceMs),
        intake.stop(graceMs),
        delivery.stop(graceMs),
      ]);
    },
  };
}

function planOf({ config, createSink }: Configured): DeliveryPlan {
  const keyOf = (subscription: SubscriptionConfig) =>
    JSON.stringify([subscription, config.egress, config.publicUrl ?? null]);
  return { createSink, subscriptions: config.subscriptions.map((one) => ({ ...one, key: keyOf(one) })) };
}

function intakeKey({ subscriptions: _, egress: __, ...config }: Config): string {
  return JSON.stringify(config);
}
