/** One subscription loop over the memory broker, with everything around it that a test wants to see or to disturb. */
import type { Broker, Claim, ClaimParams } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { decodeAttributes, type EncodedEvent } from "../../src/core/event.ts";
import { createGatewayMetrics } from "../../src/core/gateway-metrics.ts";
import type { Log } from "../../src/core/log.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";
import { type Control, type ControlChange, changeControl, RUNNING } from "../../src/delivery/control.ts";
import {
  type SubscriptionLoop,
  type SubscriptionOptions,
  startSubscriptionLoop,
} from "../../src/delivery/subscription-loop.ts";
import type { Sink, SinkResult } from "../../src/sinks/sink.ts";
import { type EventSketch, newEvent } from "../suites/broker/events.ts";

export const SUBSCRIPTION = "crm";
const DAY_MS = 24 * 3600 * 1000;
export const LIMITS = {
  dedupeWindowMs: DAY_MS,
  retentionMs: DAY_MS,
  deadRetentionMs: DAY_MS,
  maxBytes: 64 * 1024 ** 2,
};

/** Without chance, and with pauses that a test can count: 500 ms, 1 s, 2 s, 4 s. */
export const OPTIONS: SubscriptionOptions = {
  name: SUBSCRIPTION,
  filters: [],
  ordering: "none",
  concurrency: 4,
  rate: 0,
  timeoutMs: 15_000,
  retry: 20,
  backoffPolicy: "exponential",
  backoffDelayMs: 1000,
  backoffMaxMs: 3_600_000,
  maxAgeMs: DAY_MS,
  profile: "default",
};

export interface Sent {
  readonly id: string;
  /** 1 for the first time that this sink saw the event. */
  readonly time: number;
  readonly atMs: number;
}

/** `ids` are those of one request. */
export type BatchAnswer = (
  ids: readonly string[],
  signal: AbortSignal,
  before: number,
) => SinkResult | number | Promise<SinkResult | number>;

export type Answer = (sent: Sent, signal: AbortSignal) => SinkResult | number | Promise<SinkResult | number>;

export interface ScriptedSink extends Sink {
  readonly sent: readonly Sent[];
  /** The ids in the order of sending. */
  ids(): readonly string[];
  /** Those of each request, and when it was sent. */
  readonly batches: readonly { readonly ids: readonly string[]; readonly atMs: number }[];
  underWay(): number;
  mostUnderWay(): number;
  closed(): number;
}

/** A number is a status. */
export function createScriptedSink(answer: Answer = () => 204, answerBatch?: BatchAnswer): ScriptedSink {
  const sent: Sent[] = [];
  const batches: { readonly ids: readonly string[]; readonly atMs: number }[] = [];
  const times = new Map<string, number>();
  let underWay = 0;
  let mostUnderWay = 0;
  let closed = 0;

  function note(event: EncodedEvent): Sent {
    const { id } = decodeAttributes(event);
    const time = (times.get(id) ?? 0) + 1;
    times.set(id, time);
    const one = { id, time, atMs: Date.now() };
    sent.push(one);
    return one;
  }

  async function ask(answered: () => ReturnType<Answer>): Promise<SinkResult> {
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    try {
      const given = await answered();
      return typeof given === "number" ? { kind: "answer", status: given } : given;
    } finally {
      underWay -= 1;
    }
  }

  return {
    send(event, signal) {
      const one = note(event);
      return ask(() => answer(one, signal));
    },
    ...(answerBatch && {
      sendBatch(events: readonly EncodedEvent[], signal: AbortSignal) {
        const ids = events.map((event) => note(event).id);
        batches.push({ ids, atMs: Date.now() });
        return ask(() => answerBatch(ids, signal, batches.length - 1));
      },
    }),
    async close() {
      closed += 1;
    },
    sent,
    batches,
    ids: () => sent.map(({ id }) => id),
    underWay: () => underWay,
    mostUnderWay: () => mostUnderWay,
    closed: () => closed,
  };
}

/** Answers nothing until the try is aborted. */
export function hang(_: Sent, signal: AbortSignal): Promise<SinkResult> {
  return new Promise((done) => {
    const end = () => done({ kind: "failure", reason: "aborted", message: "aborted" });
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
  });
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LoopKit {
  readonly broker: Broker;
  readonly sink: ScriptedSink;
  readonly log: readonly Logged[];
  /** The reasons for which the loop said that it is disabled. */
  readonly disabled: readonly string[];
  start(): SubscriptionLoop;
  /** Changes the control under which loops are, and tells the one that was started last. */
  control(change: ControlChange): void;
  append(...sketches: readonly (EventSketch | string)[]): Promise<void>;
  counts(): Promise<{ readonly pending: number; readonly leased: number; readonly dead: number }>;
  /** How often the broker was asked. */
  calls(method: "claim" | "settle" | "nextDueAt"): number;
  mostLeased(): number;
  /** Values of a metric by its labels: `reason="timeout"` -> 1. */
  metric(name: string): Promise<Readonly<Record<string, number>>>;
}

export interface LoopKitOptions {
  readonly options?: Partial<SubscriptionOptions>;
  readonly answer?: Answer;
  /** Where the sink takes batches; `options.batch` says which. */
  readonly answerBatch?: BatchAnswer;
  readonly broker?: Broker;
  /** Delivers there instead of to the scripted sink. */
  readonly target?: Sink;
  /** Replaces methods of the broker as the loop sees it. */
  readonly disturb?: (broker: Broker) => Partial<Broker>;
}

export async function openLoopKit(kit: LoopKitOptions = {}): Promise<LoopKit> {
  const { options, answer, answerBatch, broker, target, disturb } = kit;
  const real = broker ?? createMemoryBroker({ clock: Date.now, ...LIMITS });
  await real.ensureSubscription({ subscription: SUBSCRIPTION, start: "earliest" });
  const sink = createScriptedSink(answer, answerBatch);
  const log: Logged[] = [];
  const disabled: string[] = [];
  const registry = createMetricsRegistry();
  const metrics = createGatewayMetrics(registry);
  const calls = { claim: 0, settle: 0, nextDueAt: 0 };
  let mostLeased = 0;
  let control: Control = RUNNING;
  let started: SubscriptionLoop | undefined;

  async function counts() {
    const { subscriptions } = await real.stats();
    const one = subscriptions.find(({ subscription }) => subscription === SUBSCRIPTION);
    return one ?? { pending: 0, leased: 0, dead: 0 };
  }

  const disturbed: Broker = { ...real, ...disturb?.(real) };
  const watched: Broker = {
    ...disturbed,
    async claim(params: ClaimParams): Promise<Claim> {
      calls.claim += 1;
      const claim = await disturbed.claim(params);
      mostLeased = Math.max(mostLeased, (await counts()).leased);
      return claim;
    },
    settle(params) {
      calls.settle += 1;
      return disturbed.settle(params);
    },
    nextDueAt(params) {
      calls.nextDueAt += 1;
      return disturbed.nextDueAt(params);
    },
  };

  return {
    broker: real,
    sink,
    log,
    disabled,
    start() {
      const write: Log = (level, message, fields = {}) => void log.push({ level, message, fields });
      const loop = startSubscriptionLoop(
        { ...OPTIONS, ...options },
        {
          broker: watched,
          sink: target ?? sink,
          clock: Date.now,
          random: () => 0.5,
          metrics,
          log: write,
          brokerLog: write,
          control: () => control,
          onDisabled: (reason) => void disabled.push(reason),
        },
      );
      real.onAppend(loop.wake);
      started = loop;
      return loop;
    },
    control(change) {
      control = changeControl(control, change, Date.now());
      started?.obey();
    },
    async append(...sketches) {
      await real.append({ events: sketches.map(newEvent) });
    },
    counts,
    calls: (method) => calls[method],
    mostLeased: () => mostLeased,
    async metric(name) {
      const lines = (await registry.render()).split("\n").filter((line) => line.startsWith(name));
      return Object.fromEntries(
        lines.map((line) => {
          const [, labels = "", value = ""] = /^\w+(?:\{(.*)\})? (.*)$/.exec(line) ?? [];
          return [labels.replace(`subscription="${SUBSCRIPTION}"`, "").replace(/^,/, ""), Number(value)];
        }),
      );
    },
  };
}
