import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Broker, BrokerFailure } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { startHousekeeping } from "../../src/delivery/housekeeping.ts";
import { LIMITS } from "../support/loop-kit.ts";

const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(purge: (call: number) => Promise<{ readonly more: boolean }> = async () => ({ more: false })) {
  let calls = 0;
  const log: string[] = [];
  const broker: Broker = {
    ...createMemoryBroker({ clock: Date.now, ...LIMITS }),
    async purge() {
      calls += 1;
      return { events: 0, deadLetters: 0, ...(await purge(calls)) };
    },
  };
  const housekeeping = startHousekeeping(broker, (level, message) => void log.push(`${level}: ${message}`));
  return { housekeeping, calls: () => calls, log };
}

describe("housekeeping", () => {
  it("purges soon after the start, and then once a minute", async () => {
    const { housekeeping, calls } = start();
    await vi.advanceTimersByTimeAsync(100);
    expect(calls()).toBe(1);
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(calls()).toBe(11);
    housekeeping.stop();
  });

  it("goes on while there is more to purge, with a breath in between", async () => {
    const { housekeeping, calls } = start(async (call) => ({ more: call < 20 }));
    await vi.advanceTimersByTimeAsync(500);
    expect(calls()).toBe(10);
    await vi.advanceTimersByTimeAsync(600);
    expect(calls()).toBe(20);
    housekeeping.stop();
  });

  it("tries again a minute after it failed", async () => {
    const failure = new BrokerFailure("broker_unavailable", "the broker is away");
    const { housekeeping, calls, log } = start((call) =>
      call === 1 ? Promise.reject(failure) : Promise.resolve({ more: false }),
    );
    await vi.advanceTimersByTimeAsync(MINUTE_MS + 100);
    expect(calls()).toBe(2);
    expect(log).toEqual(["warn: purging failed; trying again later"]);
    housekeeping.stop();
  });

  it("purges nothing more after stop, also when stopped during a purge", async () => {
    const early = start();
    early.housekeeping.stop();
    let finish = () => {};
    const during = start(() => new Promise((done) => (finish = () => done({ more: true }))));
    await vi.advanceTimersByTimeAsync(100);
    during.housekeeping.stop();
    finish();
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect([early.calls(), during.calls(), vi.getTimerCount()]).toEqual([0, 1, 0]);
  });
});
