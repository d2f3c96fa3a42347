/** A target that fails as a whole is tried only now and then; nothing is lost by it, and no attempt is spent. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventIds } from "../suites/broker/events.ts";
import { openLoopKit, SUBSCRIPTION } from "../support/loop-kit.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 4, 4, 12);

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a target that fails", () => {
  it("is probed at most every 30 seconds in the end, while nothing of its backlog is leased", async () => {
    const kit = await openLoopKit({ answer: () => 500, options: { retry: 3 } });
    await kit.append(...eventIds(200));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    const before = kit.sink.sent.length;
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.sent.length - before).toBeGreaterThan(100);
    expect(kit.sink.sent.length - before).toBeLessThanOrEqual(121);
    expect(await kit.counts()).toMatchObject({ pending: 200, leased: 0, dead: 0 });
    expect(loop.state()).toBe("resting");
    expect(await kit.metric("poolcast_breaker_opened_total")).toEqual({ "": 1 });
    // One line for the outage, not one a try.
    expect(kit.log.filter(({ level }) => level !== "info")).toHaveLength(1);
    await loop.stop(0);
  });

  it("was down for four hours and gets its backlog within seconds of its return, without a herd at the door", async () => {
    let down = true;
    const kit = await openLoopKit({ answer: () => (down ? 503 : 204), options: { retry: 3 } });
    await kit.append(...eventIds(500));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(4 * HOUR_MS);
    down = false;
    const before = kit.sink.sent.length;
    await vi.advanceTimersByTimeAsync(31_000);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 0 });
    expect(kit.sink.sent.slice(before).every(({ id }) => id !== undefined)).toBe(true);
    expect(loop.state()).toBe("running");
    await loop.stop(0);
  });

  it("is given up for each event by age, also for those that it never saw", async () => {
    const kit = await openLoopKit({ answer: () => 500, options: { retry: 100, maxAgeMs: 10 * MINUTE_MS } });
    await kit.append(...eventIds(100));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(9 * MINUTE_MS);
    expect(await kit.counts()).toMatchObject({ pending: 100, dead: 0 });
    await kit.append("young");
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(await kit.counts()).toMatchObject({ pending: 1, dead: 100 });
    const letters = await kit.broker.listDead({ subscription: SUBSCRIPTION, limit: 1000 });
    expect(new Set(letters.map(({ reason }) => reason))).toEqual(new Set(["max_age"]));
    await loop.stop(0);
  });

  it("is not asked about the age of its backlog with every probe: that would lease events for nothing", async () => {
    const kit = await openLoopKit({ answer: () => 500, options: { retry: 100 } });
    await kit.append(...eventIds(100));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const [sent, claims] = [kit.sink.sent.length, kit.calls("claim")];
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    // One for each probe, and one for each hundredth of the greatest age, which is a day here.
    expect(kit.calls("claim") - claims).toBeLessThanOrEqual(kit.sink.sent.length - sent + 6);
    await loop.stop(0);
  });

  it("keeps the order of each key over the outage", async () => {
    let down = true;
    const kit = await openLoopKit({ answer: () => (down ? 500 : 204), options: { ordering: "key" } });
    await kit.append(...eventIds(60).map((id, at) => ({ id, partitionKey: `k${at % 20}` })));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    down = false;
    const before = kit.sink.sent.length;
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    const delivered = kit.sink.ids().slice(before);
    for (let key = 0; key < 20; key++) {
      const own = delivered.filter((id) => (Number(id.slice(1)) - 1) % 20 === key);
      expect(own).toEqual([`e${key + 1}`, `e${key + 21}`, `e${key + 41}`]);
    }
    await loop.stop(0);
  });

  it("does not open the breaker where it refuses single events", async () => {
    const kit = await openLoopKit({ answer: () => 422 });
    await kit.append(...eventIds(100));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 100 });
    expect(await kit.metric("poolcast_breaker_opened_total")).toEqual({});
    await loop.stop(0);
  });
});

describe("a target that asks for a pause", () => {
  it("is left alone with all its events until then, and by one timer", async () => {
    const busy = { kind: "answer", status: 429, retryAfter: "300" } as const;
    let asked = 0;
    const kit = await openLoopKit({ answer: () => (asked++ < 1 ? busy : 204), options: { concurrency: 1 } });
    await kit.append(...eventIds(50));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(299_000);
    expect(kit.sink.sent).toHaveLength(1);
    expect(await kit.counts()).toMatchObject({ pending: 50, leased: 0 });
    expect(loop.state()).toBe("resting");
    await vi.advanceTimersByTimeAsync(1000);
    expect(await kit.counts()).toMatchObject({ pending: 0 });
    await loop.stop(0);
  });
});

describe("a rate", () => {
  it.each([0.5, 10])("of %d a second is kept, whatever the backlog", async (rate) => {
    const kit = await openLoopKit({ options: { rate, concurrency: 16, timeoutMs: 1000 } });
    await kit.append(...eventIds(1000));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const sent = kit.sink.sent.length;
    expect(sent).toBeGreaterThanOrEqual(60 * rate);
    expect(sent).toBeLessThanOrEqual(60 * rate + 2);
    expect(kit.sink.sent.every(({ time }) => time === 1)).toBe(true);
    await loop.stop(0);
  });
});

describe("a target that wants no more", () => {
  it("is named once with the reason", async () => {
    const kit = await openLoopKit({ answer: () => 410 });
    await kit.append(...eventIds(20));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.disabled).toEqual(["status_410"]);
    expect(await kit.counts()).toMatchObject({ pending: 20, leased: 0 });
    await loop.stop(0);
  });
});
