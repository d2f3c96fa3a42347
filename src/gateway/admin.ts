/** The operation of a gateway, as /api offers it; the same over a store that no gateway has open. */
import type { Broker, SubscriptionStats } from "../broker/broker.ts";
import type { SubscriptionConfig } from "../config/config.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import { ok } from "../core/result.ts";
import { writeRfc3339 } from "../core/rfc3339.ts";
import { type Control, controlState } from "../delivery/control.ts";
import type { Controls } from "../delivery/controls.ts";
import type { ReplayJob } from "../delivery/replay-job.ts";
import type { Replays } from "../delivery/replays.ts";
import type { Admin, ReplayView, SubscriptionChange, SubscriptionView } from "../routes/admin-port.ts";
import { createDeadLetters } from "./dead.ts";
import type { Delivery } from "./delivery.ts";
import type { Erasures } from "./erasure-jobs.ts";
import { createEventLog } from "./events.ts";

export interface AdminParts {
  readonly broker: Broker;
  /** As they are configured now. */
  readonly subscriptions: () => readonly SubscriptionConfig[];
  readonly controls: Controls;
  readonly replays: Replays;
  readonly erasures: Erasures;
  /** Absent: nothing counts. */
  readonly metrics?: Pick<GatewayMetrics, "replayed"> | undefined;
  /** Absent where nobody delivers. */
  readonly delivery?:
    | Pick<Delivery, "stateOf" | "breakerOf" | "deadLetterStateOf" | "enableDeadLetters" | "wake">
    | undefined;
}

export function createAdmin(parts: AdminParts): Admin {
  const { broker, subscriptions, controls, replays, erasures, metrics, delivery } = parts;
  const dead = createDeadLetters(broker);

  function isKnown(name: string): boolean {
    return subscriptions().some((one) => one.name === name);
  }

  async function view(name: string): Promise<SubscriptionView> {
    return viewOf(name, await countsOf());
  }

  async function countsOf(): Promise<ReadonlyMap<string, SubscriptionStats>> {
    const stats = await broker.stats();
    return new Map(stats.subscriptions.map((one) => [one.subscription, one]));
  }

  function viewOf(name: string, counts: ReadonlyMap<string, SubscriptionStats>): SubscriptionView {
    const { pending = 0, leased = 0, dead = 0 } = counts.get(name) ?? {};
    const control = controls.of(name);
    const state = delivery?.stateOf(name) ?? stateWithoutDelivery(control);
    const deadLetterTarget = delivery?.deadLetterStateOf(name);
    return {
      name,
      state,
      ...sinceOf(control),
      breaker: delivery?.breakerOf(name) ?? "closed",
      ...(deadLetterTarget && { deadLetterTarget }),
      pending,
      leased,
      dead,
    };
  }

  return {
    async listSubscriptions() {
      const counts = await countsOf();
      return subscriptions().map(({ name }) => viewOf(name, counts));
    },
    async changeSubscription(name, change) {
      if (!isKnown(name)) return undefined;
      await controls.change(name, controlChange(change));
      if (change === "enable") delivery?.enableDeadLetters(name);
      return view(name);
    },
    listDead: async (name, page) => (isKnown(name) ? dead.list(name, page) : undefined),
    getDead: async (name, position) => (isKnown(name) ? dead.get(name, position) : undefined),
    async replayDead(name, chosen) {
      if (!isKnown(name)) return undefined;
      const ended = await dead.replay(name, chosen);
      if (ended.count > 0) metrics?.replayed.add({ subscription: name }, ended.count);
      delivery?.wake(name);
      return ended;
    },
    dropDead: async (name, chosen) => (isKnown(name) ? dead.drop(name, chosen) : undefined),
    async startReplay(name, wanted) {
      if (!isKnown(name)) return undefined;
      const started = await replays.start(name, wanted);
      return started.ok ? ok(replayView(started.value)) : started;
    },
    listReplays: async (name) => (isKnown(name) ? (await replays.list(name)).map(replayView) : undefined),
    async cancelReplay(name, id) {
      if (!isKnown(name)) return undefined;
      const job = await replays.cancel(name, id);
      return job ? replayView(job) : null;
    },
    readEvents: createEventLog(broker).read,
    startErasure: erasures.start,
    findErasure: erasures.find,
    positions: broker.capabilities.positions,
  };
}

function controlChange(change: SubscriptionChange) {
  return change === "disable" ? { kind: change, reason: "operator" } : { kind: change };
}

function stateWithoutDelivery(control: Control): SubscriptionView["state"] {
  const state = controlState(control);
  return state === "running" ? "stopped" : state;
}

function replayView({
  id,
  state,
  range,
  rate,
  after,
  looked,
  replayed,
  createdAtMs,
  finishedAtMs,
}: ReplayJob): ReplayView {
  const { sinceMs, untilMs, fromPosition, toPosition } = range;
  return {
    id,
    state,
    ...(sinceMs !== undefined && { since: writeRfc3339(sinceMs) }),
    until: writeRfc3339(untilMs),
    ...(fromPosition !== undefined && { fromId: fromPosition }),
    ...(toPosition !== undefined && { toId: toPosition }),
    rate,
    ...(after !== undefined && { position: after }),
    looked,
    replayed,
    createdAt: writeRfc3339(createdAtMs),
    ...(finishedAtMs !== undefined && { finishedAt: writeRfc3339(finishedAtMs) }),
  };
}

function sinceOf({ pausedSinceMs, disabled }: Control) {
  return {
    ...(pausedSinceMs !== undefined && { pausedSince: writeRfc3339(pausedSinceMs) }),
    ...(disabled && { disabledSince: writeRfc3339(disabled.sinceMs), reason: disabled.reason }),
  };
}
