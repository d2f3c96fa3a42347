/** Identity as the configuration has it, and what is known of the pools' troubles with AWS. */
import type { Broker } from "../broker/broker.ts";
import type { Config, PoolConfig } from "../config/config.ts";
import type { Clock, Random } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import { wait } from "../core/wait.ts";
import { createIdentity, type IdentifiedPool, type Identity } from "../ingest/identity/identity.ts";
import { createIdentityMetrics } from "../ingest/identity/identity-metrics.ts";
import type { PoolDirectory } from "../ingest/identity/pool-directory.ts";
import type { LastSeen } from "../ingest/identity/pool-users.ts";
import { readKnownUsers } from "../ingest/poll/known-users.ts";
import type { PoolDetail } from "../ingest/poll/readiness.ts";
import { createPoolTroubles, type PoolTroubles } from "../ingest/pool-troubles.ts";

/** Opens no connection: that is for the first call. */
export type OpenPoolDirectory = (pool: PoolConfig) => PoolDirectory;

export interface PoolWatch {
  readonly troubles: PoolTroubles;
  /** What /readyz says of the polls of each pool, and beside it what AWS refuses identity. */
  complete(details: readonly PoolDetail[]): readonly PoolDetail[];
}

export interface PoolWatchParts {
  readonly config: Config;
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  readonly log: Log;
}

export function createPoolWatch({ config, registry, clock, log }: PoolWatchParts): PoolWatch {
  const troubles = createPoolTroubles({
    clock,
    onChange(pool, call, error) {
      if (error === undefined) log("info", "AWS answers again about a pool", { pool, call });
      else log("warn", "AWS refuses a call about a pool; it is tried again, others go on", { pool, call, error });
    },
  });
  registry.gauge("poolcast_pool_trouble", "1 for each call that AWS refuses, by pool, call and error.", async () =>
    config.pools.flatMap(({ arn }) =>
      troubles.of(arn).map(({ call, error }) => ({ labels: { pool: arn, call, error }, value: 1 })),
    ),
  );
  return {
    troubles,
    complete: (details) =>
      details.map((detail) => {
        const found = troubles.of(detail.arn);
        const error = detail.error ?? found[0]?.error;
        const identify = Object.fromEntries(found.map(({ call, ...trouble }) => [call, trouble]));
        return { ...detail, ...(error !== undefined && { error }), ...(found.length > 0 && { identify }) };
      }),
  };
}

export interface IdentityOfParts {
  readonly config: Config;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly openPoolDirectory: OpenPoolDirectory;
  readonly registry: MetricsRegistry;
  readonly troubles: PoolTroubles;
}

/** Undefined where no pool wants it. */
export function identityOf(parts: IdentityOfParts): Identity | undefined {
  const { config, broker, clock, random, log, openPoolDirectory, registry, troubles } = parts;
  const pools = config.pools.flatMap((pool): readonly IdentifiedPool[] => {
    const { arn, identify: members, identifyBudgetMs: budgetMs } = pool;
    return members === "none" ? [] : [{ arn, members, budgetMs, directory: openPoolDirectory(pool) }];
  });
  if (pools.length === 0) return undefined;
  const metrics = createIdentityMetrics(registry);
  const onSweepFailure = (error: unknown) =>
    log("warn", "forgetting users failed; trying again later", { error: String(error) });
  const polled = new Set(config.pools.filter(({ poll }) => poll.listUsersMs !== undefined).map(({ arn }) => arn));
  const lastSeen: LastSeen = async (arn, subs) => {
    const seen = polled.has(arn) ? await readKnownUsers(broker, arn, subs) : new Map();
    return new Map([...seen].map(([sub, { known }]) => [sub, known.user]));
  };
  return createIdentity({ pools, broker, clock, random, wait, metrics, troubles, lastSeen, onSweepFailure });
}
