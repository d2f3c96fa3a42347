/** Dead letters on their way to another target, beside the subscription they died of. Time is the fake one. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import type { SubscriptionConfig } from "../../src/config/config.ts";
import { decodeAttributes, type EncodedEvent, type EventAttributes } from "../../src/core/event.ts";
import { createGatewayMetrics } from "../../src/core/gateway-metrics.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";
import { createControls } from "../../src/delivery/controls.ts";
import { createDelivery } from "../../src/gateway/delivery.ts";
import { hmacSha256 } from "../../src/runtimes/hashing.ts";
import type { Sink, SinkResult } from "../../src/sinks/sink.ts";
import { subscriptionOf } from "../config/parsing.ts";
import { eventIds, newEvent } from "../suites/broker/events.ts";
import { LIMITS, pause } from "../support/loop-kit.ts";

const HOUR_MS = 3_600_000;
const URL = "https://crm.example/hook";
const DEAD_URL = "https://dead.example/in";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 4, 4, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

type Given = SinkResult | number;
type Answers = (id: string, time: number, signal: AbortSignal) => Given | Promise<Given>;

interface Sight {
  readonly attributes: EventAttributes;
  readonly atMs: number;
}

/** `target` and `dead` answer what is sent to either; a number is a status. */
async function open(target: Answers, dead: Answers, delivery = "") {
  const broker = createMemoryBroker({ clock: Date.now, ...LIMITS });
  const registry = createMetricsRegistry();
  const log: { readonly message: string; readonly fields: unknown }[] = [];
  const seen: Sight[] = [];
  const buried: Sight[] = [];
  const sinks: SubscriptionConfig[] = [];

  function createSink(subscription: SubscriptionConfig): Sink {
    sinks.push(subscription);
    const isDead = subscription.target.kind === "http" && subscription.target.url === DEAD_URL;
    const sights = isDead ? buried : seen;
    return {
      async send(event: EncodedEvent, signal: AbortSignal) {
        const attributes = decodeAttributes(event);
        sights.push({ attributes, atMs: Date.now() });
        const time = sights.filter((one) => one.attributes.id === attributes.id).length;
        const given = await (isDead ? dead : target)(attributes.id, time, signal);
        return typeof given === "number" ? { kind: "answer", status: given } : given;
      },
      close: async () => {},
    };
  }

  const subscription = subscriptionOf(
    `{ target: { url: ${URL}, headers: { x-a: b }, auth: { bearer: t } }, delivery: { deadLetterURL: ${DEAD_URL}, retry: 3, ${delivery} } }`,
  );
  const start = async () => {
    const one = createDelivery({
      onRemoved: async () => {},
      broker,
      clock: Date.now,
      random: () => 0.5,
      hmac: hmacSha256,
      metrics: createGatewayMetrics(registry),
      log: (_, message, fields) => void log.push({ message, fields }),
      controls: createControls({ broker, clock: Date.now, log: () => {}, namespace: "", commit: async () => {} }),
    });
    await one.start({ subscriptions: [{ ...subscription, key: "same" }], createSink });
    return one;
  };
  return {
    broker,
    log,
    seen,
    buried,
    sinks,
    createSink,
    start,
    append: (...ids: readonly string[]) => broker.append({ events: ids.map((id) => newEvent(id)) }),
    buriedIds: () => buried.map(({ attributes }) => attributes.id),
    counts: async () => (await broker.stats()).subscriptions[0],
    async metric(name: string) {
      const lines = (await registry.render()).split("\n").filter((line) => line.startsWith(name));
      return lines.map((line) => line.replace(/subscription="crm",?/, ""));
    },
  };
}

const refuse: Answers = () => ({ kind: "answer", status: 422, body: new TextEncoder().encode("no") });

describe("a dead letter", () => {
  it("is sent to its target with what it died of, and kept", async () => {
    const kit = await open(refuse, () => 204);
    const delivery = await kit.start();
    await kit.append("a");
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.buried).toHaveLength(1);
    expect(kit.buried[0]?.attributes).toMatchObject({
      id: "a",
      knativeerrordest: URL,
      knativeerrorcode: 422,
      knativeerrordata: "bm8=",
    });
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 1, forwards: 0 });
    expect(await kit.metric("poolcast_dead_letters_forwarded_total")).toEqual([
      "poolcast_dead_letters_forwarded_total{} 1",
    ]);
    await delivery.stop(0);
  });

  it("goes as soon as the event is dead, without waiting for a timer", async () => {
    const kit = await open(
      () => ({ kind: "failure", reason: "unsendable", message: "" }),
      () => 204,
    );
    const delivery = await kit.start();
    await vi.advanceTimersByTimeAsync(12 * HOUR_MS);
    await kit.append("a");
    await vi.advanceTimersByTimeAsync(0);
    expect(kit.buried.map(({ atMs }) => atMs)).toEqual([Date.now()]);
    await delivery.stop(0);
  });

  it("gets nothing of the subscription's target but its signature and its delivery options", async () => {
    const kit = await open(refuse, () => 204, "timeout: PT3S");
    const delivery = await kit.start();
    const dead = kit.sinks.find(({ target }) => target.kind === "http" && target.url === DEAD_URL);
    expect(dead?.target).toMatchObject({ headers: {}, handshake: false, mode: "binary", secrets: [] });
    expect(dead?.target).not.toHaveProperty("auth");
    expect(dead?.delivery).toMatchObject({ timeoutMs: 3000 });
    await delivery.stop(0);
  });

  it("is tried again on a schedule of its own, counted from its death", async () => {
    const kit = await open(
      () => 503,
      (_, time) => (time < 3 ? 500 : 204),
      "maxAge: PT1M",
    );
    const delivery = await kit.start();
    await kit.append("a");
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(await kit.counts()).toMatchObject({ dead: 1, forwards: 0 });
    expect(kit.buried).toHaveLength(3);
    const [first, second, third] = kit.buried.map(({ atMs }) => atMs);
    expect([(second ?? 0) - (first ?? 0), (third ?? 0) - (second ?? 0)]).toEqual([500, 1000]);
    expect(await kit.metric("poolcast_dead_letters_retried_total{")).toEqual([
      'poolcast_dead_letters_retried_total{reason="status_500"} 2',
    ]);
    await delivery.stop(0);
  });

  it("that nobody takes is given up after its retries, said so, and still kept", async () => {
    const kit = await open(refuse, () => 500);
    const delivery = await kit.start();
    await kit.append("a");
    await vi.advanceTimersByTimeAsync(12 * HOUR_MS);
    expect(kit.buried).toHaveLength(4);
    expect(await kit.counts()).toMatchObject({ dead: 1, forwards: 0 });
    expect(await kit.metric("poolcast_dead_letters_not_forwarded_total{")).toEqual([
      'poolcast_dead_letters_not_forwarded_total{reason="retries_exhausted"} 1',
    ]);
    expect(await kit.metric("poolcast_dead_total{")).toEqual(['poolcast_dead_total{reason="rejected"} 1']);
    expect(kit.log.map(({ message }) => message)).toContain("a dead letter could not be sent; it is kept");
    await delivery.stop(0);
  });

  it("never slows its subscription, though its target hangs", async () => {
    const kit = await open(
      (id) =>
        id.startsWith("bad") ? { kind: "failure", reason: "unsendable", message: "" } : pause(10).then(() => 204),
      (_, __, signal) =>
        new Promise((done) => {
          signal.addEventListener("abort", () => done({ kind: "failure", reason: "aborted", message: "" }));
        }),
      "concurrency: 2",
    );
    const delivery = await kit.start();
    await kit.append(...eventIds(50, "bad"), ...eventIds(100));
    await vi.advanceTimersByTimeAsync(100 * 5 + 100);
    expect(new Set(kit.seen.map(({ attributes }) => attributes.id)).size).toBe(150);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 50, forwards: 50 });
    expect(kit.buried).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    // Its own breaker: a hanging target is only probed.
    expect(kit.buried.length).toBeLessThan(2 * 121);
    const stopped = delivery.stop(0);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
  });

  it("is not lost by a stop: what was not sent yet is sent after the next start", async () => {
    let down = true;
    const kit = await open(refuse, (_, __, signal) =>
      down
        ? new Promise((done) =>
            signal.addEventListener("abort", () => done({ kind: "failure", reason: "aborted", message: "" })),
          )
        : 204,
    );
    const first = await kit.start();
    await kit.append(...eventIds(30));
    await vi.advanceTimersByTimeAsync(60_000);
    const stopped = first.stop(1000);
    await vi.advanceTimersByTimeAsync(2000);
    await stopped;
    down = false;
    expect(await kit.counts()).toMatchObject({ dead: 30, forwards: 30 });
    const before = kit.buried.length;
    const second = await kit.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await kit.counts()).toMatchObject({ dead: 30, forwards: 0 });
    expect(new Set(kit.buriedIds().slice(before))).toEqual(new Set(eventIds(30)));
    await second.stop(0);
  });

  it("that was put back is sent no more, and again when it dies again", async () => {
    let mended = false;
    const kit = await open(
      () => (mended ? 204 : 422),
      () => 500,
    );
    const delivery = await kit.start();
    await kit.append("a");
    await vi.advanceTimersByTimeAsync(2000);
    mended = true;
    const [letter] = await kit.broker.listDead({ subscription: "crm", limit: 1 });
    const tries = kit.buried.length;
    expect(tries).toBeGreaterThan(0);
    await kit.broker.requeueDead({ subscription: "crm", positions: [letter?.position ?? ""] });
    await kit.append("wakes it");
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(kit.buried).toHaveLength(tries);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 0, forwards: 0 });
    await delivery.stop(0);
  });

  it("that died of age, also of one never tried, is sent as well", async () => {
    const kit = await open(
      () => 500,
      () => 204,
      "maxAge: PT1H",
    );
    const delivery = await kit.start();
    await kit.append(...eventIds(40));
    await vi.advanceTimersByTimeAsync(3 * HOUR_MS);
    expect(await kit.counts()).toMatchObject({ pending: 0, dead: 40, forwards: 0 });
    expect(new Set(kit.buriedIds())).toEqual(new Set(eventIds(40)));
    const said = kit.buried.map(({ attributes }) =>
      Buffer.from(String(attributes.knativeerrordata), "base64").toString(),
    );
    expect(said).toContain("dispatch error: max_age");
    await delivery.stop(0);
  });

  it("waits an hour after a 410 of its target, says so, does not age, and goes then, or when somebody says so", async () => {
    let status = 410;
    const kit = await open(refuse, () => status, "maxAge: PT1H");
    const delivery = await kit.start();
    expect(delivery.deadLetterStateOf("crm")).toBe("running");
    await kit.append("a");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(delivery.deadLetterStateOf("crm")).toBe("disabled");
    expect(delivery.stateOf("crm")).toBe("running");
    const [first] = kit.buried;
    expect(await delivery.nextDueAt()).toBe((first?.atMs ?? 0) + HOUR_MS);
    await kit.append("b");
    await vi.advanceTimersByTimeAsync(2.5 * HOUR_MS);
    // Asked once an hour, by as many tries at once as always.
    const hours = kit.buried.map(({ atMs }) => Math.round((atMs - (first?.atMs ?? 0)) / HOUR_MS));
    expect(hours).toEqual([0, 1, 1, 2, 2]);
    expect(await kit.counts()).toMatchObject({ dead: 2, forwards: 2 });
    status = 204;
    delivery.enableDeadLetters("crm");
    await vi.advanceTimersByTimeAsync(1000);
    expect(await kit.counts()).toMatchObject({ dead: 2, forwards: 0 });
    expect(delivery.deadLetterStateOf("crm")).toBe("running");
    expect(await delivery.nextDueAt()).toBeNull();
    await delivery.stop(0);
  });

  it("that nobody is to be sent any more wakes nobody", async () => {
    const kit = await open(refuse, () => 500);
    const delivery = await kit.start();
    await kit.append("a");
    await vi.advanceTimersByTimeAsync(2000);
    expect(await kit.counts()).toMatchObject({ dead: 1, forwards: 1 });
    await delivery.change(
      {
        subscriptions: [{ ...subscriptionOf("{ target: { url: 'https://x.example/' } }"), key: "b" }],
        createSink: kit.createSink,
      },
      0,
    );
    expect(delivery.deadLetterStateOf("crm")).toBeUndefined();
    expect(await delivery.nextDueAt()).toBeNull();
    await delivery.stop(0);
  });
});
