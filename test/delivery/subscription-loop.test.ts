/** What becomes of events while broker and sink do their part. Time is the fake one: hours pass in no time. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventIds } from "../suites/broker/events.ts";
import { hang, openLoopKit, pause, SUBSCRIPTION } from "../support/loop-kit.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 4, 4, 12);

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that is not waiting for time to pass. */
function settleDown(): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(0);
}

describe("delivery", () => {
  it.each([1, 2, 5, 16])("delivers every event once, in log order, at most %d at a time", async (concurrency) => {
    const kit = await openLoopKit({ options: { concurrency }, answer: () => pause(10).then(() => 204) });
    const ids = eventIds(100);
    await kit.append(...ids);
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10 * Math.ceil(100 / concurrency));
    expect(kit.sink.ids()).toEqual(ids);
    expect(kit.sink.mostUnderWay()).toBe(concurrency);
    expect(kit.mostLeased()).toBeLessThanOrEqual(2 * concurrency);
    expect(await kit.counts()).toMatchObject({ pending: 0, leased: 0, dead: 0 });
    expect(await kit.metric("poolcast_delivered_total")).toEqual({ "": 100 });
    await loop.stop(0);
  });

  it("keeps every slot busy while there is a backlog", async () => {
    const kit = await openLoopKit({
      options: { concurrency: 4 },
      answer: ({ id }) => pause(id === "e1" ? 95 : 10).then(() => 204),
    });
    await kit.append(...eventIds(31));
    const loop = kit.start();
    // Three slots take ten events each, while the fourth is with the slow one.
    await vi.advanceTimersByTimeAsync(100);
    expect(await kit.counts()).toMatchObject({ pending: 0 });
    await loop.stop(0);
  });

  it("delivers what comes later at once, without waiting for any timer", async () => {
    const kit = await openLoopKit();
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(12 * HOUR_MS);
    await kit.append("late");
    await settleDown();
    expect(kit.sink.sent).toEqual([{ id: "late", time: 1, atMs: START + 12 * HOUR_MS }]);
    await loop.stop(0);
  });

  it("sends what it has claimed while the broker still thinks about what comes next", async () => {
    const kit = await openLoopKit({ disturb: () => ({ nextDueAt: () => new Promise(() => {}) }) });
    await kit.append("e1");
    kit.start();
    await settleDown();
    expect(kit.sink.ids()).toEqual(["e1"]);
  });

  it("drops what misses the filters, and looks through many misses without a pause", async () => {
    const kit = await openLoopKit({ options: { filters: [{ prefix: { type: "wanted." } }] } });
    await kit.append(...eventIds(12_000).map((id) => ({ id, type: "other.x" })), { id: "hit", type: "wanted.x" });
    const loop = kit.start();
    await settleDown();
    expect(kit.sink.ids()).toEqual(["hit"]);
    expect(await kit.metric("poolcast_dropped_total")).toEqual({ 'reason="filtered"': 12_000 });
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 0 });
    await loop.stop(0);
  });

  it("does not hold one subscription up for another whose sink is dead and hangs", async () => {
    const hung = await openLoopKit({ answer: hang });
    const healthy = await openLoopKit({ broker: hung.broker, options: { name: "healthy" } });
    await hung.broker.ensureSubscription({ subscription: "healthy", start: "earliest" });
    await hung.append(...eventIds(20));
    const loops = [hung.start(), healthy.start()];
    await settleDown();
    expect(healthy.sink.ids()).toEqual(eventIds(20));
    expect(hung.sink.underWay()).toBe(4);
    await Promise.all([...loops.map((loop) => loop.stop(0)), settleDown()]);
  });
});

describe("retries", () => {
  it("come when the policy says, each with the attempt one higher, until the sink takes the event", async () => {
    const kit = await openLoopKit({ answer: ({ time }) => (time < 5 ? 500 : 204) });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    // Half of 1, 2, 4 and 8 seconds: the random number is 0.5.
    expect(kit.sink.sent.map(({ atMs }) => atMs - START)).toEqual([0, 500, 1500, 3500, 7500]);
    expect(await kit.metric("poolcast_retried_total")).toEqual({ 'reason="status_500"': 4 });
    expect(await kit.metric("poolcast_delivery_duration_seconds_sum")).toEqual({ "": 7.5 });
    expect(await kit.metric("poolcast_attempt_duration_seconds_count")).toEqual({ "": 5 });
    expect(await kit.metric("poolcast_delivered_total")).toEqual({ "": 1 });
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 0 });
    await loop.stop(0);
  });

  it("end as a dead letter with its reason, while its neighbours are delivered", async () => {
    const kit = await openLoopKit({ options: { retry: 2 }, answer: ({ id }) => (id === "bad" ? 503 : 204) });
    await kit.append("e1", "bad", "e2");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.ids()).toEqual(["e1", "bad", "e2", "bad", "bad"]);
    const [letter] = await kit.broker.listDead({ subscription: SUBSCRIPTION, limit: 10 });
    expect(letter).toMatchObject({ reason: "retries_exhausted", detail: "status_503", attempt: 3 });
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 1 });
    expect(await kit.metric("poolcast_dead_total")).toEqual({ 'reason="retries_exhausted"': 1 });
    expect(kit.log).toMatchObject([
      { level: "warn", fields: { subscription: SUBSCRIPTION, reason: "retries_exhausted", attempts: 3 } },
    ]);
    await loop.stop(0);
  });

  it("end after three tries of an event that the sink calls malformed", async () => {
    const kit = await openLoopKit({ answer: () => 422 });
    await kit.append("poison");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.sent).toHaveLength(3);
    expect(await kit.broker.listDead({ subscription: SUBSCRIPTION, limit: 10 })).toMatchObject([
      { reason: "rejected" },
    ]);
    await loop.stop(0);
  });

  it("end when the event is too old", async () => {
    const kit = await openLoopKit({ options: { maxAgeMs: HOUR_MS, retry: 1_000_000 }, answer: () => 500 });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(3 * HOUR_MS);
    const [letter] = await kit.broker.listDead({ subscription: SUBSCRIPTION, limit: 10 });
    expect(letter).toMatchObject({ reason: "max_age", detail: "status_500" });
    expect(kit.sink.sent.at(-1)?.atMs).toBe(letter?.diedAtMs);
    await loop.stop(0);
  });

  it("wait as long as Retry-After asks", async () => {
    const busy = { kind: "answer", status: 503, retryAfter: "120" } as const;
    const kit = await openLoopKit({ answer: ({ time }) => (time === 1 ? busy : 204) });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.sent.map(({ atMs }) => atMs - START)).toEqual([0, 120_000]);
    await loop.stop(0);
  });

  it("follow a sink that throws, instead of an end of the process or a hot loop", async () => {
    const kit = await openLoopKit({
      answer: ({ time }) => {
        if (time < 3) throw new Error("a fault of the sink");
        return 204;
      },
    });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.sent.map(({ atMs }) => atMs - START)).toEqual([0, 500, 1500]);
    expect(kit.log.filter(({ level }) => level === "error")).toHaveLength(2);
    await loop.stop(0);
  });
});

describe("a try that takes too long", () => {
  it("is aborted at the timeout, gives its slot back, and is repeated", async () => {
    const kit = await openLoopKit({
      options: { concurrency: 1, timeoutMs: 15_000 },
      answer: (sent, signal) => (sent.id === "slow" && sent.time === 1 ? hang(sent, signal) : 204),
    });
    await kit.append("slow", "e1", "e2");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(14_999);
    expect(kit.sink.ids()).toEqual(["slow"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(kit.sink.ids()).toEqual(["slow", "e1", "e2"]);
    await vi.advanceTimersByTimeAsync(500);
    expect(kit.sink.ids()).toEqual(["slow", "e1", "e2", "slow"]);
    expect(await kit.metric("poolcast_retried_total")).toEqual({ 'reason="timeout"': 1 });
    expect(await kit.counts()).toMatchObject({ pending: 0 });
    await loop.stop(0);
  });

  it("counts as what it answered, where the answer came with the abort", async () => {
    const kit = await openLoopKit({ answer: (sent, signal) => hang(sent, signal).then(() => 200) });
    await kit.append("e1");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.sent).toHaveLength(1);
    expect(await kit.metric("poolcast_delivered_total")).toEqual({ "": 1 });
    await loop.stop(0);
  });

  it("keeps its lease until the end, also behind a full round of others", async () => {
    const kit = await openLoopKit({
      options: { concurrency: 1, timeoutMs: 600_000, retry: 0 },
      answer: (sent, signal) => hang(sent, signal),
    });
    await kit.append("e1", "e2");
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(2 * 600_000);
    // A lease that had run out would have offered e2 a second time.
    expect(kit.sink.ids()).toEqual(["e1", "e2"]);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 2 });
    await loop.stop(0);
  });
});

describe("a sink that answers 410", () => {
  it("gets nothing more, and its backlog is kept, unleased, for a loop that is started later", async () => {
    let gone = true;
    const kit = await openLoopKit({
      options: { concurrency: 2 },
      answer: ({ id }) => {
        if (id === "e1") return pause(50).then(() => 204);
        return gone && id === "e2" ? 410 : 204;
      },
    });
    await kit.append(...eventIds(10));
    const loop = kit.start();
    await settleDown();
    expect(loop.state()).toBe("disabled");
    // What was under way is finished and counts.
    await vi.advanceTimersByTimeAsync(50);
    expect(kit.sink.ids()).toEqual(["e1", "e2"]);
    expect(await kit.counts()).toMatchObject({ pending: 9, leased: 0, dead: 0 });
    await kit.append("e11");
    loop.wake();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.sink.ids()).toEqual(["e1", "e2"]);
    expect(kit.log).toMatchObject([{ level: "error", fields: { subscription: SUBSCRIPTION, reason: "status_410" } }]);
    await loop.stop(0);
    expect(loop.state()).toBe("stopped");

    gone = false;
    const next = kit.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(kit.sink.ids().slice(2)).toEqual(eventIds(11).slice(1));
    expect(await kit.counts()).toMatchObject({ pending: 0 });
    await next.stop(0);
  });

  it("disables also while a claim is under way: what it brings goes back", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let claims = 0;
    const kit = await openLoopKit({
      options: { concurrency: 1 },
      answer: () => pause(10).then(() => 410),
      disturb: (broker) => ({
        async claim(params) {
          claims += 1;
          const claim = await broker.claim({ ...params, limit: 1 });
          if (claims > 1) await promise;
          return { ...claim, more: true };
        },
      }),
    });
    await kit.append(...eventIds(5));
    const loop = kit.start();
    await vi.advanceTimersByTimeAsync(10);
    expect([loop.state(), (await kit.counts()).leased]).toEqual(["disabled", 1]);
    resolve();
    await settleDown();
    expect(await kit.counts()).toMatchObject({ pending: 5, leased: 0 });
    expect(kit.sink.ids()).toEqual(["e1"]);
    await loop.stop(0);
  });
});
