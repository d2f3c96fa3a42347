/**
 * Privacy between the claim and whatever sends: a loop that is handed this broker never holds an event as it is stored,
 * so neither its target nor where its dead events go can be sent one.
 */
import type { Broker, Delivery, Forward, Settlement } from "./broker/broker.ts";
import type { SubscriptionConfig } from "./config/config.ts";
import type { HmacSha256 } from "./core/clock.ts";
import type { GatewayMetrics } from "./core/gateway-metrics.ts";
import type { Log } from "./core/log.ts";
import { createPolicy, isPrivate } from "./privacy/policy.ts";
import { createTreatEvent, type TreatEvent } from "./privacy/treat-event.ts";

export interface PrivacyParts {
  readonly broker: Broker;
  readonly hmac: HmacSha256;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

/** The broker itself where the subscription is sent everything as it is stored. */
export function brokerFor({ name, privacy }: SubscriptionConfig, parts: PrivacyParts): Broker {
  if (privacy === undefined || !isPrivate(privacy)) return parts.broker;
  return createPrivateBroker(name, createTreatEvent(createPolicy(privacy, parts.hmac)), parts);
}

const UNREADABLE = "privacy_unreadable";

function createPrivateBroker(subscription: string, treat: TreatEvent, { broker, metrics, log }: PrivacyParts): Broker {
  return {
    ...broker,
    async claim(params) {
      const claim = await broker.claim(params);
      const deliveries: Delivery[] = [];
      const unreadable: Settlement[] = [];
      for (const delivery of claim.deliveries) {
        const event = treatOrNothing(delivery);
        if (event) deliveries.push({ ...delivery, event });
        else unreadable.push({ token: delivery.token, verdict: { kind: "dead", reason: UNREADABLE } });
      }
      if (unreadable.length > 0) await broker.settle({ subscription, settlements: unreadable });
      return unreadable.length > 0 ? { ...claim, deliveries, more: true } : { ...claim, deliveries };
    },
    async claimForwards(params) {
      const forwards: Forward[] = [];
      const unreadable: string[] = [];
      for (const forward of await broker.claimForwards(params)) {
        const event = treatOrNothing(forward, metrics.forwards.dead, "a dead letter could not be sent; it is kept");
        if (event) forwards.push({ ...forward, event });
        else unreadable.push(forward.token);
      }
      if (unreadable.length > 0) {
        const settlements = unreadable.map((token) => ({ token, verdict: { kind: "done" as const } }));
        await broker.settleForwards({ subscription, settlements });
      }
      return forwards;
    },
  };

  /** An event that cannot be looked through is not sent: neither as it is, nor over and over. */
  function treatOrNothing(
    { event, position }: Pick<Delivery, "event" | "position">,
    counter = metrics.dead,
    lastWords = "an event became a dead letter",
  ) {
    try {
      return treat(event);
    } catch (error) {
      counter.add({ subscription, reason: UNREADABLE });
      log("warn", lastWords, { subscription, position, reason: UNREADABLE, detail: nameOf(error) });
      return undefined;
    }
  }
}

/** Not its message, which may quote the event. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}
