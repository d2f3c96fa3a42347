/** What becomes of one subscription's deliveries: the broker is told, it is counted, and what is given up is logged. */
import type { Claim, Delivery } from "../broker/broker.ts";
import type { DeliveryMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import { settleVerdict } from "./settle-verdict.ts";
import type { Settler } from "./settler.ts";
import type { Try, Verdict } from "./verdict.ts";

export interface OutcomesParts {
  readonly subscription: string;
  readonly settler: Pick<Settler, "settle">;
  readonly metrics: DeliveryMetrics;
  readonly log: Log;
  /** What the log says of a delivery that is given up; by default, that it became a dead letter. */
  readonly lastWords?: string | undefined;
  /** The note for whoever forwards a dead letter, from its last try, if there was one. Absent: none is forwarded. */
  readonly deadNote?: ((result: Try["result"] | undefined) => string) | undefined;
}

/** `result` is absent where nothing was tried. */
export interface Judgement extends Pick<Try, "probe" | "nowMs"> {
  readonly verdict: Verdict;
  readonly result?: Try["result"];
}

export interface Outcomes {
  settle(delivery: Delivery, judgement: Judgement): void;
  /** They go back as they came. */
  release(deliveries: readonly Delivery[]): void;
  /** Of what a claim ended before it could be handed out. */
  noteMisses(claim: Claim): void;
}

const DEAD_LETTER = "an event became a dead letter";

export function createOutcomes(parts: OutcomesParts): Outcomes {
  const { subscription, settler, metrics, log, lastWords = DEAD_LETTER, deadNote } = parts;
  const labels = { subscription };

  function count({ agedFromMs, position, attempt }: Delivery, { verdict, nowMs }: Judgement): void {
    switch (verdict.kind) {
      case "delivered":
        metrics.delivered.add(labels);
        metrics.deliverySeconds.observe(labels, Math.max(0, nowMs - agedFromMs) / 1000);
        break;
      case "retry":
        metrics.retried.add({ subscription, reason: verdict.reason });
        break;
      case "dead": {
        const { reason, detail } = verdict;
        metrics.dead.add({ subscription, reason });
        log("warn", lastWords, { subscription, position, reason, detail, attempts: attempt });
      }
    }
  }

  return {
    settle(delivery, judgement) {
      const { verdict, probe, result } = judgement;
      settler.settle({ token: delivery.token, verdict: settleVerdict(verdict, probe, () => deadNote?.(result)) });
      count(delivery, judgement);
    },
    release(deliveries) {
      for (const { token } of deliveries) settler.settle({ token, verdict: { kind: "release" } });
    },
    noteMisses({ filtered, died = [] }) {
      if (filtered > 0) metrics.dropped.add({ subscription, reason: "filtered" }, filtered);
      for (const { position, reason, detail } of died) {
        metrics.dead.add({ subscription, reason });
        log("warn", DEAD_LETTER, { subscription, position, reason, detail });
      }
    },
  };
}
