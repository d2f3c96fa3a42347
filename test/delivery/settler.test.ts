import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Broker, BrokerFailure, type Settlement } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { createSettler } from "../../src/delivery/settler.ts";
import { LIMITS, pause } from "../support/loop-kit.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function settlement(token: string): Settlement {
  return { token, verdict: { kind: "delivered" } };
}

/** A settler whose broker notes what it is told, and fails or dawdles where `answer` does. */
function open(answer: (call: number) => Promise<unknown> = async () => {}) {
  const calls: (readonly string[])[] = [];
  const log: string[] = [];
  let settled = 0;
  const broker: Broker = {
    ...createMemoryBroker({ clock: Date.now, ...LIMITS }),
    async settle({ settlements }) {
      calls.push(settlements.map(({ token }) => token));
      await answer(calls.length);
      return settlements.map(() => "ok");
    },
  };
  const settler = createSettler({
    broker,
    subscription: "crm",
    log: (_, message) => void log.push(message),
    onSettled: () => (settled += 1),
  });
  return { settler, calls, log, settled: () => settled };
}

function fail(): Promise<never> {
  return Promise.reject(new BrokerFailure("broker_unavailable", "the broker is away"));
}

describe("settle", () => {
  it("tells the broker at once, and whoever waits for it when that took effect", async () => {
    const { settler, calls, settled } = open(() => pause(10));
    settler.settle(settlement("a"));
    expect(calls).toEqual([["a"]]);
    await vi.advanceTimersByTimeAsync(9);
    expect([settled(), settler.pending()]).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect([settled(), settler.pending()]).toEqual([1, 0]);
  });

  it("gathers what comes during a call for the next one", async () => {
    const { settler, calls } = open(() => pause(10));
    for (const token of ["a", "b", "c"]) settler.settle(settlement(token));
    expect(settler.pending()).toBe(3);
    await vi.advanceTimersByTimeAsync(5);
    settler.settle(settlement("d"));
    await vi.advanceTimersByTimeAsync(100);
    expect(calls).toEqual([["a"], ["b", "c", "d"]]);
    expect(settler.pending()).toBe(0);
  });

  it("misses nothing that comes at any moment of a call", async () => {
    for (let moments = 0; moments < 20; moments++) {
      const { settler, calls } = open();
      settler.settle(settlement("a"));
      for (let moment = 0; moment < moments; moment++) await Promise.resolve();
      settler.settle(settlement("b"));
      await vi.advanceTimersByTimeAsync(0);
      expect([calls, settler.pending()]).toEqual([[["a"], ["b"]], 0]);
    }
  });

  it("offers what failed again after a second, together with what came since, nothing lost and in order", async () => {
    const { settler, calls, log, settled } = open((call) => (call <= 2 ? fail() : pause(1)));
    settler.settle(settlement("a"));
    settler.settle(settlement("b"));
    await vi.advanceTimersByTimeAsync(999);
    expect(calls).toEqual([["a"]]);
    expect([settler.pending(), settled()]).toEqual([2, 0]);
    await vi.advanceTimersByTimeAsync(1000);
    settler.settle(settlement("c"));
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toEqual([["a"], ["a", "b"], ["a", "b", "c"]]);
    expect([settler.pending(), settled(), log.length]).toEqual([0, 1, 2]);
  });
});

describe("drain", () => {
  it("resolves at once where nothing is left, and leaves no timer", async () => {
    const { settler } = open();
    await settler.drain(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for the call under way and for what came since", async () => {
    const { settler, calls } = open(() => pause(10));
    settler.settle(settlement("a"));
    settler.settle(settlement("b"));
    const drained = settler.drain(10_000);
    await vi.advanceTimersByTimeAsync(20);
    await drained;
    expect(calls).toEqual([["a"], ["b"]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tries at once, and again each second, until the broker is back", async () => {
    const { settler, calls } = open((call) => (call <= 3 ? fail() : Promise.resolve()));
    settler.settle(settlement("a"));
    await vi.advanceTimersByTimeAsync(100);
    const drained = settler.drain(10_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2000);
    await drained;
    expect([calls.length, settler.pending()]).toEqual([4, 0]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ["fails", fail],
    ["never answers", () => new Promise(() => {})],
  ])("gives up after the time it was given, where the broker %s, and asks no more", async (_, answer) => {
    const { settler, calls } = open(answer);
    settler.settle(settlement("a"));
    let ended = false;
    settler.drain(5500).then(() => {
      ended = true;
    });
    await vi.advanceTimersByTimeAsync(5499);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect([ended, vi.getTimerCount()]).toEqual([true, 0]);
    const before = calls.length;
    settler.settle(settlement("late"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([calls.length, vi.getTimerCount()]).toEqual([before, 0]);
  });
});
