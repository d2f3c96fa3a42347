/**
 * Privacy between the claim and whatever sends: a loop that is handed this broker never holds an event as it is stored,
 * so neither its target nor where its dead events go can be sent one.
 */
import type { Broker, Delivery, Settlement } from "../broker/broker.ts";
import type { SubscriptionConfig } from "../config/config.ts";
import type { HmacSha256 } from "../core/clock.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import { createPolicy, isPrivate } from "../privacy/policy.ts";
import { createTreatEvent, type TreatEvent } from "../privacy/treat-event.ts";

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
        const treated = treatOrNothing(delivery, "an event became a dead letter");
        if (treated) {
          deliveries.push(treated);
          continue;
        }
        metrics.dead.add({ subscription, reason: UNREADABLE });
        unreadable.push({ token: delivery.token, verdict: { kind: "dead", reason: UNREADABLE } });
      }
      if (unreadable.length > 0) await broker.settle({ subscription, settlements: unreadable });
      return unreadable.length > 0 ? { ...claim, deliveries, more: true } : { ...claim, deliveries };
    },
    async claimForwards(params) {
      const forwards = await broker.claimForwards(params);
      const treated = forwards.map((forward) => treatOrNothing(forward, "a dead letter could not be sent; it is kept"));
      const settlements = forwards.flatMap(({ token }, at) =>
        treated[at] ? [] : [{ token, verdict: { kind: "done" } } as const],
      );
      if (settlements.length > 0) {
        metrics.forwards.dead.add({ subscription, reason: UNREADABLE }, settlements.length);
        await broker.settleForwards({ subscription, settlements });
      }
      return treated.filter((forward) => forward !== undefined);
    },
  };

  /** An event that cannot be looked through is not sent: neither as it is, nor over and over. */
  function treatOrNothing<Claimed extends Pick<Delivery, "event" | "position">>(
    one: Claimed,
    lastWords: string,
  ): Claimed | undefined {
    try {
      return { ...one, event: treat(one.event) };
    } catch (error) {
      log("warn", lastWords, { subscription, position: one.position, reason: UNREADABLE, detail: nameOf(error) });
      return undefined;
    }
  }
}

/** Not its message, which may quote the event. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}
