/** Stopping: what is under way is finished and settled, what is not goes back, and nothing is left behind. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BrokerFailure } from "../../src/broker/broker.ts";
import { eventIds } from "../suites/broker/events.ts";
import { hang, openLoopKit, pause, SUBSCRIPTION } from "../support/loop-kit.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 4, 4, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Whether the promise is settled by now. */
function watch(promise: Promise<unknown>): () => boolean {
  let ended = false;
  promise.then(() => {
    ended = true;
  });
  return () => ended;
}

describe("stop", () => {
  it("claims and sends nothing more, finishes and settles what is under way, and gives the rest back", async () => {
    const kit = await openLoopKit({ options: { concurrency: 3 }, answer: () => pause(100).then(() => 204) });
    await kit.append(...eventIds(20));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(150);
    expect(kit.sink.sent).toHaveLength(6);
    const stopped = loop.stop(10_000);
    const claims = kit.calls("claim");
    await kit.append("late");
    loop.wake();
    await vi.advanceTimersByTimeAsync(50);
    await stopped;
    expect(kit.sink.sent).toHaveLength(6);
    expect(kit.calls("claim")).toBe(claims);
    expect(await kit.counts()).toMatchObject({ pending: 15, leased: 0, dead: 0 });
    expect([loop.state(), kit.sink.closed()]).toEqual(["stopped", 1]);
  });

  it("resolves at once where nothing is under way, and leaves no timer behind", async () => {
    const kit = await openLoopKit();
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10);
    await loop.stop(10_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(kit.sink.closed()).toBe(1);
  });

  it("aborts what hangs after the grace, and no sooner; the attempt does not count", async () => {
    const kit = await openLoopKit({ options: { concurrency: 2 }, answer: hang });
    await kit.append(...eventIds(5));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(100);
    const stopped = loop.stop(3000);
    const ended = watch(stopped);
    await vi.advanceTimersByTimeAsync(2999);
    expect([kit.sink.underWay(), ended()]).toEqual([2, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([kit.sink.underWay(), ended()]).toEqual([0, true]);
    await stopped;
    expect(await kit.counts()).toMatchObject({ pending: 5, leased: 0 });
    const { deliveries } = await kit.broker.claim({
      subscription: SUBSCRIPTION,
      filters: [],
      ordering: "none",
      limit: 10,
      leaseMs: 1000,
    });
    expect(deliveries.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
    expect(await kit.metric("poolcast_retried_total")).toEqual({});
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives back what a claim under way brings", async () => {
    const kit = await openLoopKit({
      disturb: (broker) => ({
        async claim(params) {
          const claim = await broker.claim(params);
          await pause(500);
          return claim;
        },
      }),
    });
    await kit.append(...eventIds(5));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(100);
    expect((await kit.counts()).leased).toBe(5);
    const stopped = loop.stop(10_000);
    await vi.advanceTimersByTimeAsync(400);
    await stopped;
    expect(kit.sink.sent).toEqual([]);
    expect(await kit.counts()).toMatchObject({ pending: 5, leased: 0 });
  });

  it("lets a slow claim take nothing from the grace of the tries: they are aborted in time", async () => {
    let claims = 0;
    const kit = await openLoopKit({
      options: { concurrency: 1 },
      answer: hang,
      disturb: (broker) => ({
        claim: (params) => (++claims === 1 ? broker.claim(params) : pause(5000).then(() => broker.claim(params))),
      }),
    });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(0);
    await kit.append("e2");
    const stopped = loop.stop(1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(kit.sink.underWay()).toBe(0);
    await vi.advanceTimersByTimeAsync(5000);
    await stopped;
    expect(await kit.counts()).toMatchObject({ pending: 2, leased: 0 });
  });

  it("settles what it can while the broker comes back within the grace", async () => {
    let away = false;
    const kit = await openLoopKit({
      answer: () => pause(100).then(() => 204),
      disturb: (broker) => ({
        async settle(params) {
          if (away) throw new BrokerFailure("broker_unavailable", "the broker is away");
          return broker.settle(params);
        },
      }),
    });
    await kit.append(...eventIds(8));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(50);
    away = true;
    const ended = watch(loop.stop(10_000));
    await vi.advanceTimersByTimeAsync(3000);
    expect(ended()).toBe(false);
    away = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(ended()).toBe(true);
    expect(await kit.counts()).toMatchObject({ pending: 4, leased: 0 });
    expect(kit.sink.sent).toHaveLength(4);
  });

  it("does not wait longer than twice the grace for a broker that stays away, and asks it no more", async () => {
    const kit = await openLoopKit({
      answer: hang,
      disturb: () => ({
        settle: () => Promise.reject(new BrokerFailure("broker_unavailable", "the broker is away")),
      }),
    });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(50);
    const ended = watch(loop.stop(3000));
    await vi.advanceTimersByTimeAsync(6000);
    expect([ended(), kit.sink.closed()]).toEqual([true, 1]);
    const settles = kit.calls("settle");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(kit.calls("settle")).toBe(settles);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("may be asked twice, also while tries are under way", async () => {
    const kit = await openLoopKit({ answer: () => pause(100).then(() => 204) });
    await kit.append(...eventIds(3));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10);
    const both = Promise.all([loop.stop(1000), loop.stop(1000)]);
    await vi.advanceTimersByTimeAsync(100);
    await both;
    expect(await kit.counts()).toMatchObject({ pending: 0, leased: 0 });
  });

  it("after which another loop delivers the rest: nothing twice, nothing lost", async () => {
    const kit = await openLoopKit({ options: { concurrency: 3 }, answer: () => pause(7).then(() => 204) });
    await kit.append(...eventIds(40));
    for (let round = 0; round < 20; round++) {
      const loop = kit.start();
      await vi.advanceTimersByTimeAsync(10);
      const stopped = loop.stop(1000);
      await vi.advanceTimersByTimeAsync(20);
      await stopped;
    }
    expect([...kit.sink.ids()].sort()).toEqual(eventIds(40).sort());
    expect(await kit.counts()).toMatchObject({ pending: 0 });
  });
});
