/** The users poll's scan over a real broker and the real ingest, with a pool and a clock that a test moves. */
import type { Broker } from "../../src/broker/broker.ts";
import { contentHash } from "../../src/core/content-hash.ts";
import { decodeAttributes, type EventAttributes } from "../../src/core/event.ts";
import { createGatewayMetrics } from "../../src/core/gateway-metrics.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";
import type { Result } from "../../src/core/result.ts";
import type { EventData } from "../../src/events/event-data.ts";
import { createIngest, type Ingest } from "../../src/ingest/ingest.ts";
import type { PollFault } from "../../src/ingest/poll/fault.ts";
import { createRateLimit } from "../../src/ingest/poll/rate-limit.ts";
import type { PollTurn } from "../../src/ingest/poll/runner.ts";
import { scanUsers } from "../../src/ingest/poll/scan-users.ts";
import type { ListUsersPage } from "../../src/ingest/poll/users-page.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { cloudTrailRecord } from "./records.ts";

export const POOL_ID = "eu-central-1_Kq3vX9TzP";
export const POOL_ARN = `arn:aws:cognito-idp:eu-central-1:210987654321:userpool/${POOL_ID}`;

export interface SeenEvent {
  readonly attributes: EventAttributes;
  /** The type's last part. */
  readonly kind: string;
  readonly sub: string;
  readonly data: EventData;
  readonly json: string;
}

export interface UsersKit {
  readonly ingest: Ingest;
  scan(): Promise<Result<void, PollFault>>;
  /** Fails the test where the scan does. */
  scanned(): Promise<void>;
  /** What was committed since this was last asked. */
  events(): Promise<readonly SeenEvent[]>;
  /** As `created a`, in log order. */
  told(): Promise<readonly string[]>;
  /** A CloudTrail record about the user comes by a webhook. */
  webhook(eventName: string, sub: string, changes?: Record<string, unknown>): Promise<void>;
  counts(): {
    readonly requests: number;
    readonly failures: number;
    readonly seen: number;
    readonly withoutSub: number;
  };
}

export interface UsersKitOptions {
  readonly broker: Broker;
  readonly listUsers: ListUsersPage;
  readonly clock: { now(): number; advance(ms: number): void };
  readonly backfill?: boolean;
  readonly compat?: boolean;
  readonly perSecond?: number;
  readonly turn?: Partial<PollTurn>;
}

const SUBSCRIPTION = "test";

export async function openUsersKit(options: UsersKitOptions): Promise<UsersKit> {
  const { broker, listUsers, clock, backfill = false, compat = false, perSecond = 1000 } = options;
  await broker.ensureSubscription({ subscription: SUBSCRIPTION, start: "earliest" });
  const ingest = createIngest({
    broker,
    clock: clock.now,
    sha256,
    metrics: createGatewayMetrics(createMetricsRegistry()),
    log: () => {},
    includeReads: false,
    pools: new Map([[POOL_ID, POOL_ARN]]),
    polledPools: new Map([[POOL_ID, [POOL_ARN]]]),
    onlyConfiguredPools: false,
    publicUrl: "https://events.example.com",
  });
  // Time passes only where somebody waits for it.
  const wait = async (ms: number) => clock.advance(ms);
  const counts = { requests: 0, failures: 0, seen: 0, withoutSub: 0 };
  function add(name: keyof typeof counts, amount: number): void {
    counts[name] += amount;
  }
  const parts = {
    broker,
    ingest,
    listUsers,
    rate: createRateLimit({ perSecond, clock: clock.now, wait }),
    clock: clock.now,
    random: () => 0.5,
    wait,
    hash: (text: string) => contentHash(sha256, text),
    count: {
      request: () => add("requests", 1),
      requestFailure: () => add("failures", 1),
      seen: (users: number) => add("seen", users),
      withoutSub: (items: number) => add("withoutSub", items),
    },
  };
  const turn: PollTurn = {
    signal: new AbortController().signal,
    append: (params) => broker.append(params),
    keep: async () => true,
    ...options.turn,
  };

  const scan = () => scanUsers({ poolArn: POOL_ARN, backfill, compat }, parts, turn);

  async function events(): Promise<readonly SeenEvent[]> {
    const found: SeenEvent[] = [];
    for (;;) {
      const { deliveries, more } = await broker.claim({
        subscription: SUBSCRIPTION,
        filters: [],
        limit: 1000,
        leaseMs: 60_000,
        ordering: "none",
      });
      found.push(...deliveries.map(({ event }) => seenEvent(event)));
      const settlements = deliveries.map(({ token }) => ({ token, verdict: { kind: "delivered" } as const }));
      await broker.settle({ subscription: SUBSCRIPTION, settlements });
      if (!more && deliveries.length === 0) return found;
    }
  }

  return {
    ingest,
    scan,
    async scanned() {
      const result = await scan();
      if (!result.ok) throw new Error(`the scan failed: ${result.error.error}`);
    },
    events,
    told: async () => (await events()).map(({ kind, sub }) => `${kind} ${sub}`),
    async webhook(eventName, sub, changes = {}) {
      const record = cloudTrailRecord(undefined, {
        eventName,
        eventTime: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
        requestParameters: { userPoolId: POOL_ID, username: "HIDDEN_DUE_TO_SECURITY_REASONS" },
        responseElements: null,
        additionalEventData: { sub },
        ...changes,
      });
      const result = await ingest.records([{ kind: "record", record, envelope: {} }], { road: "eventbridge" });
      if (!result.ok || result.value.accepted !== 1) throw new Error("the webhook was not taken");
    },
    counts: () => counts,
  };
}

function seenEvent(event: Parameters<typeof decodeAttributes>[0]): SeenEvent {
  const attributes = decodeAttributes(event);
  const json = new TextDecoder().decode(event.bytes);
  const data: EventData = JSON.parse(json).data;
  const kind = attributes.type.slice(attributes.type.lastIndexOf(".") + 1);
  return { attributes, kind, sub: data.user?.sub ?? "", data, json };
}
