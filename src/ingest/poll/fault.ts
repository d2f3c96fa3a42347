/** Why a call to AWS, or a whole scan, came to nothing. */
import type { BrokerFailureCode } from "../../broker/broker.ts";

export interface PollFault {
  readonly code: PollFaultCode;
  /** The name that AWS gives it, as `ExpiredTokenException`; where no answer came the system's, as `ECONNREFUSED`. */
  readonly error: string;
}

export type PollFaultCode =
  /** Too many requests, ours or those of others in the account. */
  | "throttled"
  /** No answer in time, no connection, or one that says that the service has a fault. */
  | "unavailable"
  /** The clock of this machine is too far from AWS's for a signature to be good. */
  | "clock_skew"
  | "expired_credentials"
  /** The credentials are not known to AWS, or not in this Region. */
  | "invalid_credentials"
  /** The chain of credential sources ended without any. */
  | "no_credentials"
  | "access_denied"
  /** The account does not use this Region. */
  | "region_off"
  /** What is asked about is not there: a user pool that was deleted. */
  | "not_found"
  /** The token of the next page is not, or no longer, good. */
  | "invalid_token"
  /** AWS refuses the request for another reason. */
  | "refused"
  /** Another gateway took the lease meanwhile. */
  | "lease_lost"
  | "stopped"
  /** A fault of poolcast itself. */
  | "internal"
  | BrokerFailureCode;

/** Faults that pass by themselves: the same request may do in a moment. */
export function isPassing({ code }: PollFault): boolean {
  return code === "throttled" || code === "unavailable" || code === "clock_skew";
}

export const LEASE_LOST: PollFault = { code: "lease_lost", error: "lease_lost" };
export const STOPPED: PollFault = { code: "stopped", error: "stopped" };

/** Of what ingest answers, or the broker rejects with. A fence that did not hold is a lease that was lost. */
export function brokerFault(code: BrokerFailureCode): PollFault {
  return code === "state_conflict" ? LEASE_LOST : { code, error: code };
}
