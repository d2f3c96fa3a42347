/** Identity over a memory broker, a fake clock, and a pool whose answers the test decides. */
import type { Broker, StateWrite } from "../../../src/broker/broker.ts";
import { createMemoryBroker } from "../../../src/broker/memory.ts";
import { createMetricsRegistry } from "../../../src/core/metrics.ts";
import type { Result } from "../../../src/core/result.ts";
import type { EventData } from "../../../src/events/event-data.ts";
import { createIdentity, type Identity, type IdentityParts } from "../../../src/ingest/identity/identity.ts";
import { createIdentityMetrics } from "../../../src/ingest/identity/identity-metrics.ts";
import type { ClientPage, PoolDirectory } from "../../../src/ingest/identity/pool-directory.ts";
import type { PollFault } from "../../../src/ingest/poll/fault.ts";
import { createPoolTroubles, type PoolTroubles } from "../../../src/ingest/pool-troubles.ts";
import type { MappedEvent, UserSnapshot } from "../../../src/mappers/index.ts";
import { DEFAULT_LIMITS } from "../../suites/broker/harness.ts";
import { createFakeTime, type FakeTime, settle } from "../../support/fake-wait.ts";

export const ARN = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Orchard";

export interface FakePool extends PoolDirectory {
  readonly users: Map<string, UserSnapshot>;
  readonly clientIds: string[];
  /** What every call is answered with instead, where it is set. */
  refusal: string | undefined;
  /** Subs asked for, in order; `clients` for a page of clients. */
  readonly asked: string[];
  /** Calls wait here until `release`. */
  hold: boolean;
  release(): Promise<void>;
}

export function createFakePool(): FakePool {
  const waiting: (() => void)[] = [];
  const answer = async <T>(name: string, give: () => T): Promise<Result<T, PollFault>> => {
    pool.asked.push(name);
    // What a call answers is what was true when AWS looked.
    const { refusal } = pool;
    const value = give();
    if (pool.hold) await new Promise<void>((done) => waiting.push(done));
    return refusal === undefined ? { ok: true, value } : { ok: false, error: { code: "refused", error: refusal } };
  };
  const pool: FakePool = {
    users: new Map(),
    clientIds: [],
    refusal: undefined,
    asked: [],
    hold: false,
    async release() {
      pool.hold = false;
      for (const done of waiting.splice(0)) done();
      await settle();
    },
    findUser: (sub) => answer(sub, () => pool.users.get(sub)),
    listClients: (pageToken) =>
      answer("clients", (): ClientPage => {
        const at = Number(pageToken ?? 0);
        const clientIds = pool.clientIds.slice(at, at + 2);
        return { clientIds, ...(at + 2 < pool.clientIds.length && { nextToken: String(at + 2) }) };
      }),
  };
  return pool;
}

export function user(sub: string, username: string, email = `${username}@example.com`): UserSnapshot {
  return {
    sub,
    username,
    status: "CONFIRMED",
    enabled: true,
    attributes: { sub, email },
    createdAt: "2026-01-02T03:04:05Z",
  };
}

export interface Kit {
  readonly identity: Identity;
  readonly time: FakeTime;
  readonly broker: Broker;
  readonly troubles: PoolTroubles;
  readonly pool: FakePool;
  metrics(): Promise<string>;
  /** The users of events about these subs that come in one request; commits what is to be kept. */
  fill(...events: readonly MappedEvent[]): Promise<readonly (EventData["user"] | undefined)[]>;
}

export interface KitOptions extends Partial<Pick<IdentityParts, "lastSeen">> {
  readonly members?: "username" | "attributes";
  readonly budgetMs?: number;
  readonly broker?: Broker;
  readonly pool?: FakePool;
  readonly time?: FakeTime;
}

export function createKit(options: KitOptions = {}): Kit {
  const { members = "username", budgetMs = 500, pool = createFakePool(), time = createFakeTime(), lastSeen } = options;
  const broker = options.broker ?? createMemoryBroker({ clock: time.now, ...DEFAULT_LIMITS });
  const registry = createMetricsRegistry();
  const troubles = createPoolTroubles({ clock: time.now, onChange: () => {} });
  const identity = createIdentity({
    pools: [{ arn: ARN, members, budgetMs, directory: pool }],
    broker,
    clock: time.now,
    random: () => 1,
    wait: time.wait,
    metrics: createIdentityMetrics(registry),
    troubles,
    lastSeen,
    onSweepFailure(error) {
      throw error;
    },
  });
  return {
    identity,
    time,
    broker,
    troubles,
    pool,
    metrics: () => registry.render(),
    async fill(...events) {
      const filled = await identity.begin().fill(events);
      await commit(broker, filled.state);
      filled.committed();
      return filled.mappings.map((mapping) => (mapping.kind === "event" ? mapping.data.user : undefined));
    },
  };
}

async function commit(broker: Broker, state: readonly StateWrite[]): Promise<void> {
  await broker.append({ events: [], state });
}

/** As the mapper makes it of a record that shows the sub alone. */
export function event(sub: string, fact = "session.started", outcome: "success" | "failure" = "success"): MappedEvent {
  return {
    kind: "event",
    attributes: { specversion: "1.0", id: "1", source: ARN, type: `com.amazon.cognito-idp.${fact}` },
    data: {
      action: "InitiateAuth",
      outcome,
      userPool: { id: "eu-west-1_Orchard", arn: ARN },
      user: { sub },
      record: { kind: "cloudtrail" },
    },
  };
}
