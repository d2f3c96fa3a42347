import type { Random } from "./clock.ts";

export type BackoffPolicy = "exponential" | "linear" | "constant";

export interface RetryPolicy {
  /** Retries after the first try. */
  readonly retry: number;
  readonly backoffPolicy: BackoffPolicy;
  readonly backoffDelayMs: number;
  readonly backoffMaxMs: number;
  /** Age since the event was recorded at which delivery is given up. */
  readonly maxAgeMs: number;
}

/**
 * The longest pause after failed try number `attempt` (1 = the first), before jitter: constant d, linear d*n,
 * exponential d*2^(n-1), none above `backoffMaxMs`.
 */
export function backoffCeilingMs(policy: RetryPolicy, attempt: number): number {
  const n = Math.max(1, attempt);
  const { backoffDelayMs, backoffMaxMs } = policy;
  switch (policy.backoffPolicy) {
    case "constant":
      return Math.min(backoffMaxMs, backoffDelayMs);
    case "linear":
      return Math.min(backoffMaxMs, backoffDelayMs * n);
    case "exponential":
      return Math.min(backoffMaxMs, backoffDelayMs * 2 ** Math.min(n - 1, 52));
  }
}

/**
 * The pause after failed try number `attempt`: full jitter, anything up to the ceiling, so that the retries of many
 * events spread out. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: Random): number {
  return Math.max(1, Math.round(random() * backoffCeilingMs(policy, attempt)));
}
