import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Broker } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { createGatewayMetrics } from "../../src/core/gateway-metrics.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";
import { createReconciler, type Reconciler } from "../../src/delivery/reconcile.ts";
import { append } from "../suites/broker/steps.ts";
import { LIMITS } from "../support/loop-kit.ts";

const MINUTE_MS = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Kit {
  readonly broker: Broker;
  readonly lines: string[];
  readonly removed: string[];
  readonly kept: string[][];
  rendered(): Promise<string>;
  open(): Reconciler;
}

/** The memory broker, which another gateway uses too where it is `shared`: what that one keeps is in `others`. */
async function openKit(options: { readonly shared: boolean; readonly others?: ReadonlySet<string> }): Promise<Kit> {
  const memory = createMemoryBroker({ ...LIMITS, clock: Date.now });
  const registry = createMetricsRegistry();
  const lines: string[] = [];
  const removed: string[] = [];
  const kept: string[][] = [];
  const broker: Broker = {
    ...memory,
    capabilities: { ...memory.capabilities, shared: options.shared },
    keepSubscriptions: async ({ subscriptions }) => void kept.push([...subscriptions]),
    removeSubscription: async (params) =>
      options.others?.has(params.subscription) ? { dropped: 0, kept: true } : memory.removeSubscription(params),
  };
  await broker.ensureSubscription({ subscription: "gone", start: "earliest" });
  await append(broker, "a", "b");
  return {
    broker,
    lines,
    removed,
    kept,
    rendered: () => registry.render(),
    open: () =>
      createReconciler({
        broker,
        clock: Date.now,
        metrics: createGatewayMetrics(registry),
        log: (_, message) => void lines.push(message),
        onRemoved: async (subscription) => void removed.push(subscription),
      }),
  };
}

const WANTED = [
  { name: "crm", start: "earliest" },
  { name: "late", start: "latest" },
] as const;

describe("subscriptions that the configuration does not name", () => {
  it("go at once where one process has the store to itself", async () => {
    const kit = await openKit({ shared: false });
    await kit.open().reconcile(WANTED);
    expect(await kit.broker.listSubscriptions()).toEqual(["crm", "late"]);
    expect(kit.removed).toEqual(["gone"]);
    expect(await kit.rendered()).toContain(
      'poolcast_dropped_total{subscription="gone",reason="subscription_removed"} 2',
    );
    expect(kit.lines).toEqual(["a subscription is gone from the configuration; its backlog is dropped"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("wait on a shared store until this gateway has seen for five minutes that nobody wants them", async () => {
    const kit = await openKit({ shared: true });
    const reconciler = kit.open();
    await reconciler.reconcile(WANTED);
    await vi.advanceTimersByTimeAsync(4 * MINUTE_MS);
    await reconciler.reconcile(WANTED);
    expect(await kit.broker.listSubscriptions()).toEqual(["crm", "gone", "late"]);
    expect(kit.lines).toHaveLength(1);
    expect(kit.lines[0]).toContain("is not in this configuration");
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await kit.broker.listSubscriptions()).toEqual(["crm", "late"]);
    expect(kit.removed).toEqual(["gone"]);
    reconciler.stop();
  });

  it("stay on a shared store as long as another gateway wants them, and are told of once", async () => {
    const others = new Set(["gone"]);
    const kit = await openKit({ shared: true, others });
    const reconciler = kit.open();
    await reconciler.reconcile(WANTED);
    await vi.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(await kit.broker.listSubscriptions()).toContain("gone");
    expect(kit.lines).toHaveLength(1);
    others.clear();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await kit.broker.listSubscriptions()).not.toContain("gone");
    reconciler.stop();
  });

  it("begin their five minutes anew where the configuration named them in between", async () => {
    const kit = await openKit({ shared: true });
    const reconciler = kit.open();
    await reconciler.reconcile(WANTED);
    await vi.advanceTimersByTimeAsync(4 * MINUTE_MS);
    await reconciler.reconcile([...WANTED, { name: "gone", start: "earliest" }]);
    await reconciler.reconcile(WANTED);
    await vi.advanceTimersByTimeAsync(4 * MINUTE_MS);
    expect(await kit.broker.listSubscriptions()).toContain("gone");
    reconciler.stop();
  });
});

describe("subscriptions that the configuration names", () => {
  it("are made known, and on a shared store kept every minute, also after the broker failed", async () => {
    const kit = await openKit({ shared: true });
    const reconciler = kit.open();
    await reconciler.reconcile(WANTED);
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(kit.kept).toEqual([
      ["crm", "late"],
      ["crm", "late"],
    ]);
    const list = vi.spyOn(kit.broker, "listSubscriptions").mockRejectedValueOnce(new Error("away"));
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(list).toHaveBeenCalledTimes(2);
    expect(kit.kept).toHaveLength(4);
    reconciler.stop();
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(kit.kept).toHaveLength(4);
  });
});
