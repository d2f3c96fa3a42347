import type { Counter, MetricsRegistry } from "../../core/metrics.ts";

/** What identity counts; docs/metrics.md lists it. */
export interface IdentityMetrics {
  readonly calls: Counter;
  readonly identified: Counter;
  readonly unidentified: Counter;
}

/** Where an answer was found: kept in memory, kept in the broker, or asked for now. */
export type IdentifiedBy = "memory" | "broker" | "aws";

export type UnidentifiedReason =
  /** The answer did not come in time. */
  | "budget"
  /** So many users are asked about that this one's turn would have come too late. */
  | "rate"
  /** AWS refused the last call and is left alone. */
  | "failing"
  /** AWS refused this call. */
  | "refused"
  /** The pool has no such user, and nobody remembers one. */
  | "not_found";

export function createIdentityMetrics(registry: MetricsRegistry): IdentityMetrics {
  return {
    calls: registry.counter(
      "poolcast_identity_calls_total",
      "Calls to AWS to find a user or the clients of a pool, by call and outcome.",
    ),
    identified: registry.counter(
      "poolcast_identified_total",
      "Events completed with what is known of their user, by where it was found.",
    ),
    unidentified: registry.counter(
      "poolcast_unidentified_total",
      "Events that went out without what the record hides, by reason.",
    ),
  };
}
