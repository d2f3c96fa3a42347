/** The users polls that the configuration asks for: one for each pool. */

import type { Config, PoolConfig } from "../config/config.ts";
import type { Sha256 } from "../core/clock.ts";
import { contentHash } from "../core/content-hash.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import { readPoolArn } from "../core/pool-arn.ts";
import type { Ingest } from "../ingest/ingest.ts";
import { createRateLimit } from "../ingest/poll/rate-limit.ts";
import { type Poll, type PollParts, startPoll } from "../ingest/poll/runner.ts";
import { createUsersMetrics } from "../ingest/poll/users-metrics.ts";
import type { ListUsersPage } from "../ingest/poll/users-page.ts";
import { usersPoll } from "../ingest/poll/users-poll.ts";

/** Opens ListUsers for one pool, with the credentials and at the endpoint that its configuration names. */
export type OpenListUsers = (pool: PoolConfig) => Promise<ListUsersPage>;

export interface UsersStart {
  readonly config: Config;
  readonly registry: MetricsRegistry;
  readonly open: OpenListUsers;
  readonly ingest: Pick<Ingest, "users">;
  readonly sha256: Sha256;
  readonly parts: PollParts;
}

/** Registers the metrics at once; the polls begin when it is called. */
export function prepareUsersPolls(start: UsersStart): () => readonly Poll[] {
  const { config, registry, open, ingest, sha256, parts } = start;
  const { broker, clock, wait } = parts;
  const polled = config.pools.filter(({ poll }) => poll.listUsersMs !== undefined);
  const usersMetrics = createUsersMetrics(registry, { broker, clock, poolArns: polled.map(({ arn }) => arn) });
  return () =>
    polled.flatMap((pool) => {
      const { arn: poolArn, poll, backfill, compat, listUsersRate } = pool;
      if (poll.listUsersMs === undefined) return [];
      const options = usersPoll(
        { poolArn, pauseMs: poll.listUsersMs, backfill: backfill !== false, compat: compat === "triggermesh" },
        {
          ...parts,
          ingest,
          usersMetrics,
          rate: createRateLimit({ perSecond: listUsersRate, clock, wait }),
          hash: (text) => contentHash(sha256, text),
          openListUsers: () => open(pool),
        },
      );
      return [startPoll(options, parts)];
    });
}

/** The pools whose users are polled, by the pool id that they share with their replicas. */
export function polledPools({ pools }: Config): ReadonlyMap<string, readonly string[]> {
  const arns = pools.filter(({ poll }) => poll.listUsersMs !== undefined).map(({ arn }) => arn);
  return Map.groupBy(arns, (arn) => readPoolArn(arn).poolId);
}
