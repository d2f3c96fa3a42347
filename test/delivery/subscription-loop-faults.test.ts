/** A broker that fails, that is slow, that has nothing: no event is missed, and nobody is asked in a tight loop. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Broker, BrokerFailure } from "../../src/broker/broker.ts";
import { eventIds } from "../suites/broker/events.ts";
import { openLoopKit, pause } from "../support/loop-kit.ts";

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 4, 4, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

function settleDown(): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(0);
}

/** A switch that makes a method of the broker fail, before or after it has done its work. */
function createTrouble() {
  let failing: "before" | "after" | undefined;
  return {
    start(when: "before" | "after" = "before") {
      failing = when;
    },
    end() {
      failing = undefined;
    },
    async around<T>(work: () => Promise<T>): Promise<T> {
      if (failing === "before") throw new BrokerFailure("broker_unavailable", "the broker is away");
      const result = await work();
      if (failing === "after") throw new BrokerFailure("broker_unavailable", "the answer was lost");
      return result;
    },
  };
}

describe("a broker whose claims fail", () => {
  it("is asked once a second, and delivery goes on when it is back", async () => {
    const trouble = createTrouble();
    const kit = await openLoopKit({
      disturb: (broker) => ({ claim: (params) => trouble.around(() => broker.claim(params)) }),
    });
    await kit.append(...eventIds(3));
    trouble.start();
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(60 * SECOND_MS);
    expect(kit.calls("claim")).toBe(61);
    expect(kit.log).toHaveLength(61);
    trouble.end();
    await vi.advanceTimersByTimeAsync(SECOND_MS);
    expect(kit.sink.ids()).toEqual(eventIds(3));
    await loop.stop(0);
  });

  it("is not asked more often because events come in meanwhile", async () => {
    const trouble = createTrouble();
    const kit = await openLoopKit({
      disturb: (broker) => ({ claim: (params) => trouble.around(() => broker.claim(params)) }),
    });
    trouble.start();
    const loop = kit.start();
    for (const id of eventIds(100)) {
      await kit.append(id);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(kit.calls("claim")).toBeLessThanOrEqual(12);
    trouble.end();
    await vi.advanceTimersByTimeAsync(SECOND_MS);
    expect(kit.sink.ids()).toEqual(eventIds(100));
    await loop.stop(0);
  });

  it("leases events whose claim was never heard of: they come when the lease has run out", async () => {
    const trouble = createTrouble();
    const kit = await openLoopKit({
      disturb: (broker) => ({ claim: (params) => trouble.around(() => broker.claim(params)) }),
    });
    await kit.append(...eventIds(3));
    trouble.start("after");
    const loop = kit.start();
    await settleDown();
    trouble.end();
    await vi.advanceTimersByTimeAsync(120 * SECOND_MS);
    expect(kit.sink.ids()).toEqual(eventIds(3));
    expect(await kit.counts()).toMatchObject({ pending: 0 });
    await loop.stop(0);
  });

  it("may fail to say when the next event is due: what was claimed is delivered", async () => {
    const trouble = createTrouble();
    const kit = await openLoopKit({
      disturb: (broker) => ({ nextDueAt: (params) => trouble.around(() => broker.nextDueAt(params)) }),
      answer: ({ time }) => (time === 1 ? 500 : 204),
    });
    await kit.append("e1");
    trouble.start();
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10 * SECOND_MS);
    expect(kit.sink.ids()).toEqual(["e1", "e1"]);
    expect(kit.calls("claim")).toBeLessThanOrEqual(12);
    await loop.stop(0);
  });
});

describe("a broker that cannot settle", () => {
  it("is told again and again what was delivered, and nothing is delivered twice", async () => {
    const trouble = createTrouble();
    const kit = await openLoopKit({
      disturb: (broker) => ({ settle: (params) => trouble.around(() => broker.settle(params)) }),
    });
    await kit.append(...eventIds(20));
    trouble.start();
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(20 * SECOND_MS);
    expect(kit.calls("settle")).toBeLessThanOrEqual(21);
    trouble.end();
    await vi.advanceTimersByTimeAsync(SECOND_MS);
    expect(kit.sink.ids()).toEqual(eventIds(20));
    expect(await kit.counts()).toMatchObject({ pending: 0 });
    await loop.stop(0);
  });

  it.each([1, 3, 8])(
    "is not asked for more than twice %d events meanwhile, however long it lasts",
    async (concurrency) => {
      const trouble = createTrouble();
      const kit = await openLoopKit({
        options: { concurrency },
        disturb: (broker) => ({ settle: (params) => trouble.around(() => broker.settle(params)) }),
      });
      await kit.append(...eventIds(100));
      trouble.start();
      const loop = kit.start();
      await vi.advanceTimersByTimeAsync(30 * SECOND_MS);
      expect(kit.sink.sent).toHaveLength(2 * concurrency);
      expect(kit.mostLeased()).toBe(2 * concurrency);
      trouble.end();
      await vi.advanceTimersByTimeAsync(SECOND_MS);
      expect(kit.sink.ids()).toEqual(eventIds(100));
      await loop.stop(0);
    },
  );

  it.each([1, 4])("and is merely slow, never has more than twice %d events leased", async (concurrency) => {
    const kit = await openLoopKit({
      options: { concurrency },
      answer: () => pause(3).then(() => 204),
      disturb: (broker) => ({ settle: (params) => pause(50).then(() => broker.settle(params)) }),
    });
    await kit.append(...eventIds(50));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(30 * SECOND_MS);
    expect(kit.sink.ids()).toEqual(eventIds(50));
    expect(kit.mostLeased()).toBeLessThanOrEqual(2 * concurrency);
    await loop.stop(0);
  });
});

describe("a loop with nothing to do", () => {
  it("asks the broker a handful of times in a day", async () => {
    const kit = await openLoopKit();
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(24 * HOUR_MS);
    expect(kit.calls("claim")).toBeLessThanOrEqual(2);
    await loop.stop(0);
  });

  it("but to wait for a retry in an hour asks about once a minute", async () => {
    const later = { kind: "answer", status: 429, retryAfter: "3600" } as const;
    const kit = await openLoopKit({ answer: ({ time }) => (time === 1 ? later : 204) });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(kit.sink.sent).toHaveLength(2);
    expect(kit.calls("claim")).toBeLessThanOrEqual(70);
    await loop.stop(0);
  });

  it("asks a store that others append to about once a second, and finds what they bring", async () => {
    const kit = await openLoopKit({
      disturb: ({ capabilities }) => ({ capabilities: { ...capabilities, shared: true } }),
    });
    // Nobody wakes this loop: the other process is not its own.
    const start = kit.start;
    kit.broker.onAppend = () => {};
    const loop = start();
    await vi.advanceTimersByTimeAsync(60 * SECOND_MS);
    expect(kit.calls("claim")).toBeLessThanOrEqual(62);
    await kit.append("foreign");
    await vi.advanceTimersByTimeAsync(SECOND_MS);
    expect(kit.sink.ids()).toEqual(["foreign"]);
    await loop.stop(0);
  });

  it("asks one where each look is paid for less and less, and again often as long as others bring something", async () => {
    const kit = await openLoopKit({
      disturb: ({ capabilities }) => ({ capabilities: { ...capabilities, shared: true, longestPollMs: 30_000 } }),
    });
    const { start, broker } = kit;
    const { onAppend } = broker;
    kit.broker.onAppend = () => {};
    const loop = start();
    const secondsUntilSent = async (id: string) => {
      await kit.append(id);
      await vi.advanceTimersByTimeAsync(0);
      let seconds = 0;
      for (; kit.sink.ids().at(-1) !== id; seconds++) await vi.advanceTimersByTimeAsync(SECOND_MS);
      return seconds;
    };
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.calls("claim")).toBeLessThanOrEqual(127);
    expect(await secondsUntilSent("foreign")).toBeLessThanOrEqual(30);
    expect(await secondsUntilSent("soon after")).toBeLessThanOrEqual(1);

    // What is its own waits for no look, and makes none.
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    onAppend.call(broker, loop.wake);
    const before = kit.calls("claim");
    expect(await secondsUntilSent("own")).toBe(0);
    await vi.advanceTimersByTimeAsync(29 * SECOND_MS);
    expect(kit.calls("claim") - before).toBeLessThanOrEqual(3);
    await loop.stop(0);
  });

  it("does not spin where the broker says that something is due and hands out nothing", async () => {
    const kit = await openLoopKit({ disturb: () => ({ nextDueAt: async () => 0 }) });
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10 * SECOND_MS);
    expect(kit.calls("claim")).toBeLessThanOrEqual(50);
    await loop.stop(0);
  });

  it("does not spin after a settlement of each event either", async () => {
    const kit = await openLoopKit();
    const loop = kit.start();
    for (const id of eventIds(10)) {
      await kit.append(id);
      await vi.advanceTimersByTimeAsync(10 * SECOND_MS);
    }
    expect(kit.calls("claim")).toBeLessThanOrEqual(31);
    await loop.stop(0);
  });
});

describe("an event appended while the loop talks to the broker", () => {
  /** Holds the answers of one method until told, so that something can happen in between. */
  function createGate() {
    const waiting: (() => void)[] = [];
    return {
      async pass<T>(work: () => Promise<T>): Promise<T> {
        const result = await work();
        await new Promise<void>((open) => waiting.push(open));
        return result;
      },
      waiting: () => waiting.length,
      open: () => waiting.shift()?.(),
    };
  }

  it.each<[string, (broker: Broker, gate: ReturnType<typeof createGate>) => Partial<Broker>]>([
    ["claims", (broker, gate) => ({ claim: (params) => gate.pass(() => broker.claim(params)) })],
    [
      "is told when to ask again",
      (broker, gate) => ({ nextDueAt: (params) => gate.pass(() => broker.nextDueAt(params)) }),
    ],
  ])("%s is not missed", async (_, method) => {
    const gate = createGate();
    const kit = await openLoopKit({ disturb: (broker) => method(broker, gate) });
    const loop = kit.start();
    await settleDown();
    // The broker has found nothing, and the loop does not know that yet.
    expect(gate.waiting()).toBe(1);
    await kit.append("between");
    for (let answers = 0; answers < 5; answers++) {
      gate.open();
      await settleDown();
    }
    expect(kit.sink.ids()).toEqual(["between"]);
    const stopped = loop.stop(0);
    gate.open();
    await settleDown();
    await stopped;
  });

  it("settles is not missed, nor a retry that falls due then", async () => {
    const gate = createGate();
    const kit = await openLoopKit({
      options: { concurrency: 1 },
      answer: ({ id, time }) => (id === "e1" && time === 1 ? 500 : 204),
      disturb: (broker) => ({ settle: (params) => gate.pass(() => broker.settle(params)) }),
    });
    await kit.append("e1");
    const loop = kit.start();
    await settleDown();
    await vi.advanceTimersByTimeAsync(2 * SECOND_MS);
    await kit.append("between");
    for (let answers = 0; answers < 5; answers++) {
      gate.open();
      await vi.advanceTimersByTimeAsync(300);
    }
    expect([...kit.sink.ids()].sort()).toEqual(["between", "e1", "e1"]);
    expect(await kit.counts()).toMatchObject({ pending: 0 });
    await loop.stop(0);
  });
});
