/**
 * The broker in memory: for tests, for trying things out, and as the model the other brokers are held against.
 * Everything is lost with the process. Each method does its work in one synchronous step, so nothing interleaves.
 */
import type { Clock } from "../core/clock.ts";
import type { AppendOutcome, AppendParams, Broker, BrokerLimits } from "./broker.ts";
import { BrokerFailure, storedTypes } from "./broker.ts";
import { createMemoryLog, readMemoryLog } from "./memory-log.ts";
import { createMemoryState } from "./memory-state.ts";
import { createMemorySubscription, type MemorySubscription } from "./memory-subscription.ts";

/** Events one purge removes at most. */
const PURGE_BATCH = 10_000;

export function createMemoryBroker(options: { readonly clock: Clock } & BrokerLimits): Broker {
  const { clock, dedupeWindowMs, retentionMs, deadRetentionMs, maxBytes } = options;
  const log = createMemoryLog();
  const state = createMemoryState();
  const subscriptions = new Map<string, MemorySubscription>();
  /** Dedupe key -> when it was stored, oldest first. */
  const storedKeys = new Map<string, number>();
  const listeners: ((types: ReadonlySet<string>) => void)[] = [];
  let claims = 0;
  let closed = false;

  function assertOpen(): void {
    if (closed) throw new BrokerFailure("broker_unavailable", "The broker is closed.");
  }

  function isKnown(key: string, nowMs: number): boolean {
    const storedAtMs = storedKeys.get(key);
    return storedAtMs !== undefined && nowMs - storedAtMs <= dedupeWindowMs;
  }

  function append({ events, state: writes = [] }: AppendParams): readonly AppendOutcome[] {
    const nowMs = clock();
    state.check(writes);
    const fresh = new Map<string, (typeof events)[number]>();
    const outcomes = events.map((one): AppendOutcome => {
      if (fresh.has(one.dedupeKey) || isKnown(one.dedupeKey, nowMs)) return "duplicate";
      fresh.set(one.dedupeKey, one);
      return "stored";
    });
    let bytes = log.bytes();
    for (const { event } of fresh.values()) bytes += event.bytes.length;
    if (fresh.size > 0 && bytes > maxBytes) {
      throw new BrokerFailure("broker_full", `The broker holds ${log.bytes()} of at most ${maxBytes} bytes.`);
    }
    state.write(writes);
    for (const [key, newEvent] of fresh) {
      // Deleted first: setting a key that is there would leave it in its old place.
      storedKeys.delete(key);
      storedKeys.set(key, nowMs);
      log.add(newEvent, nowMs);
    }
    if (fresh.size > 0) {
      const types = storedTypes(events, outcomes);
      for (const listener of listeners) listener(types);
    }
    return outcomes;
  }

  function purge(): { events: number; deadLetters: number; more: boolean } {
    const nowMs = clock();
    let deadLetters = 0;
    for (const subscription of subscriptions.values()) deadLetters += subscription.purgeDead(nowMs - deadRetentionMs);
    const everybody = [...subscriptions.values()];
    const events = log.remove(
      nowMs - retentionMs,
      PURGE_BATCH,
      (entry) => !everybody.some((subscription) => subscription.needs(entry)),
    );
    for (const key of storedKeys.keys()) {
      if (isKnown(key, nowMs)) break;
      storedKeys.delete(key);
    }
    return { events, deadLetters, more: events === PURGE_BATCH };
  }

  function names(): string[] {
    return [...subscriptions.keys()].sort();
  }

  return {
    capabilities: { kind: "memory", shared: false, durable: false, positions: "number" },
    async append(params) {
      assertOpen();
      return append(params);
    },
    async ensureSubscription({ subscription, start }) {
      assertOpen();
      if (subscriptions.has(subscription)) return;
      const startSeq = start === "earliest" ? 0 : log.lastSeq();
      const nextClaim = () => ++claims;
      subscriptions.set(subscription, createMemorySubscription({ log, startSeq, nextClaim }));
    },
    async keepSubscriptions() {
      assertOpen();
    },
    async removeSubscription({ subscription }) {
      assertOpen();
      const dropped = subscriptions.get(subscription)?.pending() ?? 0;
      subscriptions.delete(subscription);
      return { dropped };
    },
    async listSubscriptions() {
      assertOpen();
      return names();
    },
    async claim(params) {
      assertOpen();
      const known = subscriptions.get(params.subscription);
      return known?.claim(params, clock()) ?? { deliveries: [], more: false, filtered: 0 };
    },
    async settle({ subscription, settlements }) {
      assertOpen();
      const known = subscriptions.get(subscription);
      return settlements.map(({ token, verdict }) => known?.settle(token, verdict, clock()) ?? "stale");
    },
    async nextDueAt({ subscription, filters }) {
      assertOpen();
      return subscriptions.get(subscription)?.nextDueAt(clock(), filters) ?? null;
    },
    async listDead(params) {
      assertOpen();
      return subscriptions.get(params.subscription)?.listDead(params) ?? [];
    },
    async claimForwards(params) {
      assertOpen();
      return subscriptions.get(params.subscription)?.claimForwards(params, clock()) ?? [];
    },
    async settleForwards({ subscription, settlements }) {
      assertOpen();
      const known = subscriptions.get(subscription);
      return settlements.map(({ token, verdict }) => known?.settleForward(token, verdict, clock()) ?? "stale");
    },
    async nextForwardDueAt({ subscription }) {
      assertOpen();
      return subscriptions.get(subscription)?.nextForwardDueAt(clock()) ?? null;
    },
    async requeueDead({ subscription, positions }) {
      assertOpen();
      return subscriptions.get(subscription)?.requeueDead(positions, clock()) ?? 0;
    },
    async getDead({ subscription, position }) {
      assertOpen();
      return subscriptions.get(subscription)?.getDead(position) ?? null;
    },
    async dropDead({ subscription, positions }) {
      assertOpen();
      return subscriptions.get(subscription)?.dropDead(positions) ?? 0;
    },
    async readLog(params) {
      assertOpen();
      return readMemoryLog(log, params);
    },
    async lastPosition() {
      assertOpen();
      return String(log.lastSeq());
    },
    async redeliver({ subscription, positions, state: writes = [] }) {
      assertOpen();
      state.check(writes);
      state.write(writes);
      return subscriptions.get(subscription)?.redeliver(positions, clock()) ?? 0;
    },
    async replaceEvents({ replacements }) {
      assertOpen();
      return replacements.filter(({ position, event, partitionKey }) => {
        for (const known of subscriptions.values()) known.forgetNote(Number(position));
        return log.replace(Number(position), event, partitionKey);
      }).length;
    },
    // There are no files.
    async scrub() {
      assertOpen();
    },
    async purge() {
      assertOpen();
      return purge();
    },
    async getState(params) {
      assertOpen();
      return state.get(params);
    },
    async scanState(params) {
      assertOpen();
      return state.scan(params);
    },
    async stats() {
      assertOpen();
      const nowMs = clock();
      const counts = [...subscriptions].map(([subscription, known]) => ({
        subscription,
        pending: known.pending(),
        leased: known.leased(nowMs),
        dead: known.dead(),
        forwards: known.forwards(),
      }));
      counts.sort((a, b) => (a.subscription < b.subscription ? -1 : 1));
      return { events: log.size(), bytes: log.bytes(), subscriptions: counts };
    },
    async check() {
      assertOpen();
      const persistence = "Kept in memory: what was committed lasts as long as this process.";
      return log.bytes() < maxBytes
        ? { writable: true, persistence }
        : { writable: false, persistence, code: "broker_full" };
    },
    onAppend(listener) {
      listeners.push(listener);
    },
    // Nobody else gets at it.
    onNotice() {},
    async close() {
      closed = true;
    },
  };
}
