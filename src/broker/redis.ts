/**
 * The broker on Redis Streams, which many gateways share. The wire is TriggerMesh's: entries of one field, `ce`, in a
 * stream that its brokers may read and write as well; a subscription is a consumer group. What a consumer group cannot
 * hold (leases that end by our clock, retry times, order by key, dead letters) stands in keys of our own beside it.
 * docs/redis.md lists commands and keys.
 */
import type { Clock, Sha256 } from "../core/clock.ts";
import { toHex } from "../core/hex.ts";
import type { Redis } from "../redis/redis.ts";
import { type Broker, BrokerFailure, type BrokerNotice, storedTypes } from "./broker.ts";
import { createAppender } from "./redis/append.ts";
import { createClaimer } from "./redis/claim.ts";
import { BLOCKED_LIMIT } from "./redis/claim-scripts.ts";
import { endDead, getDead, listDead } from "./redis/dead.ts";
import { claimForwards, nextForwardDueAt, settleForwards } from "./redis/forwards.ts";
import { check } from "./redis/health.ts";
import { isUsableStream, keysOf } from "./redis/keys.ts";
import { readLog, redeliver } from "./redis/log.ts";
import { createPurger } from "./redis/purge.ts";
import { replaceEvents } from "./redis/replace.ts";
import { settle } from "./redis/settle.ts";
import { getState, scanState } from "./redis/state.ts";
import { nextDueAt, stats } from "./redis/stats.ts";
import type { RedisBrokerLimits, RedisStore } from "./redis/store.ts";
import { ensureSubscription, keepSubscriptions, listSubscriptions, removeSubscription } from "./redis/subscriptions.ts";

export interface RedisBrokerOptions extends RedisBrokerLimits {
  /** Opened for the key `stream`. The broker closes it. */
  readonly redis: Redis;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly stream: string;
  /** Consumer groups are named `<group>.<subscription>`. */
  readonly group: string;
  /** Adds the id of the entry to each event, as `triggermeshbackendid`. */
  readonly trackingId: boolean;
  /** Consumer groups of others for which entries are kept until they have finished with them. */
  readonly keepGroups: readonly string[];
}

/** Each command is paid for, and a look is three: at this pause an idle subscription costs some hundred an hour. */
const REST_POLL_MS = 30_000;

/** Throws where the stream's name leaves no way to name a second key in its hash slot. Asks nothing of Redis. */
export function createRedisBroker(options: RedisBrokerOptions): Broker {
  const { redis, clock, sha256, stream, group, trackingId, keepGroups } = options;
  if (!isUsableStream(stream)) {
    throw new BrokerFailure("broker_incompatible", `the stream ${stream} has braces that are no hash tag`);
  }
  const appendListeners: ((types: ReadonlySet<string>) => void)[] = [];
  const noticeListeners: ((notice: BrokerNotice) => void)[] = [];
  const handle = toHex(crypto.getRandomValues(new Uint8Array(8)));
  let tokens = 0;

  const store: RedisStore = {
    redis,
    clock,
    sha256,
    keys: keysOf(stream),
    limits: options,
    group,
    keepGroups,
    trackingId,
    newToken: () => `${handle}${(++tokens).toString(36)}`,
    notify: (notice) => {
      for (const listener of noticeListeners) listener(notice);
    },
    known: new Map(),
  };
  const appender = createAppender(store);
  const claimer = createClaimer(store);
  const purger = createPurger(store);

  return {
    capabilities: {
      kind: "redis",
      shared: true,
      durable: true,
      positions: "stream_id",
      ...(redis.wire === "rest" && { longestPollMs: REST_POLL_MS }),
    },
    async append(params) {
      if (params.events.length + (params.state?.length ?? 0) === 0) return [];
      const outcomes = await appender.append(params);
      if (outcomes.includes("stored")) {
        const types = storedTypes(params.events, outcomes);
        for (const listener of appendListeners) listener(types);
      }
      return outcomes;
    },
    ensureSubscription: (params) => ensureSubscription(store, params),
    keepSubscriptions: ({ subscriptions }) => keepSubscriptions(store, subscriptions),
    removeSubscription: (params) => removeSubscription(store, params),
    listSubscriptions: () => listSubscriptions(store),
    claim: claimer.claim,
    settle: (params) => settle(store, params),
    nextDueAt: ({ subscription }) => nextDueAt(store, subscription, BLOCKED_LIMIT),
    listDead: (params) => listDead(store, params),
    claimForwards: (params) => claimForwards(store, params),
    settleForwards: (params) => settleForwards(store, params),
    nextForwardDueAt: ({ subscription }) => nextForwardDueAt(store, subscription),
    getDead: ({ subscription, position }) => getDead(store, subscription, position),
    requeueDead: ({ subscription, positions }) => endDead(store, subscription, { positions, requeue: true }),
    dropDead: ({ subscription, positions }) => endDead(store, subscription, { positions, requeue: false }),
    readLog: (params) => readLog(store, params),
    redeliver: (params) => redeliver(store, params),
    replaceEvents: ({ replacements }) => replaceEvents(store, appender, replacements),
    // What Redis writes to files, and when, is its own: docs/redis.md.
    async scrub() {},
    purge: purger.purge,
    getState: (params) => getState(store, params),
    scanState: (params) => scanState(store, params),
    stats: () => stats(store),
    check: () => check(store),
    onAppend: (listener) => void appendListeners.push(listener),
    onNotice: (listener) => void noticeListeners.push(listener),
    async close() {
      await appender.idle();
      await redis.close();
    },
  };
}
