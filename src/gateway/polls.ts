/** All polls of the gateway: starts and stops them, and tells /readyz of them. */
import type { Broker } from "../broker/broker.ts";
import type { Config } from "../config/config.ts";
import type { Clock, Random, Sha256 } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import { wait } from "../core/wait.ts";
import type { Ingest } from "../ingest/ingest.ts";
import { createPollMetrics } from "../ingest/poll/metrics.ts";
import { type PoolDetail, poolDetail } from "../ingest/poll/readiness.ts";
import type { Poll, PollParts } from "../ingest/poll/runner.ts";
import { type OpenEventHistory, prepareLookupPolls } from "./lookup.ts";
import { type OpenListUsers, prepareUsersPolls } from "./users.ts";

/** What polls need of AWS; each opens where a pool asks for it and not before. */
export interface PollSources {
  readonly openEventHistory: OpenEventHistory;
  readonly openListUsers: OpenListUsers;
}

export interface PollsParts {
  readonly config: Config;
  readonly broker: Broker;
  readonly ingest: Ingest;
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: Sha256;
  readonly log: Log;
  readonly sources: PollSources;
}

export interface Polls {
  start(): void;
  /** Ends what is under way where it stands. */
  stop(): Promise<void>;
  /** Of every configured pool. */
  details(): readonly PoolDetail[];
}

export function createPolls(parts: PollsParts): Polls {
  const { config, broker, ingest, registry, clock, random, sha256, log, sources } = parts;
  const metrics = createPollMetrics(registry);
  const pollParts: PollParts = { broker, clock, random, wait, log, metrics, owner: crypto.randomUUID() };
  const kinds = [
    prepareLookupPolls({ config, registry, open: sources.openEventHistory, ingest, parts: pollParts }),
    prepareUsersPolls({ config, registry, open: sources.openListUsers, ingest, sha256, parts: pollParts }),
  ];
  let polls: readonly Poll[] = [];

  return {
    start() {
      polls = kinds.flatMap((startAll) => startAll());
    },
    async stop() {
      await Promise.all(polls.map((poll) => poll.stop()));
    },
    details: () => config.pools.map(({ arn }) => poolDetail(arn, polls)),
  };
}
