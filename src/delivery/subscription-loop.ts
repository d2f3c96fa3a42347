/**
 * The delivery of one subscription: claim, send, settle. At most `concurrency` tries are under way, and as many again
 * are leased ahead, so that memory does not grow with the backlog and a sink never waits for the broker.
 */
import type { Broker, Delivery, SettleVerdict } from "../broker/broker.ts";
import type { Clock, Random } from "../core/clock.ts";
import type { Filter } from "../core/filter.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import type { Sink } from "../sinks/sink.ts";
import { createSettler } from "./settler.ts";
import { judge, type Try, type Verdict, type VerdictPolicy } from "./verdict.ts";

export interface SubscriptionOptions extends VerdictPolicy {
  readonly name: string;
  readonly filters: readonly Filter[];
  readonly ordering: "none" | "key";
  readonly concurrency: number;
  /** For one try, from the first byte sent to the answer. */
  readonly timeoutMs: number;
}

export interface SubscriptionLoop {
  /** Something may have become claimable. */
  wake(): void;
  /** Claims nothing more, gives the running tries `graceMs`, returns every lease. */
  stop(graceMs: number): Promise<void>;
  state(): "running" | "disabled" | "stopped";
}

export interface LoopParts {
  readonly broker: Broker;
  readonly sink: Sink;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

const LEASE_SLACK_MS = 30_000;
const CLAIM_PAUSE_MS = 1000;
/** Where other processes append to the same store, nobody wakes us. */
const SHARED_POLL_MS = 1000;
const LONGEST_SLEEP_MS = 60_000;
/** Where the broker says that something is due and yet hands out nothing, asking on and on would not help. */
const LONGEST_BARREN_PAUSE_MS = 250;

export function startSubscriptionLoop(options: SubscriptionOptions, parts: LoopParts): SubscriptionLoop {
  const { broker, sink, clock, random, metrics, log } = parts;
  const { name, concurrency, timeoutMs } = options;
  const labels = { subscription: name };
  // A leased event may wait behind one full round of tries before its own.
  const leaseMs = 2 * timeoutMs + LEASE_SLACK_MS;
  const settler = createSettler({ broker, subscription: name, log, onSettled: wake });

  let state: "running" | "disabled" | "stopped" = "running";
  let ready: Delivery[] = [];
  const running = new Map<Promise<void>, AbortController>();
  let claiming: Promise<void> | undefined;
  let wakes = 0;
  let exhaustedAt = -1;
  /** The broker failed; whatever happens, it is left alone for a while. */
  let resting = false;
  let barrenPauseMs = 1;
  let timer: ReturnType<typeof setTimeout> | undefined;

  wake();
  return { wake, stop, state: () => state };

  function wake(): void {
    wakes += 1;
    pump();
  }

  function pump(): void {
    if (state !== "running") return;
    while (running.size < concurrency) {
      const delivery = ready.shift();
      if (!delivery) break;
      start(delivery);
    }
    // What is not settled yet is still leased: a broker that settles slowly must not be asked for ever more.
    const room = 2 * concurrency - running.size - ready.length - settler.pending();
    // Not before a quarter of it is free, so that claims come in batches instead of one by one.
    if (!claiming && !resting && exhaustedAt !== wakes && room >= concurrency / 2) {
      claiming = claim(room).finally(() => {
        claiming = undefined;
        pump();
      });
    }
  }

  async function claim(limit: number): Promise<void> {
    const wakesBefore = wakes;
    try {
      const { deliveries, more, filtered } = await broker.claim({
        subscription: name,
        filters: options.filters,
        ordering: options.ordering,
        limit,
        leaseMs,
      });
      if (filtered > 0) metrics.dropped.add({ subscription: name, reason: "filtered" }, filtered);
      ready.push(...deliveries);
      if (state !== "running") return returnReady();
      pump();
      if (!more && deliveries.length < limit) {
        exhaustedAt = wakesBefore;
        await sleepUntilDue(deliveries.length === 0);
      }
    } catch (error) {
      log("warn", "claiming failed; trying again", { subscription: name, error: String(error) });
      resting = true;
      wakeIn(CLAIM_PAUSE_MS);
    }
  }

  async function sleepUntilDue(foundNothing: boolean): Promise<void> {
    const dueAtMs = await broker.nextDueAt({ subscription: name });
    const { shared } = broker.capabilities;
    const longestMs = shared ? SHARED_POLL_MS : LONGEST_SLEEP_MS;
    const untilDueMs = dueAtMs === null ? longestMs : dueAtMs - clock();
    barrenPauseMs = foundNothing && untilDueMs <= 0 ? Math.min(2 * barrenPauseMs, LONGEST_BARREN_PAUSE_MS) : 1;
    if (dueAtMs !== null || shared) wakeIn(Math.min(longestMs, Math.max(barrenPauseMs, untilDueMs)));
  }

  function wakeIn(ms: number): void {
    clearTimeout(timer);
    if (state !== "running") return;
    timer = setTimeout(() => {
      resting = false;
      wake();
    }, ms);
  }

  function start(delivery: Delivery): void {
    const controller = new AbortController();
    const done: Promise<void> = attempt(delivery, controller).finally(() => {
      running.delete(done);
      pump();
    });
    running.set(done, controller);
  }

  async function attempt(delivery: Delivery, controller: AbortController): Promise<void> {
    const startMs = clock();
    const result = await sendWithin(delivery, controller);
    const nowMs = clock();
    metrics.attemptSeconds.observe(labels, Math.max(0, nowMs - startMs) / 1000);
    const one: Try = { result, attempt: delivery.attempt, recordedAtMs: delivery.recordedAtMs, nowMs };
    apply(delivery, judge(one, options, random), nowMs);
  }

  async function sendWithin(delivery: Delivery, controller: AbortController): Promise<Try["result"]> {
    let timedOut = false;
    const timeout = setTimeout(() => {
      timedOut = true;
      controller.abort();
    }, timeoutMs);
    try {
      const result = await sink.send(delivery.event, controller.signal);
      return timedOut && result.kind === "failure" ? { kind: "timeout" } : result;
    } catch (error) {
      // A sink that throws has a fault of its own; the event must not pay for it with a tight loop.
      log("error", "a sink threw", { subscription: name, error: String(error) });
      return { kind: "failure", reason: "invalid_answer", message: String(error) };
    } finally {
      clearTimeout(timeout);
    }
  }

  function apply(delivery: Delivery, verdict: Verdict, nowMs: number): void {
    settler.settle({ token: delivery.token, verdict: settleVerdict(verdict) });
    switch (verdict.kind) {
      case "delivered":
        metrics.delivered.add(labels);
        metrics.deliverySeconds.observe(labels, Math.max(0, nowMs - delivery.recordedAtMs) / 1000);
        break;
      case "retry":
        metrics.retried.add({ subscription: name, reason: verdict.reason });
        break;
      case "dead":
        metrics.dead.add({ subscription: name, reason: verdict.reason });
        log("warn", "an event became a dead letter", {
          subscription: name,
          position: delivery.position,
          reason: verdict.reason,
          detail: verdict.detail,
          attempts: delivery.attempt,
        });
        break;
      case "disable":
        disable(verdict.reason);
    }
  }

  function disable(reason: string): void {
    if (state !== "running") return;
    state = "disabled";
    clearTimeout(timer);
    returnReady();
    log("error", "the target wants no more events; its backlog is kept, restart to try again", {
      subscription: name,
      reason,
    });
  }

  function returnReady(): void {
    for (const { token } of ready) settler.settle({ token, verdict: { kind: "release" } });
    ready = [];
  }

  async function stop(graceMs: number): Promise<void> {
    if (state === "running") state = "stopped";
    clearTimeout(timer);
    returnReady();
    const grace = setTimeout(() => {
      for (const controller of running.values()) controller.abort();
    }, graceMs);
    await claiming;
    await Promise.all(running.keys());
    clearTimeout(grace);
    await settler.drain(graceMs);
    await sink.close();
  }
}

function settleVerdict(verdict: Verdict): SettleVerdict {
  if (verdict.kind === "retry") return { kind: "retry", atMs: verdict.atMs, counts: true };
  return verdict.kind === "disable" ? { kind: "release" } : verdict;
}
