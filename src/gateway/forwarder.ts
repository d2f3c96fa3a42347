/** Dead-letter targets: a second loop beside that of the subscription, which shares nothing with it but the broker. */
import type { Broker } from "../broker/broker.ts";
import type { DeadLetterTarget, SubscriptionConfig, TargetConfig } from "../config/config.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import { RUNNING } from "../delivery/control.ts";
import { writeDeadNote } from "../delivery/dead-note.ts";
import { forwardSource } from "../delivery/forward-source.ts";
import {
  type LoopParts,
  type SubscriptionLoop,
  type SubscriptionOptions,
  startSubscriptionLoop,
} from "../delivery/subscription-loop.ts";
import type { Sink } from "../sinks/sink.ts";

export interface ForwarderParts extends Pick<LoopParts, "clock" | "random" | "log" | "brokerLog"> {
  readonly broker: Broker;
  readonly metrics: GatewayMetrics;
  readonly createSink: (subscription: SubscriptionConfig, place: string) => Sink;
}

export interface Forwarder extends Pick<SubscriptionLoop, "stop"> {
  /** What the subscription's own loop needs, so that its dead letters are forwarded, and soon. */
  readonly loopParts: Pick<LoopParts, "broker" | "deadNote">;
}

const PLACE = "delivery.deadLetterURL";

/** Undefined where the subscription has no dead-letter target. Forwards also what was left to do before a restart. */
export function startForwarder(subscription: SubscriptionConfig, parts: ForwarderParts): Forwarder | undefined {
  const { name, delivery, target } = subscription;
  const { deadLetter, ...policy } = delivery;
  if (!deadLetter) return undefined;
  const { broker, metrics, clock, random, brokerLog } = parts;
  const options: SubscriptionOptions = { ...policy, name, filters: [], ordering: "none", rate: 0 };
  const loop = startSubscriptionLoop(options, {
    broker: forwardSource(broker),
    sink: parts.createSink({ ...subscription, delivery: policy, target: toTarget(deadLetter, target) }, PLACE),
    clock,
    random,
    metrics: { ...metrics, ...metrics.forwards },
    log: about(parts.log),
    brokerLog,
    lastWords: "a dead letter could not be sent; it is kept",
    // Dead letters go out also while the subscription is paused: they are the past.
    control: () => RUNNING,
    // The loop has said it. They are kept, and tried again after the next start.
    onDisabled() {},
  });
  return {
    stop: loop.stop,
    loopParts: {
      broker: {
        ...broker,
        async settle(params) {
          const outcomes = await broker.settle(params);
          if (params.settlements.some(({ verdict }) => verdict.kind === "dead")) loop.wake();
          return outcomes;
        },
      },
      deadNote: (result) => writeDeadNote(placeOf(target), result),
    },
  };
}

/**
 * Of the subscription's own target the dead-letter target gets the signature and nothing else: headers, credentials and
 * certificates are for that one.
 */
function toTarget(deadLetter: DeadLetterTarget, target: TargetConfig): TargetConfig {
  if (deadLetter.kind === "redis") return deadLetter;
  const secrets = target.kind === "http" ? target.secrets : [];
  return {
    ...deadLetter,
    mode: secrets.length > 0 ? "structured" : "binary",
    secrets,
    headers: {},
    batch: { maxEvents: 1, maxBytes: 1, lingerMs: 0 },
    handshake: false,
  };
}

/** A Redis URL may hold a password. */
function placeOf(target: TargetConfig): string {
  if (target.kind === "stdout" || target.kind === "handler") return "";
  const url = new URL(target.url);
  url.username = "";
  url.password = "";
  return target.kind === "http" ? target.url : url.href;
}

function about(log: Log): Log {
  return (level, message, fields) => log(level, message, { ...fields, to: PLACE });
}
