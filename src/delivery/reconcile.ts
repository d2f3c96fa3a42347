/**
 * Brings the subscriptions that the store knows into line with the configuration: new ones begin at their start, those
 * that are gone lose their backlog. At once where one process has the store to itself. Where many share it, another
 * gateway may have a newer configuration: there a subscription goes only after nobody has wanted it for a while.
 */
import type { Broker, EnsureSubscriptionParams } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";

export interface Reconciler {
  /** Once, and where the store is shared again and again. Rejects as the broker does. */
  reconcile(subscriptions: readonly WantedSubscription[]): Promise<void>;
  stop(): void;
}

export interface WantedSubscription {
  readonly name: string;
  readonly start: EnsureSubscriptionParams["start"];
}

export interface ReconcilerParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  /** Ends what else is kept of a subscription. */
  readonly onRemoved: (subscription: string) => Promise<void>;
}

const EVERY_MS = 60_000;
/** By every gateway on the store, and seen so by this one: longer than a rolling update without an end. */
const UNWANTED_MS = 300_000;

export function createReconciler({ broker, clock, metrics, log, onRemoved }: ReconcilerParts): Reconciler {
  const { shared } = broker.capabilities;
  /** Since when this gateway sees subscriptions that it does not want. */
  const unwantedSinceMs = new Map<string, number>();
  let wanted: ReadonlySet<string> = new Set();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  async function lookForUnwanted(): Promise<void> {
    const known = new Set(await broker.listSubscriptions());
    for (const name of unwantedSinceMs.keys()) if (!known.has(name) || wanted.has(name)) unwantedSinceMs.delete(name);
    for (const subscription of known) if (!wanted.has(subscription) && isOver(subscription)) await remove(subscription);
  }

  function isOver(subscription: string): boolean {
    if (!shared) return true;
    const sinceMs = unwantedSinceMs.get(subscription);
    if (sinceMs !== undefined) return clock() - sinceMs >= UNWANTED_MS;
    unwantedSinceMs.set(subscription, clock());
    log("warn", "a subscription on the shared broker is not in this configuration; its backlog waits for a gateway", {
      subscription,
      droppedAfterMs: UNWANTED_MS,
    });
    return false;
  }

  async function remove(subscription: string): Promise<void> {
    const { dropped, kept } = await broker.removeSubscription({ subscription, unlessKeptWithinMs: UNWANTED_MS });
    if (kept) return;
    unwantedSinceMs.delete(subscription);
    await onRemoved(subscription);
    metrics.dropped.add({ subscription, reason: "subscription_removed" }, dropped);
    log("warn", "a subscription is gone from the configuration; its backlog is dropped", { subscription, dropped });
  }

  async function round(): Promise<void> {
    try {
      await broker.keepSubscriptions({ subscriptions: [...wanted] });
      await lookForUnwanted();
    } catch (error) {
      log("warn", "the subscriptions on the broker could not be looked at; trying again", { error: String(error) });
    }
    if (!stopped) timer = setTimeout(round, EVERY_MS);
  }

  return {
    async reconcile(subscriptions) {
      wanted = new Set(subscriptions.map(({ name }) => name));
      await lookForUnwanted();
      await Promise.all(
        subscriptions.map(({ name, start }) => broker.ensureSubscription({ subscription: name, start })),
      );
      if (shared && !stopped) timer ??= setTimeout(round, EVERY_MS);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
