/** Which pool an app client belongs to, by listing the clients of every pool: sign-ins name their client alone. */
import type { Clock } from "../../core/clock.ts";
import { createLru } from "../../core/lru.ts";
import type { Wait } from "../../core/wait.ts";
import type { CallBudget } from "./call-budget.ts";
import type { Caller } from "./caller.ts";
import type { IdentityMetrics } from "./identity-metrics.ts";
import type { PoolDirectory } from "./pool-directory.ts";

export interface PoolClients {
  poolOf(clientId: string): string | undefined;
  /** Lists the clients of all pools in the background. */
  refresh(): void;
  /** Looks for these, waiting for each pool as long as `maxMs` of it says; true where something new is known. */
  find(clientIds: ReadonlySet<string>, maxMs: (poolArn: string) => number): Promise<boolean>;
}

export interface ClientsOfPool {
  readonly arn: string;
  readonly poolId: string;
  readonly directory: PoolDirectory;
  readonly caller: Caller;
  /** Shared by the pools of an account and Region. */
  readonly budget: CallBudget;
}

export interface PoolClientsParts {
  readonly pools: readonly ClientsOfPool[];
  readonly clock: Clock;
  readonly wait: Wait;
  readonly metrics: IdentityMetrics;
  readonly signal: AbortSignal;
}

/** Unknown clients make nobody list a pool more often. */
const LIST_EVERY_MS = 10_000;
/** A client that is in none of the pools, most likely of somebody else's, is not looked for again before. */
const FOREIGN_MS = 600_000;
const MAX_CLIENTS = 100_000;
const MAX_UNKNOWN = 10_000;

interface Listing {
  readonly pool: ClientsOfPool;
  /** When it was begun last. */
  startedAtMs: number;
  /** How many clients had been asked for when it was begun; of the last one that saw all clients. */
  startedAfter: number;
  completeAfter: number;
  underWay: Promise<void> | undefined;
}

export function createPoolClients({ pools, clock, wait, metrics, signal }: PoolClientsParts): PoolClients {
  const poolOfClient = createLru<string, string>({ maxWeight: MAX_CLIENTS, weightOf: () => 1 });
  /** Clients that were looked for in vain, when first, and as the how many-th. */
  const unknown = createLru<string, { readonly sinceMs: number; readonly ask: number }>({
    maxWeight: MAX_UNKNOWN,
    weightOf: () => 1,
  });
  let asks = 0;
  const listings = pools.map<Listing>((pool) => ({
    pool,
    startedAtMs: Number.NEGATIVE_INFINITY,
    startedAfter: -1,
    completeAfter: -1,
    underWay: undefined,
  }));
  /** Of the clients asked for up to this one, all that are in a pool are known. */
  let completeAfter = -1;

  async function list(listing: Listing): Promise<void> {
    const { poolId, directory, caller, budget } = listing.pool;
    let pageToken: string | undefined;
    let begun = false;
    do {
      const delayMs = budget.reserve(Number.POSITIVE_INFINITY) ?? 0;
      if (delayMs > 0) await wait(delayMs, signal);
      if (signal.aborted) return;
      if (!begun) Object.assign(listing, { startedAtMs: clock(), startedAfter: asks });
      begun = true;
      const token = pageToken;
      const page = await caller.call(() => directory.listClients(token, signal));
      metrics.calls.add({ call: "ListUserPoolClients", outcome: page.ok ? "found" : page.error.error });
      if (!page.ok) return;
      for (const clientId of page.value.clientIds) poolOfClient.set(clientId, poolId);
      pageToken = page.value.nextToken;
    } while (pageToken !== undefined);
    listing.completeAfter = listing.startedAfter;
    completeAfter = listings.reduce((least, one) => Math.min(least, one.completeAfter), asks);
  }

  function startListing(listing: Listing): void {
    if (listing.underWay || listing.pool.caller.state() === "failing") return;
    const ageMs = clock() - listing.startedAtMs;
    // One that failed may be repeated as soon as its caller is well again.
    const done = listing.completeAfter === listing.startedAfter;
    if (done && ageMs >= 0 && ageMs < LIST_EVERY_MS) return;
    listing.underWay = list(listing).finally(() => {
      listing.underWay = undefined;
    });
  }

  /** Whether to look for it: not where all pools were listed since it was first asked for. */
  function isWanted(clientId: string): boolean {
    if (poolOfClient.get(clientId) !== undefined) return false;
    const now = clock();
    const before = unknown.get(clientId);
    if (before && Math.abs(now - before.sinceMs) < FOREIGN_MS) return completeAfter < before.ask;
    asks += 1;
    unknown.set(clientId, { sinceMs: now, ask: asks });
    return true;
  }

  return {
    poolOf: (clientId) => poolOfClient.get(clientId),

    refresh() {
      for (const listing of listings) startListing(listing);
    },

    find(clientIds, maxMs) {
      const wanted = [...clientIds].filter(isWanted);
      const isFound = (id: string) => poolOfClient.get(id) !== undefined;
      if (wanted.length === 0) return Promise.resolve(false);
      for (const listing of listings) startListing(listing);
      return new Promise((resolve) => {
        let open = 0;
        for (const { pool, underWay } of listings) {
          if (!underWay || pool.caller.state() !== "well") continue;
          open += 1;
          const patientMs = Math.max(0, maxMs(pool.arn));
          void endsWithin(underWay, patientMs).then((ended) => {
            if (!ended && patientMs > 0) pool.caller.tooSlow();
            open -= 1;
            if (open === 0 || wanted.every(isFound)) resolve(wanted.some(isFound));
          });
        }
        if (open === 0) resolve(false);
      });
    },
  };

  /** False where the time was over first. */
  async function endsWithin(work: Promise<void>, maxMs: number): Promise<boolean> {
    const stop = new AbortController();
    const ended = await Promise.race([work.then(() => true), wait(maxMs, stop.signal).then(() => false)]);
    stop.abort();
    return ended;
  }
}
