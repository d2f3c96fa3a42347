/**
 * Whom and which pool a record is about, where CloudTrail hides it: the pool by the app client, the user by the sub.
 * A record is never refused for it, and waits for it no longer than the `budgetMs` of its pool.
 */

import type { Broker, StateWrite } from "../../broker/broker.ts";
import type { Clock, Random } from "../../core/clock.ts";
import { createLru } from "../../core/lru.ts";
import { readPoolArn } from "../../core/pool-arn.ts";
import type { Wait } from "../../core/wait.ts";
import type { MappedEvent, Mapping } from "../../mappers/index.ts";
import type { PoolTroubles } from "../pool-troubles.ts";
import { type CallBudget, createCallBudget } from "./call-budget.ts";
import { createCaller } from "./caller.ts";
import { changesUser, deletesUser, fillUser, lacksMembers } from "./fill-user.ts";
import type { IdentityMetrics } from "./identity-metrics.ts";
import { createPoolClients } from "./pool-clients.ts";
import type { PoolDirectory, UserMembers } from "./pool-directory.ts";
import { createPoolUsers, type LastSeen, type PoolUsers, type Remembered, type Want } from "./pool-users.ts";
import { createUserArchive } from "./user-archive.ts";

export interface Identity {
  /** Of the records of one request, or of one page of a poll. */
  begin(): IdentityRound;
  /** Lists the clients in the background, and lets the broker forget users from time to time. */
  start(): void;
  stop(): void;
  /** Nothing of the user stays in memory; what the broker keeps is not touched. */
  forget(poolArn: string, sub: string): void;
}

export interface IdentityRound {
  /** As far as it is known now; what is not is looked for by `findClients`. */
  poolOfClient(clientId: string): string | undefined;
  /** True where a client is known now that was not: its records are to be mapped anew. */
  findClients(): Promise<boolean>;
  /** In the order given. */
  fill(mappings: readonly Mapping[]): Promise<Filled>;
}

export interface Filled {
  readonly mappings: readonly Mapping[];
  /** To be committed with the events. */
  readonly state: readonly StateWrite[];
  /** To be called after the commit. */
  committed(): void;
}

export interface IdentifiedPool {
  readonly arn: string;
  readonly members: UserMembers;
  readonly budgetMs: number;
  readonly directory: PoolDirectory;
}

export interface IdentityParts {
  readonly pools: readonly IdentifiedPool[];
  readonly broker: Pick<Broker, "append" | "getState" | "scanState">;
  readonly clock: Clock;
  readonly random: Random;
  readonly wait: Wait;
  readonly metrics: IdentityMetrics;
  readonly troubles: PoolTroubles;
  readonly lastSeen?: LastSeen | undefined;
  readonly onSweepFailure: (error: unknown) => void;
}

/**
 * AWS allows an account and Region 30 ListUsers a second and 15 ListUserPoolClients.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
 */
const USERS_RATE = { perSecond: 10, burst: 10 };
const CLIENTS_RATE = { perSecond: 3, burst: 3 };
/** In characters of JSON, and so about twice as many bytes. */
const MEMORY_WEIGHT = 16 * 1024 ** 2;
const ENTRY_WEIGHT = 300;
const SWEEP_EVERY_MS = 3_600_000;
/** More users than this are not kept between two sweeps. */
const SWEEP_AFTER_WRITES = 2000;

export function createIdentity(parts: IdentityParts): Identity {
  const { broker, clock, random, wait, metrics, troubles, lastSeen } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;
  const archive = createUserArchive({ broker, clock });
  const memory = createLru<string, Remembered>({
    maxWeight: MEMORY_WEIGHT,
    weightOf: ({ user }) => ENTRY_WEIGHT + (user ? JSON.stringify(user).length : 0),
  });
  const usersBudget = budgets(USERS_RATE);
  const clientsBudget = budgets(CLIENTS_RATE);
  const pools = parts.pools.map((pool) => {
    const { arn, members, directory } = pool;
    const users = createPoolUsers({
      ...{ arn, members, directory, memory, archive, lastSeen, clock, wait, metrics, signal },
      caller: callerFor(arn, "ListUsers"),
      budget: usersBudget(arn),
    });
    return { ...pool, users };
  });
  const poolOfArn = new Map(pools.map((pool) => [pool.arn, pool]));
  const clients = createPoolClients({
    pools: pools.map(({ arn, directory }) => ({
      arn,
      poolId: readPoolArn(arn).poolId,
      directory,
      caller: callerFor(arn, "ListUserPoolClients"),
      budget: clientsBudget(arn),
    })),
    ...{ clock, wait, metrics, signal },
  });
  let writes = 0;

  function callerFor(arn: string, call: string) {
    return createCaller({ wait, random, signal, report: (error) => troubles.report(arn, call, error) });
  }

  function budgets(rate: typeof USERS_RATE): (arn: string) => CallBudget {
    const ofPlace = new Map<string, CallBudget>();
    return (arn) => {
      const { region, accountId } = readPoolArn(arn);
      const place = `${region}/${accountId}`;
      const budget = ofPlace.get(place) ?? createCallBudget({ ...rate, clock });
      ofPlace.set(place, budget);
      return budget;
    };
  }

  async function sweep(): Promise<void> {
    writes = 0;
    try {
      await archive.sweep();
    } catch (error) {
      parts.onSweepFailure(error);
    }
  }

  return {
    forget: (poolArn, sub) => memory.delete(`${poolArn}/${sub}`),
    begin() {
      const startMs = clock();
      const remainingMs = (budgetMs: number) => Math.max(0, Math.min(budgetMs, startMs + budgetMs - clock()));
      const unknownClients = new Set<string>();

      return {
        poolOfClient(clientId) {
          const poolId = clients.poolOf(clientId);
          if (poolId === undefined) unknownClients.add(clientId);
          return poolId;
        },

        async findClients() {
          if (unknownClients.size === 0) return false;
          return clients.find(unknownClients, (arn) => remainingMs(poolOfArn.get(arn)?.budgetMs ?? 0));
        },

        async fill(mappings) {
          const lacking = mappings.map(lackingUser);
          const wanted = new Map<Pool, Map<string, Want>>();
          for (const one of lacking) if (one) addWant(wanted, one);
          if (wanted.size === 0) return { mappings, state: [], committed: () => {} };
          const answers = new Map(
            await Promise.all(
              [...wanted].map(
                async ([pool, wants]) => [pool, await pool.users.learn(wants, remainingMs(pool.budgetMs))] as const,
              ),
            ),
          );
          const saving = [...wanted].map(([{ users }, wants]) => ({ users, savings: users.unsaved(wants.keys()) }));
          return {
            mappings: mappings.map((mapping, at) => {
              const one = lacking[at];
              const known = one && answers.get(one.pool)?.get(one.sub);
              if (!known) return mapping;
              const { user, by, missing } = known;
              if (by !== undefined) metrics.identified.add({ by });
              if (missing !== undefined) metrics.unidentified.add({ reason: missing });
              return user === undefined ? mapping : fillUser(one.event, user);
            }),
            state: saving.flatMap(({ savings }) => savings.map(({ write }) => write)),
            committed() {
              for (const { users, savings } of saving) {
                users.saved(savings);
                writes += savings.length;
              }
              if (writes >= SWEEP_AFTER_WRITES) void sweep();
            },
          };
        },
      };
    },

    start() {
      clients.refresh();
      void sweepForever();
    },

    stop: () => stopping.abort(),
  };

  async function sweepForever(): Promise<void> {
    while (!signal.aborted) {
      await sweep();
      await wait(SWEEP_EVERY_MS, signal);
    }
  }

  function lackingUser(mapping: Mapping): Lacking | undefined {
    if (mapping.kind !== "event") return undefined;
    const { user, userPool } = mapping.data;
    const pool = userPool.arn === undefined ? undefined : poolOfArn.get(userPool.arn);
    if (!pool || user?.sub === undefined || !lacksMembers(user, pool.members)) return undefined;
    return { event: mapping, pool, sub: user.sub };
  }
}

interface Pool extends IdentifiedPool {
  readonly users: PoolUsers;
}

/** An event whose record hides something of its user. */
interface Lacking {
  readonly event: MappedEvent;
  readonly pool: Pool;
  readonly sub: string;
}

function addWant(wanted: Map<Pool, Map<string, Want>>, { event, pool, sub }: Lacking): void {
  const wants = wanted.get(pool) ?? new Map<string, Want>();
  wanted.set(pool, wants);
  const other = wants.get(sub);
  wants.set(sub, {
    changed: changesUser(event) || other?.changed === true,
    deleted: deletesUser(event) || other?.deleted === true,
  });
}
