/** The broker over SQL, without its transport: each method is one or more statements inside a caller's transaction. */
import type { Clock, Sha256 } from "../core/clock.ts";
import { type Broker, type BrokerCapabilities, type BrokerHealth, type BrokerLimits, storedTypes } from "./broker.ts";
import { append } from "./sql/append.ts";
import { claim } from "./sql/claim.ts";
import { dropDead, getDead, listDead, requeueDead } from "./sql/dead.ts";
import type { SqlDriver } from "./sql/driver.ts";
import { createEventTypes } from "./sql/event-types.ts";
import { claimForwards, nextForwardDueAt, settleForwards } from "./sql/forwards.ts";
import { lastPosition, readLog, redeliver } from "./sql/log.ts";
import { purge } from "./sql/purge.ts";
import { replaceEvents } from "./sql/replace.ts";
import { migrate } from "./sql/schema.ts";
import { endScrub } from "./sql/scrub.ts";
import { settle } from "./sql/settle.ts";
import { getState, scanState, writeState } from "./sql/state.ts";
import { nextDueAt, stats } from "./sql/stats.ts";
import type { SqlStore } from "./sql/store.ts";
import { ensureSubscription, listSubscriptions, releaseAllLeases, removeSubscription } from "./sql/subscriptions.ts";

export interface SqlBrokerParts {
  readonly driver: SqlDriver;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly limits: BrokerLimits;
  readonly capabilities: BrokerCapabilities;
  /**
   * Runs `work` in a transaction, alone or with others, and resolves when that is as durable as asked. Claims and
   * settlements need not outlive a power cut: what they tell would at worst be done again.
   */
  readonly commit: <T>(work: () => T, durability: "synced" | "written") => Promise<T>;
  readonly check: () => Promise<BrokerHealth>;
  readonly close: () => Promise<void>;
  /** Absent where there are no files of the store's own. */
  readonly scrub?: () => Promise<void>;
}

/** Brings the schema up to date and, for a store that only one process opens, ends the leases of one that is gone. */
export function prepareSqlStore(
  store: Pick<SqlStore, "driver">,
  { returnLeases }: { readonly returnLeases: boolean },
): void {
  migrate(store.driver);
  // Of a process that ended while it scrubbed.
  store.driver.transaction(() => endScrub(store.driver));
  if (returnLeases) store.driver.transaction(() => releaseAllLeases(store));
}

export function createSqlBroker(parts: SqlBrokerParts): Broker {
  const { commit, driver, clock, sha256, limits } = parts;
  const store: SqlStore = { driver, clock, sha256, limits, types: createEventTypes() };
  const listeners: ((types: ReadonlySet<string>) => void)[] = [];
  let purgeAfter = 0;

  return {
    capabilities: parts.capabilities,
    async append({ events, state = [] }) {
      if (events.length + state.length === 0) return [];
      const outcomes = await commit(() => {
        writeState(store, state);
        return append(store, events);
      }, "synced");
      if (outcomes.includes("stored")) {
        const types = storedTypes(events, outcomes);
        for (const listener of listeners) listener(types);
      }
      return outcomes;
    },
    ensureSubscription: (params) => commit(() => ensureSubscription(store, params), "synced"),
    async keepSubscriptions() {},
    removeSubscription: ({ subscription }) => commit(() => removeSubscription(store, subscription), "synced"),
    listSubscriptions: () => commit(() => listSubscriptions(store), "written"),
    claim: (params) => commit(() => claim(store, params), "written"),
    settle: (params) => commit(() => settle(store, params), "written"),
    nextDueAt: (params) => commit(() => nextDueAt(store, params), "written"),
    listDead: (params) => commit(() => listDead(store, params), "written"),
    claimForwards: (params) => commit(() => claimForwards(store, params), "written"),
    settleForwards: (params) => commit(() => settleForwards(store, params), "written"),
    nextForwardDueAt: ({ subscription }) => commit(() => nextForwardDueAt(store, subscription), "written"),
    requeueDead: ({ subscription, positions }) => commit(() => requeueDead(store, subscription, positions), "synced"),
    getDead: ({ subscription, position }) => commit(() => getDead(store, subscription, position), "written"),
    dropDead: ({ subscription, positions }) => commit(() => dropDead(store, subscription, positions), "synced"),
    readLog: (params) => commit(() => readLog(store, params), "written"),
    lastPosition: () => commit(() => lastPosition(store), "written"),
    redeliver: ({ subscription, positions, state = [] }) =>
      commit(() => {
        writeState(store, state);
        return redeliver(store, subscription, positions);
      }, "synced"),
    replaceEvents: ({ replacements }) => commit(() => replaceEvents(store, replacements), "synced"),
    scrub: parts.scrub ?? (async () => {}),
    async purge() {
      const { after, ...result } = await commit(() => purge(store, purgeAfter), "written");
      purgeAfter = after;
      return result;
    },
    getState: (params) => commit(() => getState(store, params), "written"),
    scanState: (params) => commit(() => scanState(store, params), "written"),
    stats: () => commit(() => stats(store), "written"),
    check: parts.check,
    onAppend: (listener) => void listeners.push(listener),
    // One process has the store to itself.
    onNotice() {},
    close: parts.close,
  };
}
