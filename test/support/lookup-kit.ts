/** A LookupEvents poll over a broker, in virtual time, with a fake of the history that a test can disturb. */
import type { Broker } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { decodeAttributes } from "../../src/core/event.ts";
import { createGatewayMetrics } from "../../src/core/gateway-metrics.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";
import { err, ok, type Result } from "../../src/core/result.ts";
import { createIngest } from "../../src/ingest/ingest.ts";
import type { EventHistory, HistoryQuery } from "../../src/ingest/poll/event-history.ts";
import { type PollFault, STOPPED } from "../../src/ingest/poll/fault.ts";
import { createLookupPoll, type LookupOptions, type LookupPoll } from "../../src/ingest/poll/lookup-events.ts";
import { createLookupMetrics } from "../../src/ingest/poll/lookup-metrics.ts";
import { createPollMetrics } from "../../src/ingest/poll/metrics.ts";
import type { PollTurn } from "../../src/ingest/poll/runner.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { createFakeEventHistory, type FakeEventHistory } from "./fake-event-history.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";

export const NOON = Date.UTC(2026, 4, 4, 12);
export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const KIT_LIMITS = {
  dedupeWindowMs: 7 * DAY_MS,
  retentionMs: 7 * DAY_MS,
  deadRetentionMs: 7 * DAY_MS,
  maxBytes: 1024 ** 3,
};

const POOL_ARN = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";

export interface LookupKit {
  readonly time: VirtualTime;
  readonly history: FakeEventHistory;
  readonly broker: Broker;
  readonly requests: readonly KitRequest[];
  readonly log: readonly { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[];
  /** The poll as it is now; `restart` makes another, which remembers nothing. */
  poll(): LookupPoll;
  restart(broker?: Broker): void;
  scan(turn?: Partial<PollTurn>): Promise<Result<unknown, PollFault>>;
  /** Of all events committed, in log order. */
  ids(): Promise<readonly string[]>;
  types(): Promise<readonly string[]>;
  metric(line: string): Promise<number>;
  /** May take time, and may answer with a fault instead. */
  disturb: (request: KitRequest) => PollFault | undefined | Promise<PollFault | undefined>;
  /** AWS's clock against ours. */
  awsOffsetMs: number;
}

export interface KitRequest extends HistoryQuery {
  readonly atMs: number;
}

export interface KitOptions extends Partial<LookupOptions> {
  readonly broker?: (clock: () => number) => Broker;
}

export async function createLookupKit({ broker: open, ...overrides }: KitOptions = {}): Promise<LookupKit> {
  const time = createVirtualTime(NOON);
  const awsClock = () => time.clock() + kit.awsOffsetMs;
  const history = createFakeEventHistory(awsClock);
  const requests: KitRequest[] = [];
  const log: { message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  let broker = open?.(time.clock) ?? createMemoryBroker({ clock: time.clock, ...KIT_LIMITS });
  await broker.ensureSubscription({ subscription: "test", start: "earliest" });
  const registry = createMetricsRegistry();
  const pollMetrics = createPollMetrics(registry);
  const gatewayMetrics = createGatewayMetrics(registry);
  const metrics = createLookupMetrics(registry, () => []);
  const options: LookupOptions = {
    account: "210987654321",
    region: "eu-central-1",
    arns: [POOL_ARN],
    overlapMs: 30 * MINUTE_MS,
    firstScanMs: 30 * MINUTE_MS,
    ...overrides,
  };
  const writeLog = (_: string, message: string, fields = {}) => void log.push({ message, fields });

  const port: EventHistory = {
    async page(query, signal) {
      const request = { ...query, atMs: time.clock() };
      requests.push(request);
      const fault = await kit.disturb(request);
      if (signal.aborted) return err(STOPPED);
      if (fault) return err(fault);
      const { fromMs, toMs, token } = query;
      const page = history.lookUp({ startMs: fromMs, endMs: toMs - 1000, limit: 50, token });
      if (page === "InvalidNextTokenException") return err({ code: "invalid_token", error: page });
      if (typeof page === "string") return err({ code: "refused", error: page });
      const events = page.events.map(({ timeMs, text }) => ({ timeMs, record: text }));
      return ok({ events, next: page.next, atMs: Math.floor(awsClock() / 1000) * 1000 });
    },
  };

  function create(): LookupPoll {
    const ingest = createIngest({
      broker,
      clock: time.clock,
      sha256,
      metrics: gatewayMetrics,
      log: writeLog,
      includeReads: false,
      pools: new Map(),
      onlyConfiguredPools: false,
    });
    return createLookupPoll(options, {
      broker,
      ingest,
      history: async () => port,
      clock: time.clock,
      random: () => 0.5,
      wait: time.wait,
      log: writeLog,
      pollMetrics,
      metrics,
    });
  }
  let poll = create();

  async function all() {
    const found = [];
    while (true) {
      const { deliveries } = await broker.claim({
        subscription: "test",
        // Events of poolcast itself come only to who asks for them.
        filters: [{ any: [{ prefix: { type: "com.amazon." } }, { prefix: { type: "dev.poolcast." } }] }],
        limit: 10_000,
        leaseMs: 1000,
        ordering: "none",
      });
      if (deliveries.length === 0) return found;
      const settlements = deliveries.map(({ token }) => ({ token, verdict: { kind: "delivered" as const } }));
      await broker.settle({ subscription: "test", settlements });
      found.push(...deliveries.map(({ event }) => decodeAttributes(event)));
    }
  }

  const kit: LookupKit = {
    time,
    history,
    get broker() {
      return broker;
    },
    requests,
    log,
    poll: () => poll,
    restart(other = broker) {
      broker = other;
      poll = create();
    },
    scan(turn) {
      const signal = new AbortController().signal;
      const whole = { signal, append: broker.append.bind(broker), keep: async () => true, ...turn };
      return time.until(poll.scan(whole));
    },
    ids: async () => (await all()).map(({ id }) => id),
    types: async () => (await all()).map(({ type }) => type),
    async metric(line) {
      const found = (await registry.render()).split("\n").find((one) => one.startsWith(line));
      return Number(found?.split(" ").at(-1) ?? 0);
    },
    disturb: () => undefined,
    awsOffsetMs: 0,
  };
  return kit;
}

/** Throws where a scan came to nothing. */
export function expectDone(result: Result<unknown, PollFault>): void {
  if (!result.ok) throw new Error(`the scan failed: ${result.error.code}`);
}
