import type { Counter, Histogram, MetricsRegistry } from "./metrics.ts";

/** What the gateway counts. The names are a promise to dashboards; docs/metrics.md lists them. */
export interface GatewayMetrics extends DeliveryMetrics {
  readonly accepted: Counter;
  readonly duplicates: Counter;
  readonly ignored: Counter;
  readonly rejected: Counter;
  readonly ingestFailures: Counter;
  readonly ingestSeconds: Histogram;
  readonly snsMessages: Counter;
  readonly filesQueued: Counter;
  readonly filesFetched: Counter;
  readonly fileFailures: Counter;
  readonly filesGivenUp: Counter;
  readonly fileSeconds: Histogram;
  /** What is counted of dead letters that are sent somewhere else; they come one by one. */
  readonly forwards: Omit<DeliveryMetrics, "dropped" | "replayed" | "batchEvents" | "batchesSplit">;
}

export interface DeliveryMetrics {
  readonly delivered: Counter;
  readonly retried: Counter;
  readonly dead: Counter;
  readonly dropped: Counter;
  readonly replayed: Counter;
  readonly breakerOpened: Counter;
  readonly batchEvents: Histogram;
  readonly batchesSplit: Counter;
  readonly attemptSeconds: Histogram;
  readonly deliverySeconds: Histogram;
}

export function createGatewayMetrics(registry: MetricsRegistry): GatewayMetrics {
  return {
    accepted: registry.counter("poolcast_ingest_accepted_total", "Events committed, by road."),
    duplicates: registry.counter("poolcast_ingest_duplicates_total", "Events that were committed before, by road."),
    ignored: registry.counter("poolcast_ingest_ignored_total", "Records that make no event, by road and reason."),
    rejected: registry.counter("poolcast_ingest_rejected_total", "Invalid events in a batch, by road and code."),
    ingestFailures: registry.counter(
      "poolcast_ingest_failures_total",
      "Requests that could not be committed, by road and code; their senders try again.",
    ),
    ingestSeconds: registry.histogram(
      "poolcast_ingest_duration_seconds",
      "From the parsed request to its durable commit, by road.",
    ),
    snsMessages: registry.counter("poolcast_sns_messages_total", "Messages from SNS, by type and what became of them."),
    filesQueued: registry.counter("poolcast_files_queued_total", "Files that notices asked to fetch, by road."),
    filesFetched: registry.counter("poolcast_files_fetched_total", "Files whose records are all committed."),
    fileFailures: registry.counter(
      "poolcast_file_failures_total",
      "Tries to fetch a file that failed, by reason; most are repeated.",
    ),
    filesGivenUp: registry.counter("poolcast_files_given_up_total", "Files that are not fetched any more, by reason."),
    fileSeconds: registry.histogram(
      "poolcast_file_fetch_duration_seconds",
      "From the first look at a file to the commit of its last record.",
    ),
    delivered: registry.counter("poolcast_delivered_total", "Deliveries that the sink took, by subscription."),
    retried: registry.counter(
      "poolcast_retried_total",
      "Failed tries that will be repeated, by subscription and reason.",
    ),
    dead: registry.counter("poolcast_dead_total", "Deliveries given up, by subscription and reason."),
    dropped: registry.counter("poolcast_dropped_total", "Deliveries ended by a rule, by subscription and reason."),
    replayed: registry.counter(
      "poolcast_replayed_total",
      "Events and dead letters that were put back to be delivered once more, by subscription.",
    ),
    breakerOpened: registry.counter(
      "poolcast_breaker_opened_total",
      "How often a target failed so much that it was left alone, by subscription.",
    ),
    batchEvents: registry.histogram(
      "poolcast_batch_events",
      "Events in one request of a target in batch mode, by subscription.",
      [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000],
    ),
    batchesSplit: registry.counter(
      "poolcast_batches_split_total",
      "Requests of several events that were refused and are sent in halves, by subscription and reason.",
    ),
    attemptSeconds: registry.histogram("poolcast_attempt_duration_seconds", "One try at a sink, by subscription."),
    deliverySeconds: registry.histogram(
      "poolcast_delivery_duration_seconds",
      "From the commit of an event to its delivery, by subscription.",
    ),
    forwards: {
      delivered: registry.counter(
        "poolcast_dead_letters_forwarded_total",
        "Dead letters that the dead-letter target took, by subscription.",
      ),
      retried: registry.counter(
        "poolcast_dead_letters_retried_total",
        "Failed tries to forward a dead letter that will be repeated, by subscription and reason.",
      ),
      dead: registry.counter(
        "poolcast_dead_letters_not_forwarded_total",
        "Dead letters whose forwarding was given up, by subscription and reason; they are kept.",
      ),
      breakerOpened: registry.counter(
        "poolcast_dead_letter_breaker_opened_total",
        "How often a dead-letter target failed so much that it was left alone, by subscription.",
      ),
      attemptSeconds: registry.histogram(
        "poolcast_dead_letter_attempt_duration_seconds",
        "One try at a dead-letter target, by subscription.",
      ),
      deliverySeconds: registry.histogram(
        "poolcast_dead_letter_forward_duration_seconds",
        "From the death of an event to its taking by the dead-letter target, by subscription.",
      ),
    },
  };
}
