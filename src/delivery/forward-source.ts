/**
 * The dead letters of a subscription that are to be sent somewhere else, as deliveries: so they go through the same loop
 * as any other, with retries, a breaker and leases of their own.
 */
import type { Broker, Delivery, Forward, ForwardVerdict, SettleVerdict } from "../broker/broker.ts";
import { withDeadNote } from "./dead-note.ts";

export function forwardSource(broker: Broker): Pick<Broker, "capabilities" | "claim" | "settle" | "nextDueAt"> {
  return {
    capabilities: broker.capabilities,
    async claim({ subscription, limit, leaseMs }) {
      const forwards = await broker.claimForwards({ subscription, limit, leaseMs });
      return { deliveries: forwards.map(toDelivery), more: false, filtered: 0 };
    },
    settle({ subscription, settlements }) {
      const ends = settlements.map(({ token, verdict }) => ({ token, verdict: toForwardVerdict(verdict) }));
      return broker.settleForwards({ subscription, settlements: ends });
    },
    nextDueAt: (params) => broker.nextForwardDueAt(params),
  };
}

/** Its age is counted from its death, or one that died of age would never be sent. */
function toDelivery({ token, position, tries, diedAtMs, event, note }: Forward): Delivery {
  return {
    token,
    position,
    attempt: tries,
    recordedAtMs: diedAtMs,
    agedFromMs: diedAtMs,
    event: withDeadNote(event, note),
  };
}

/** One that cannot be forwarded stays what it was. */
function toForwardVerdict(verdict: SettleVerdict): ForwardVerdict {
  return verdict.kind === "retry" || verdict.kind === "release" ? verdict : { kind: "done" };
}
