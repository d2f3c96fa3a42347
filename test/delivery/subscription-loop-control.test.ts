import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BrokerFailure } from "../../src/broker/broker.ts";
import { eventIds } from "../suites/broker/events.ts";
import { type LoopKitOptions, openLoopKit, pause } from "../support/loop-kit.ts";

const HOUR_MS = 3_600_000;
const PAUSE = { kind: "pause" } as const;
const RESUME = { kind: "resume" } as const;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-05-04T12:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

const open = (options: LoopKitOptions = {}) => openLoopKit(options);

describe("a paused subscription", () => {
  it("finishes what is under way, returns what it holds, and sends nothing until it is resumed", async () => {
    const kit = await open({ options: { concurrency: 2 }, answer: () => pause(100).then(() => 204) });
    await kit.append(...eventIds(10));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10);
    expect(kit.sink.underWay()).toBe(2);
    kit.control(PAUSE);
    expect(loop.state()).toBe("paused");
    await vi.advanceTimersByTimeAsync(200);
    expect(await kit.counts()).toMatchObject({ pending: 8, leased: 0, dead: 0 });
    await kit.append("e11");
    loop.wake();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.ids()).toEqual(["e1", "e2"]);

    kit.control(RESUME);
    expect(loop.state()).toBe("running");
    await vi.advanceTimersByTimeAsync(2000);
    expect(kit.sink.ids()).toEqual(eventIds(11));
    await loop.stop(0);
  });

  it("sends nothing either where it is paused when it starts", async () => {
    const kit = await open();
    await kit.append("e1");
    kit.control(PAUSE);
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect([loop.state(), kit.sink.sent.length, kit.calls("claim")]).toEqual(["paused", 0, 0]);
    kit.control(RESUME);
    await vi.advanceTimersByTimeAsync(10);
    expect(kit.sink.ids()).toEqual(["e1"]);
    await loop.stop(0);
  });

  it("ages no event: only the time in which it is not paused counts against maxAge", async () => {
    const kit = await open({ options: { maxAgeMs: 2 * HOUR_MS, backoffMaxMs: 60_000 }, answer: () => 500 });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    kit.control(PAUSE);
    await vi.advanceTimersByTimeAsync(100 * HOUR_MS);
    kit.control(RESUME);
    await vi.advanceTimersByTimeAsync(HOUR_MS - 60_000);
    expect(await kit.counts()).toMatchObject({ pending: 1, dead: 0 });
    await vi.advanceTimersByTimeAsync(4 * 60_000);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 1 });
    const [letter] = await kit.broker.listDead({ subscription: "crm", limit: 1 });
    expect(letter?.reason).toBe("max_age");
    await loop.stop(0);
  });

  it("is disabled by a 410 that was under way when it was paused, and stays so when it is resumed", async () => {
    const kit = await open({ answer: () => pause(100).then(() => 410) });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10);
    kit.control(PAUSE);
    await vi.advanceTimersByTimeAsync(200);
    expect([loop.state(), kit.disabled]).toEqual(["disabled", ["status_410"]]);
    kit.control({ kind: "disable", reason: "status_410" });
    kit.control(RESUME);
    expect(loop.state()).toBe("disabled");
    kit.control({ kind: "enable" });
    expect(loop.state()).toBe("running");
    await loop.stop(0);
  });

  it("goes on also where the broker failed just before it was paused", async () => {
    let away = true;
    const kit = await open({
      disturb: (broker) => ({
        async claim(params) {
          if (away) throw new BrokerFailure("broker_unavailable", "away");
          return broker.claim(params);
        },
      }),
    });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10);
    kit.control(PAUSE);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    away = false;
    kit.control(RESUME);
    await vi.advanceTimersByTimeAsync(10);
    expect(kit.sink.ids()).toEqual(["e1"]);
    await loop.stop(0);
  });

  it("is not begun again by a change after it was stopped", async () => {
    const kit = await open();
    const loop = kit.start();
    await loop.stop(0);
    kit.control(PAUSE);
    kit.control(RESUME);
    await kit.append("e1");
    loop.wake();
    await vi.advanceTimersByTimeAsync(1000);
    expect([loop.state(), kit.sink.sent.length]).toEqual(["stopped", 0]);
  });
});

describe("an event that was put back", () => {
  it("ages from then on: one failed try does not end it, however old it is", async () => {
    let status = 204;
    const kit = await open({ options: { maxAgeMs: HOUR_MS, backoffMaxMs: 60_000 }, answer: () => status });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10 * HOUR_MS);
    status = 500;
    const { events } = await kit.broker.readLog({ range: {}, limit: 1 });
    await kit.broker.redeliver({ subscription: "crm", positions: events.map(({ position }) => position) });
    loop.wake();
    await vi.advanceTimersByTimeAsync(HOUR_MS - 60_000);
    expect(await kit.counts()).toMatchObject({ pending: 1, dead: 0 });
    await vi.advanceTimersByTimeAsync(4 * 60_000);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 1 });
    await loop.stop(0);
  });
});
