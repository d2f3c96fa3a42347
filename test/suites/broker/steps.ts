/** The verbs that the suite's tests are written in. */
import type { AppendOutcome, Broker, Claim, ClaimParams, Delivery, SettleVerdict } from "../../../src/broker/broker.ts";
import { type EventSketch, eventId, newEvent } from "./events.ts";

export const SUBSCRIPTION = "crm";
export const LEASE_MS = 30_000;

export const DELIVERED: SettleVerdict = { kind: "delivered" };
export const RELEASE: SettleVerdict = { kind: "release" };
export const DEAD: SettleVerdict = { kind: "dead", reason: "retries_exhausted" };
export const DROPPED: SettleVerdict = { kind: "dropped", reason: "expired" };

export function retryAt(atMs: number, counts = true): SettleVerdict {
  return { kind: "retry", atMs, counts };
}

export function append(broker: Broker, ...events: (EventSketch | string)[]): Promise<readonly AppendOutcome[]> {
  return broker.append({ events: events.map(newEvent) });
}

/** Makes the subscription known, from the beginning, and appends. */
export async function subscribeAndAppend(broker: Broker, ...events: (EventSketch | string)[]): Promise<void> {
  await subscribe(broker);
  await append(broker, ...events);
}

export function subscribe(broker: Broker, subscription = SUBSCRIPTION): Promise<void> {
  return broker.ensureSubscription({ subscription, start: "earliest" });
}

export function claim(broker: Broker, params: Partial<ClaimParams> = {}): Promise<Claim> {
  return broker.claim({
    subscription: SUBSCRIPTION,
    filters: [],
    limit: 100,
    leaseMs: LEASE_MS,
    ordering: "none",
    ...params,
  });
}

export async function claimIds(broker: Broker, params: Partial<ClaimParams> = {}): Promise<string[]> {
  return (await claim(broker, params)).deliveries.map(eventId);
}

/** As `e1#1`: the id and the attempt. */
export async function claimAttempts(broker: Broker, params: Partial<ClaimParams> = {}): Promise<string[]> {
  return (await claim(broker, params)).deliveries.map((one) => `${eventId(one)}#${one.attempt}`);
}

/** Claims the one event that must be there. */
export async function claimOne(broker: Broker, params: Partial<ClaimParams> = {}): Promise<Delivery> {
  const { deliveries } = await claim(broker, { limit: 1, ...params });
  const [delivery] = deliveries;
  if (delivery === undefined) throw new Error("Nothing was offered.");
  return delivery;
}

/**
 * To be called once a turn in loops that only a right answer ends. A test's own timeout is no help there: with a
 * broker in memory such a loop never lets a timer come up.
 */
export function createTurnLimit(most = 10_000): () => void {
  let turns = 0;
  return () => {
    turns += 1;
    if (turns > most) throw new Error(`Still not at an end after ${most} turns.`);
  };
}

/** Claims until nothing more is waiting. */
export async function claimAll(broker: Broker, params: Partial<ClaimParams> = {}): Promise<Claim> {
  const deliveries: Delivery[] = [];
  let filtered = 0;
  const turn = createTurnLimit();
  for (;;) {
    turn();
    const next = await claim(broker, params);
    deliveries.push(...next.deliveries);
    filtered += next.filtered;
    if (!next.more) return { deliveries, filtered, more: false };
  }
}

/** Settles each delivery alike. */
export function settle(
  broker: Broker,
  deliveries: readonly Delivery[],
  verdict: SettleVerdict,
  subscription = SUBSCRIPTION,
): Promise<readonly ("ok" | "stale")[]> {
  return broker.settle({ subscription, settlements: deliveries.map(({ token }) => ({ token, verdict })) });
}

/** Claims all there is and settles it alike. */
export async function settleAll(broker: Broker, verdict: SettleVerdict, subscription = SUBSCRIPTION): Promise<void> {
  const { deliveries } = await claimAll(broker, { subscription });
  await settle(broker, deliveries, verdict, subscription);
}

export function nextDueAt(broker: Broker, subscription = SUBSCRIPTION): Promise<number | null> {
  return broker.nextDueAt({ subscription });
}

export async function deadIds(broker: Broker, subscription = SUBSCRIPTION): Promise<string[]> {
  return (await broker.listDead({ subscription, limit: 100 })).map(eventId);
}

/** Purges until a call finds nothing to do, and adds up what went. */
export async function purgeAll(broker: Broker): Promise<{ events: number; deadLetters: number }> {
  const sum = { events: 0, deadLetters: 0 };
  const turn = createTurnLimit();
  for (;;) {
    turn();
    const { events, deadLetters, more } = await broker.purge();
    sum.events += events;
    sum.deadLetters += deadLetters;
    if (!more && events === 0 && deadLetters === 0) return sum;
  }
}

export async function subscriptionStats(broker: Broker, subscription = SUBSCRIPTION) {
  const { subscriptions } = await broker.stats();
  const found = subscriptions.find((one) => one.subscription === subscription);
  if (found === undefined) throw new Error(`No counts for ${subscription}.`);
  return found;
}
