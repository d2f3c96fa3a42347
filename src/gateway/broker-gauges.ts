/** What the broker counts, as gauges and for the readiness page: one look at it serves a whole scrape. */
import type { Broker, BrokerStats } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { MetricsRegistry, Sample } from "../core/metrics.ts";
import { createRecently } from "../core/recently.ts";

const STATS_EVERY_MS = 1000;

/** Registers the gauges; answers what reads the same counts. */
export function registerBrokerGauges(
  registry: MetricsRegistry,
  broker: Broker,
  clock: Clock,
): () => Promise<BrokerStats> {
  const recentStats = createRecently(() => broker.stats(), clock, STATS_EVERY_MS);

  async function samples(count: "pending" | "leased" | "dead" | "forwards"): Promise<readonly Sample[]> {
    const { subscriptions } = await recentStats();
    return subscriptions.map((one) => ({ labels: { subscription: one.subscription }, value: one[count] }));
  }

  registry.gauge("poolcast_backlog_events", "Unsettled events, by subscription.", () => samples("pending"));
  registry.gauge("poolcast_leased_events", "Events leased for delivery, by subscription.", () => samples("leased"));
  registry.gauge("poolcast_dead_letters", "Dead letters kept, by subscription.", () => samples("dead"));
  registry.gauge("poolcast_dead_letters_to_forward", "Dead letters still to be forwarded, by subscription.", () =>
    samples("forwards"),
  );
  registry.gauge("poolcast_broker_bytes", "Bytes of events in the broker.", async () => {
    const { bytes } = await recentStats();
    return [{ labels: {}, value: bytes }];
  });
  registry.gauge("poolcast_broker_foreign_trims", "Times that others were seen to have removed events.", async () => {
    const { foreignTrims } = await recentStats();
    return foreignTrims === undefined ? [] : [{ labels: {}, value: foreignTrims }];
  });
  return recentStats;
}
