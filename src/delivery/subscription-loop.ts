/**
 * The delivery of one subscription: claim, send, settle. At most as many tries are under way as the gate lets through,
 * and as many again are leased ahead, so that memory does not grow with the backlog and a sink never waits for the broker.
 * A try is one request, which holds several events where the target takes batches.
 */
import type { Broker, Delivery } from "../broker/broker.ts";
import type { Bounds } from "../core/bounds.ts";
import type { Clock, Random } from "../core/clock.ts";
import type { Filter } from "../core/filter.ts";
import type { Log } from "../core/log.ts";
import type { Sink } from "../sinks/sink.ts";
import { type BatchLimits, createBatcher, ONE_BY_ONE } from "./batcher.ts";
import { ageMs, type Control, controlState } from "./control.ts";
import { createGate } from "./gate.ts";
import { isHealthy } from "./health.ts";
import { halves, judgeBatch } from "./judge-batch.ts";
import { createOutcomes, type OutcomesParts } from "./outcomes.ts";
import { createSender } from "./sender.ts";
import { createSettler } from "./settler.ts";
import type { Try, Verdict, VerdictPolicy } from "./verdict.ts";

export interface SubscriptionOptions extends VerdictPolicy {
  readonly name: string;
  readonly filters: readonly Filter[];
  readonly bounds?: Bounds | undefined;
  readonly ordering: "none" | "key";
  readonly concurrency: number;
  /** Events per second; 0 = no limit. */
  readonly rate: number;
  /** For one try, from the first byte sent to the answer. */
  readonly timeoutMs: number;
  /** Absent: one event a request. */
  readonly batch?: BatchLimits | undefined;
}

export interface SubscriptionLoop {
  /** Something may have become claimable. */
  wake(): void;
  /** Claims nothing more, gives the running tries `graceMs`, returns every lease. */
  stop(graceMs: number): Promise<void>;
  /** The control has changed: stops what must stop, and goes on where it may. Nothing is lost by either. */
  obey(): void;
  /** `resting`: the target fails or asked for a pause, and is only tried now and then. */
  state(): LoopState;
  breaker(): "open" | "closed";
}

export type LoopState = "running" | "resting" | "paused" | "disabled" | "stopped";

export interface LoopParts extends Pick<OutcomesParts, "metrics" | "log" | "lastWords" | "deadNote"> {
  readonly broker: Pick<Broker, "capabilities" | "claim" | "settle" | "nextDueAt">;
  readonly sink: Sink;
  readonly clock: Clock;
  readonly random: Random;
  /** For failures of the broker, which every loop meets at once. */
  readonly brokerLog: Log;
  /** Whether it may deliver; see `obey`. */
  readonly control: () => Control;
  /** The target wants no more events. Whoever is told changes the control. */
  readonly onDisabled: (reason: string) => void;
}

const LEASE_SLACK_MS = 30_000;
const CLAIM_PAUSE_MS = 1000;
/** Where other processes append to the same store, nobody wakes us. Where a look is dear, vain ones become rare. */
const SHARED_POLL_MS = 1000;
const LONGEST_SLEEP_MS = 60_000;
/** A lease is kept over pauses of this length, as those of a rate. */
const HOLD_MS = 1000;
/** How exactly age is heeded while the target is only probed: looking costs leases. */
const AGE_PRECISION = 0.01;
/** Where the broker says that something is due and yet hands out nothing, asking on and on would not help. */
const LONGEST_BARREN_PAUSE_MS = 250;

export function startSubscriptionLoop(options: SubscriptionOptions, parts: LoopParts): SubscriptionLoop {
  const { broker, sink, clock, random, metrics, log, brokerLog, control } = parts;
  const { name, concurrency, timeoutMs, batch: limits = ONE_BY_ONE } = options;
  const labels = { subscription: name };
  const { filters, bounds, ordering } = options;
  const claimed = { subscription: name, filters, bounds, ordering };
  // A leased event may wait for company, and then behind one full round of tries before its own.
  const leaseMs = 2 * timeoutMs + limits.lingerMs + LEASE_SLACK_MS;
  const settler = createSettler({ broker, subscription: name, log: brokerLog, onSettled: wake });
  const outcomes = createOutcomes({ ...parts, subscription: name, settler });
  const gate = createGate({ ...options, random });
  const send = createSender({ sink, timeoutMs, isBatched: options.batch !== undefined, onThrow });
  /** Leased, and not yet under way. */
  const ready = createBatcher(limits);

  let state: Exclude<LoopState, "resting"> = controlState(control());
  const running = new Map<Promise<void>, AbortController>();
  let eventsUnderWay = 0;
  let claiming: Promise<void> | undefined;
  let wakes = 0;
  let exhaustedAt = -1;
  /** The broker failed; whatever happens, it is left alone for a while. */
  let pausing = false;
  let barrenPauseMs = 1;
  let sharedPollMs = SHARED_POLL_MS;
  /** Nothing was due when it woke last, and nobody had said that there is something. */
  let looking = false;
  let lookedForOldMs = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gateTimer: ReturnType<typeof setTimeout> | undefined;
  let companyTimer: ReturnType<typeof setTimeout> | undefined;

  wake();
  return {
    wake,
    stop,
    obey,
    state: () => (state === "running" && gate.isResting(clock()) ? "resting" : state),
    breaker: () => (gate.isOpen() ? "open" : "closed"),
  };

  function wake(): void {
    looking = false;
    wakes += 1;
    pump();
  }

  function pump(): void {
    if (state !== "running") return;
    const nowMs = clock();
    while (gate.free(running.size, nowMs) > 0) {
      const batch = ready.take(nowMs);
      if (!batch) break;
      start(batch, nowMs);
    }
    awaitGate(nowMs);
    if (limits.lingerMs > 0) awaitCompany(nowMs);
    const lead = gate.lead(running.size, nowMs) * ready.usualEvents();
    // What is not settled yet is still leased: a broker that settles slowly must not be asked for ever more.
    const room = lead - eventsUnderWay - ready.size() - settler.pending();
    // Not before a quarter of it is free, so that claims come in batches instead of one by one.
    if (!claiming && !pausing && exhaustedAt !== wakes && room >= Math.max(1, lead / 4)) use(claim(room));
  }

  /** One call at a time that leases. */
  function use(work: Promise<void>): void {
    claiming = work.finally(() => {
      claiming = undefined;
      pump();
    });
  }

  /** What waits for the gate longer than a moment is left to others meanwhile, and to retries that come due. */
  function awaitGate(nowMs: number): void {
    const closedUntilMs = gate.closedUntilMs(nowMs);
    if (closedUntilMs === null) return;
    if (closedUntilMs - nowMs > HOLD_MS) returnReady();
    clearTimeout(gateTimer);
    gateTimer = setTimeout(pump, Math.min(LONGEST_SLEEP_MS, closedUntilMs - nowMs));
  }

  /** A batch that is full goes at once; the others are looked at again when their time is over. */
  function awaitCompany(nowMs: number): void {
    clearTimeout(companyTimer);
    const dueAtMs = ready.dueAtMs();
    if (dueAtMs !== null && dueAtMs > nowMs) companyTimer = setTimeout(pump, dueAtMs - nowMs);
  }

  async function claim(limit: number): Promise<void> {
    const wakesBefore = wakes;
    try {
      const claim = await broker.claim({ ...claimed, limit, leaseMs });
      outcomes.noteMisses(claim);
      const { deliveries, more } = claim;
      ready.add(deliveries, clock());
      if (state !== "running") return returnReady();
      pump();
      if (!more && deliveries.length < limit) {
        exhaustedAt = wakesBefore;
        await sleepUntilDue(deliveries.length === 0);
      }
    } catch (error) {
      brokerLog("warn", "claiming failed; trying again", { subscription: name, error: String(error) });
      pausing = true;
      wakeIn(CLAIM_PAUSE_MS);
    }
  }

  async function sleepUntilDue(foundNothing: boolean): Promise<void> {
    const dueAtMs = await broker.nextDueAt({ subscription: name, filters });
    const { shared, longestPollMs = SHARED_POLL_MS } = broker.capabilities;
    if (looking) sharedPollMs = foundNothing ? Math.min(2 * sharedPollMs, longestPollMs) : SHARED_POLL_MS;
    const longestMs = shared ? sharedPollMs : LONGEST_SLEEP_MS;
    const untilDueMs = dueAtMs === null ? longestMs : dueAtMs - clock();
    barrenPauseMs = foundNothing && untilDueMs <= 0 ? Math.min(2 * barrenPauseMs, LONGEST_BARREN_PAUSE_MS) : 1;
    const isLook = shared && untilDueMs >= longestMs;
    if (dueAtMs !== null || shared) wakeIn(Math.min(longestMs, Math.max(barrenPauseMs, untilDueMs)), isLook);
  }

  function wakeIn(ms: number, isLook = false): void {
    clearTimeout(timer);
    if (state !== "running") return;
    timer = setTimeout(() => {
      pausing = false;
      wake();
      looking = isLook;
    }, ms);
  }

  function start(batch: readonly Delivery[], nowMs: number): void {
    const controller = new AbortController();
    const probe = gate.begin(nowMs, batch.length);
    eventsUnderWay += batch.length;
    const done: Promise<void> = attempt(batch, controller, probe).finally(() => {
      running.delete(done);
      eventsUnderWay -= batch.length;
      pump();
    });
    running.set(done, controller);
  }

  async function attempt(batch: readonly Delivery[], controller: AbortController, probe: boolean): Promise<void> {
    const startMs = clock();
    const result = await send(batch, controller);
    const nowMs = clock();
    metrics.attemptSeconds.observe(labels, Math.max(0, nowMs - startMs) / 1000);
    if (options.batch) metrics.batchEvents.observe(labels, batch.length);
    const judged = judgeBatch(batch, { result, probe, nowMs }, options, { random, ageOf });
    let asked = false;
    if (judged === "split") {
      split(batch, result);
    } else {
      const retried = judged.filter(({ verdict }) => verdict.kind === "retry");
      if (options.batch && retried.length > 0) ready.reunite(retried.map(({ delivery }) => delivery));
      for (const { delivery, verdict } of judged) {
        outcomes.settle(delivery, { verdict, probe, nowMs, result });
        if (verdict.kind === "disable") disable(verdict.reason);
        if (verdict.kind !== "retry" || verdict.asked !== true) continue;
        asked = true;
        gate.pauseUntil(verdict.atMs);
      }
    }
    const healthy = isHealthy(result, asked);
    if (healthy !== undefined) reportHealth(healthy, probe, nowMs);
  }

  /** They go back to the broker before each half is tried, since a lease may not last until the last of them is found. */
  function split(batch: readonly Delivery[], result: Try["result"]): void {
    const reason = result.kind === "answer" ? `status_${result.status}` : "unsendable";
    metrics.batchesSplit.add({ subscription: name, reason });
    log("info", "a batch was refused; its halves are sent", { subscription: name, reason, events: batch.length });
    for (const half of halves(batch)) ready.reunite(half);
    outcomes.release(batch);
  }

  function reportHealth(healthy: boolean, probe: boolean, nowMs: number): void {
    const change = gate.report(healthy, nowMs);
    if (change === "opened") {
      metrics.breakerOpened.add(labels);
      log("warn", "the target fails; it is tried only now and then until it answers", { subscription: name });
    }
    if (change === "recovered") log("info", "the target answers again", { subscription: name });
    if (!probe || healthy || claiming || state !== "running") return;
    if (nowMs - lookedForOldMs < options.maxAgeMs * AGE_PRECISION) return;
    lookedForOldMs = nowMs;
    use(giveUpOld());
  }

  /** While the target is only probed, nobody else looks at the age of what waits for it. */
  async function giveUpOld(): Promise<void> {
    try {
      for (let found = 1; found > 0 && state === "running"; ) {
        const claim = await broker.claim({ ...claimed, limit: 2 * concurrency, leaseMs });
        outcomes.noteMisses(claim);
        found = 0;
        for (const delivery of claim.deliveries) {
          const nowMs = clock();
          const old = ageOf(delivery, nowMs) >= options.maxAgeMs;
          if (old) found += 1;
          const dead: Verdict = { kind: "dead", reason: "max_age", detail: "breaker_open" };
          outcomes.settle(delivery, { verdict: old ? dead : { kind: "release" }, probe: true, nowMs });
        }
        await settler.told();
      }
    } catch (error) {
      brokerLog("warn", "claiming failed; trying again", { subscription: name, error: String(error) });
    }
  }

  /** A sink that throws has a fault of its own; the events must not pay for it with a tight loop. */
  function onThrow(error: unknown): void {
    log("error", "a sink threw", { subscription: name, error: String(error) });
  }

  /** Also of a try that was under way when the subscription was paused. */
  function disable(reason: string): void {
    if (state === "disabled" || state === "stopped") return;
    state = "disabled";
    halt();
    log("error", "the target wants no more events; its backlog is kept until the subscription is enabled", {
      subscription: name,
      reason,
    });
    parts.onDisabled(reason);
  }

  function obey(): void {
    const wanted = controlState(control());
    if (state === "stopped" || state === wanted) return;
    log("info", `the subscription is ${wanted}`, { subscription: name });
    state = wanted;
    halt();
    // Its timer is gone.
    pausing = false;
    wake();
  }

  /** What is leased and not under way goes back. */
  function halt(): void {
    clearTimeout(timer);
    clearTimeout(gateTimer);
    clearTimeout(companyTimer);
    returnReady();
  }

  function ageOf({ agedFromMs }: Delivery, nowMs: number): number {
    return ageMs(control(), agedFromMs, nowMs);
  }

  function returnReady(): void {
    outcomes.release(ready.clear());
  }

  async function stop(graceMs: number): Promise<void> {
    state = "stopped";
    halt();
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
