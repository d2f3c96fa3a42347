/** Dead-letter targets: a second loop beside that of the subscription, which shares nothing with it but the broker. */
import type { Broker } from "../broker/broker.ts";
import type { DeadLetterTarget, SubscriptionConfig, TargetConfig } from "../config/config.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import { changeControl, RUNNING } from "../delivery/control.ts";
import { writeDeadNote } from "../delivery/dead-note.ts";
import { forwardSource } from "../delivery/forward-source.ts";
import {
  type LoopParts,
  type LoopState,
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

export interface Forwarder {
  /** `disabled`: the target answered 410 and is left alone for a while. */
  state(): LoopState;
  /** Ends that, since somebody says that the target takes dead letters again. */
  enable(): void;
  /** When it sends something next, in epoch ms; 0: now, null: when an event dies. */
  nextDueAt(): Promise<number | null>;
  readonly stop: SubscriptionLoop["stop"];
  /** What the subscription's own loop needs, so that its dead letters are forwarded, and soon. */
  readonly loopParts: Pick<LoopParts, "broker" | "deadNote">;
}

const PLACE = "delivery.deadLetterURL";
/** An operator's dead letters must not stay away for long because of one wrong answer, and who is gone is not to be bothered. */
const DISABLED_MS = 3_600_000;

/** Undefined where the subscription has no dead-letter target. Forwards also what was left to do before a restart. */
export function startForwarder(subscription: SubscriptionConfig, parts: ForwarderParts): Forwarder | undefined {
  const { name, delivery, target } = subscription;
  const { deadLetter, ...policy } = delivery;
  if (!deadLetter) return undefined;
  const { broker, metrics, clock, random, brokerLog } = parts;
  const log = about(parts.log);
  // Dead letters go out also while the subscription is paused: they are the past.
  let control = RUNNING;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const options: SubscriptionOptions = { ...policy, name, filters: [], ordering: "none", rate: 0 };
  const loop = startSubscriptionLoop(options, {
    broker: forwardSource(broker),
    sink: parts.createSink({ ...subscription, delivery: policy, target: toTarget(deadLetter, target) }, PLACE),
    clock,
    random,
    metrics: { ...metrics, ...metrics.forwards },
    log,
    brokerLog,
    lastWords: "a dead letter could not be sent; it is kept",
    control: () => control,
    onDisabled(reason) {
      control = changeControl(control, { kind: "disable", reason }, clock());
      timer = setTimeout(enable, DISABLED_MS);
      log("warn", "dead letters wait; their target is tried again in an hour, or when the subscription is enabled", {
        subscription: name,
      });
    },
  });

  function enable(): void {
    clearTimeout(timer);
    control = changeControl(control, { kind: "enable" }, clock());
    loop.obey();
  }

  return {
    state: loop.state,
    enable,
    async nextDueAt() {
      return control.disabled
        ? control.disabled.sinceMs + DISABLED_MS
        : broker.nextForwardDueAt({ subscription: name });
    },
    stop(graceMs) {
      clearTimeout(timer);
      return loop.stop(graceMs);
    },
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
