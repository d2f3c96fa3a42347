import type { Counter, MetricsRegistry, Sample } from "../../core/metrics.ts";

export interface LookupMetrics {
  readonly late: Counter;
}

/** `lags` is asked at each scrape. */
export function createLookupMetrics(registry: MetricsRegistry, lags: () => readonly Sample[]): LookupMetrics {
  registry.gauge(
    "poolcast_lookup_lag_seconds",
    "Time that CloudTrail's event history is ahead of what was read of it.",
    async () => lags(),
  );
  return {
    late: registry.counter(
      "poolcast_lookup_late_events_total",
      "New events that CloudTrail showed later than a scan had read their time, found by the overlap.",
    ),
  };
}
