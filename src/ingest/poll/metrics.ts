import type { Counter, MetricsRegistry } from "../../core/metrics.ts";

/** What every poll counts; its labels are the poll's name and what it polls. */
export interface PollMetrics {
  readonly scans: Counter;
  readonly failures: Counter;
  readonly requests: Counter;
  readonly requestFailures: Counter;
}

export function createPollMetrics(registry: MetricsRegistry): PollMetrics {
  return {
    scans: registry.counter("poolcast_poll_scans_total", "Scans that came to their end."),
    failures: registry.counter("poolcast_poll_failures_total", "Scans that came to nothing, by code."),
    requests: registry.counter("poolcast_poll_requests_total", "Requests to AWS."),
    requestFailures: registry.counter(
      "poolcast_poll_request_failures_total",
      "Requests to AWS that failed, by code; the scan may have gone on after a pause.",
    ),
  };
}
