/** The port for the two calls that this road makes: for a certificate, and to confirm a subscription. */
import type { Result } from "../../core/result.ts";

/**
 * A GET without credentials, cookies or redirects. Never rejects. The text of a 2xx answer, or why there is none: an
 * answer over `maxBytes` is given up while it comes, and `timeoutMs` holds for the whole of it.
 */
export type SnsFetch = (url: string, limits: SnsFetchLimits) => Promise<Result<string, SnsFetchFault>>;

export interface SnsFetchLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** As `status_404`, where there was an answer. */
export type SnsFetchFault = "timeout" | "connection_failed" | "too_large" | `status_${number}`;

/** A certificate has 2 kB, the answer to a confirmation less; SNS itself waits 15 s for our answer. */
export const SNS_FETCH_LIMITS: SnsFetchLimits = { maxBytes: 16 * 1024, timeoutMs: 3000 };
