import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Broker, BrokerFailure, type LogRange } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import type { Bounds } from "../../src/core/bounds.ts";
import { encodeEvent } from "../../src/core/event.ts";
import type { Filter } from "../../src/core/filter.ts";
import { startReplayRunner } from "../../src/delivery/replay-runner.ts";
import { createReplays, type Replays } from "../../src/delivery/replays.ts";
import type { Rounds } from "../../src/delivery/rounds.ts";
import { eventId, eventIds, newEvent } from "../suites/broker/events.ts";
import { claimAll, DELIVERED, settle, settleAll, subscribe } from "../suites/broker/steps.ts";
import { LIMITS } from "../support/loop-kit.ts";

const HOUR_MS = 3_600_000;
const runners: Rounds[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-05-04T12:00:00Z") });
});
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.stop();
  vi.useRealTimers();
});

interface Kit {
  readonly broker: Broker;
  readonly replays: Replays;
  /** Events that the runners said they put back. */
  readonly put: () => number;
  run(disturbed?: Partial<Broker>): Rounds;
  start(range: LogRange, rate?: number): Promise<string>;
  /** Claims and delivers what is claimable, and answers which events that were. */
  deliver(): Promise<readonly string[]>;
}

interface KitOptions {
  readonly filters?: readonly Filter[];
  readonly bounds?: Bounds;
  readonly shared?: boolean;
}

async function openKit({ filters = [], bounds, shared = false }: KitOptions = {}) {
  const memory = createMemoryBroker({ clock: Date.now, ...LIMITS });
  const broker: Broker = { ...memory, capabilities: { ...memory.capabilities, shared } };
  await subscribe(broker);
  let ids = 0;
  let put = 0;
  const replays = createReplays({ broker, clock: Date.now, namespace: "g.", newId: () => `job${++ids}` });
  const kit: Kit = {
    broker,
    replays,
    put: () => put,
    run(disturbed = {}) {
      const runner = startReplayRunner({
        broker: { ...broker, ...disturbed },
        clock: Date.now,
        log: () => {},
        namespace: "g.",
        id: `gateway${runners.length}`,
        subscriptions: () => [{ name: "crm", filters, bounds }],
        onReplayed: (_, events) => {
          put += events;
        },
      });
      replays.onStart(runner.wake);
      runners.push(runner);
      return runner;
    },
    async start(range, rate = 1000) {
      const started = await replays.start("crm", { range, rate });
      if (!started.ok) throw new Error(started.error);
      return started.value.id;
    },
    async deliver() {
      const { deliveries } = await claimAll(broker, { filters });
      await settle(broker, deliveries, DELIVERED);
      return deliveries.map(eventId);
    },
  };
  return kit;
}

async function appendDelivered({ broker, deliver }: Kit, count: number, prefix = "e"): Promise<void> {
  await broker.append({ events: eventIds(count, prefix).map(newEvent) });
  await deliver();
}

describe("a replay", () => {
  it("puts back the events of its range that were delivered, once, and tells how it went", async () => {
    const kit = await openKit();
    const startMs = Date.now();
    for (const id of eventIds(5)) {
      await kit.broker.append({ events: [newEvent(id)] });
      await vi.advanceTimersByTimeAsync(HOUR_MS);
    }
    await kit.deliver();
    kit.run();
    const id = await kit.start({ sinceMs: startMs + HOUR_MS, untilMs: startMs + 3 * HOUR_MS });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await kit.deliver()).toEqual(["e2", "e3", "e4"]);
    expect(await kit.replays.list("crm")).toMatchObject([{ id, state: "done", looked: 3, replayed: 3 }]);
    expect(kit.put()).toBe(3);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await kit.deliver()).toEqual([]);
  });

  it("keeps to the part of the log that the subscription is for", async () => {
    const kit = await openKit({ bounds: { afterPosition: "1", beforePosition: "4" } });
    await appendDelivered(kit, 5);
    kit.run();
    const id = await kit.start({});
    await vi.advanceTimersByTimeAsync(1000);
    expect(await kit.deliver()).toEqual(["e2", "e3"]);
    expect(await kit.replays.list("crm")).toMatchObject([{ id, state: "done", replayed: 2 }]);
  });

  it("goes by the recordedtime of an event where it has one: it is stored a little later", async () => {
    const kit = await openKit();
    const recordedMs = Date.now();
    const attributes = {
      specversion: "1.0",
      source: "/s",
      type: "t",
      recordedtime: new Date(recordedMs).toISOString(),
    };
    await vi.advanceTimersByTimeAsync(30);
    const event = encodeEvent({ ...attributes, id: "e1", specversion: "1.0" }, "none");
    await kit.broker.append({ events: [{ dedupeKey: "e1", type: "t", event }] });
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    await kit.deliver();
    kit.run();
    const replayed = async (range: LogRange) => {
      await kit.start(range);
      await vi.advanceTimersByTimeAsync(100);
      return kit.deliver();
    };
    expect(await replayed({ sinceMs: recordedMs, untilMs: recordedMs })).toEqual(["e1"]);
    expect(await replayed({ sinceMs: recordedMs + 1 })).toEqual([]);
    expect(await replayed({ sinceMs: 0, untilMs: recordedMs - 1 })).toEqual([]);
    expect((await kit.replays.list("crm")).map(({ looked }) => looked)).toEqual([0, 0, 1]);
  });

  it("leaves out what misses the filters, and what came after it was made", async () => {
    const kit = await openKit({ filters: [{ exact: { type: "hit" } }] });
    const types = ["hit", "miss", "miss", "hit", "miss"];
    await kit.broker.append({ events: types.map((type, at) => newEvent({ id: `e${at + 1}`, type })) });
    await kit.deliver();
    await kit.start({ fromPosition: "1" });
    await vi.advanceTimersByTimeAsync(10);
    await kit.broker.append({ events: [newEvent({ id: "later", type: "hit" })] });
    expect(await kit.deliver()).toEqual(["later"]);
    kit.run();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await kit.deliver()).toEqual(["e1", "e4"]);
    expect(await kit.replays.list("crm")).toMatchObject([{ state: "done", looked: 5, replayed: 2 }]);
  });

  it("keeps to its rate, and shows how far it has come", async () => {
    const kit = await openKit();
    await appendDelivered(kit, 100);
    kit.run();
    await kit.start({ sinceMs: 0 }, 10);
    for (let second = 1; second <= 9; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      expect(kit.put()).toBeGreaterThanOrEqual(10 * second);
      expect(kit.put()).toBeLessThanOrEqual(10 * second + 10);
    }
    const [job] = await kit.replays.list("crm");
    expect(job).toMatchObject({ state: "running", after: String(job?.looked) });
    await vi.advanceTimersByTimeAsync(3000);
    expect(await kit.replays.list("crm")).toMatchObject([{ state: "done", replayed: 100 }]);
    expect(await kit.deliver()).toHaveLength(100);
  });

  it("looks through events that nobody wants at once, however low its rate is", async () => {
    const kit = await openKit({ filters: [{ exact: { type: "hit" } }] });
    const misses = eventIds(3000).map((id) => newEvent({ id, type: "miss" }));
    await kit.broker.append({ events: [...misses, newEvent({ id: "last", type: "hit" })] });
    await kit.deliver();
    kit.run();
    await kit.start({ sinceMs: 0 }, 0.5);
    await vi.advanceTimersByTimeAsync(100);
    expect(await kit.deliver()).toEqual(["last"]);
  });

  it("goes on where it was when its gateway ended, and puts nothing back twice", async () => {
    const kit = await openKit();
    await appendDelivered(kit, 50);
    const first = kit.run();
    await kit.start({ sinceMs: 0 }, 10);
    await vi.advanceTimersByTimeAsync(2500);
    await first.stop();
    const before = await kit.deliver();
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(50);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await kit.deliver()).toEqual([]);
    kit.run();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([...before, ...(await kit.deliver())]).toEqual(eventIds(50));
  });

  it("is looked for on a broker where each look is paid for as seldom as it says, and begins at once where it was made", async () => {
    const kit = await openKit({ shared: true });
    await appendDelivered(kit, 5);
    let looks = 0;
    const { getState, capabilities } = kit.broker;
    const runner = kit.run({
      capabilities: { ...capabilities, longestPollMs: 30_000 },
      getState(params) {
        looks += 1;
        return getState(params);
      },
    });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(looks).toBe(21);
    await kit.start({ sinceMs: 0 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await kit.deliver()).toEqual(eventIds(5));
    await runner.stop();
  });

  it("is looked at as seldom by a gateway that another one runs it for", async () => {
    const kit = await openKit({ shared: true });
    await appendDelivered(kit, 100);
    kit.run();
    let looks = 0;
    const { getState, capabilities } = kit.broker;
    kit.run({
      capabilities: { ...capabilities, longestPollMs: 30_000 },
      getState(params) {
        looks += 1;
        return getState(params);
      },
    });
    await kit.start({ sinceMs: 0 }, 1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toBeLessThan(6);
    expect(kit.put()).toBeGreaterThan(50);
  });

  it("puts each event back once though two gateways on one broker run it, and goes on when one of them is gone", async () => {
    const kit = await openKit({ shared: true });
    await appendDelivered(kit, 60);
    const [first] = [kit.run(), kit.run()];
    await kit.start({ sinceMs: 0 }, 20);
    const delivered: string[] = [];
    for (let step = 0; step < 20; step++) {
      await vi.advanceTimersByTimeAsync(1000);
      delivered.push(...(await kit.deliver()));
      if (step === 1) await first?.stop();
    }
    expect(delivered.toSorted()).toEqual(eventIds(60).toSorted());
    expect(await kit.replays.list("crm")).toMatchObject([{ state: "done", looked: 60 }]);
  });

  it("puts nothing back that another gateway took over while this one stood still", async () => {
    const kit = await openKit({ shared: true });
    await appendDelivered(kit, 30);
    const { promise, resolve } = Promise.withResolvers<void>();
    let reads = 0;
    kit.run({
      async readLog(params) {
        reads += 1;
        if (reads === 2) await promise;
        return kit.broker.readLog(params);
      },
    });
    await kit.start({ sinceMs: 0 }, 10);
    await vi.advanceTimersByTimeAsync(5000);
    expect([reads, kit.put()]).toEqual([2, 10]);
    kit.run();
    await vi.advanceTimersByTimeAsync(12_000);
    const delivered = [...(await kit.deliver())];
    resolve();
    await vi.advanceTimersByTimeAsync(20_000);
    delivered.push(...(await kit.deliver()));
    expect(delivered.toSorted()).toEqual(eventIds(30).toSorted());
  });

  it("finds a replay that another gateway on the broker made, within seconds", async () => {
    const kit = await openKit({ shared: true });
    await appendDelivered(kit, 3);
    kit.run();
    await vi.advanceTimersByTimeAsync(100);
    const elsewhere = createReplays({ broker: kit.broker, clock: Date.now, namespace: "g.", newId: () => "theirs" });
    await elsewhere.start("crm", { range: { sinceMs: 0 }, rate: 100 });
    await vi.advanceTimersByTimeAsync(3000);
    expect(await kit.deliver()).toEqual(eventIds(3));
  });

  it("ends when it is cancelled, and lets another one begin only when it is over", async () => {
    const kit = await openKit();
    await appendDelivered(kit, 50);
    kit.run();
    const id = await kit.start({ sinceMs: 0 }, 1);
    await vi.advanceTimersByTimeAsync(3500);
    expect(await kit.replays.start("crm", { range: {}, rate: 1 })).toEqual({ ok: false, error: "replay_running" });
    expect(await kit.replays.cancel("crm", "another")).toBeUndefined();
    expect(await kit.replays.cancel("crm", id)).toMatchObject({ id, state: "cancelled" });
    const put = kit.put();
    expect(put).toBeGreaterThan(1);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.put()).toBe(put);
    await kit.start({ fromPosition: "50" });
    await vi.advanceTimersByTimeAsync(2000);
    expect((await kit.replays.list("crm")).map(({ state }) => state)).toEqual(["done", "cancelled"]);
    expect(await kit.replays.cancel("crm", id)).toMatchObject({ state: "cancelled" });
  });

  it("goes on after the broker was away", async () => {
    const kit = await openKit();
    await appendDelivered(kit, 3);
    let away = true;
    kit.run({
      async redeliver(params) {
        if (away) throw new BrokerFailure("broker_unavailable", "away");
        return kit.broker.redeliver(params);
      },
    });
    await kit.start({ sinceMs: 0 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(kit.put()).toBe(0);
    away = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(await kit.deliver()).toEqual(eventIds(3));
  });

  it("is one of a bounded number that are remembered", async () => {
    const kit = await openKit();
    await settleAll(kit.broker, DELIVERED);
    kit.run();
    for (let n = 0; n < 30; n++) {
      await kit.start({ sinceMs: 0 });
      await vi.advanceTimersByTimeAsync(100);
    }
    const jobs = await kit.replays.list("crm");
    expect([jobs.length, jobs[0]?.id]).toEqual([20, "job30"]);
  });
});
