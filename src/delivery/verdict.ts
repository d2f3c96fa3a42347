/** What one try means for the delivery. Pure: the same try, attempt, times and random number give the same verdict. */
import type { Random } from "../core/clock.ts";
import { type RetryPolicy, retryDelayMs } from "../core/retry.ts";
import { parseRetryAfterMs } from "../core/retry-after.ts";
import type { SinkResult } from "../sinks/sink.ts";

export type Verdict =
  | { readonly kind: "delivered" }
  /** `asked`: the target named the time, which holds for all of its events. */
  | { readonly kind: "retry"; readonly atMs: number; readonly reason: string; readonly asked?: true }
  | { readonly kind: "dead"; readonly reason: DeadReason; readonly detail: string }
  /** The sink wants no more: nothing is lost, nothing is sent until somebody says so. */
  | { readonly kind: "disable"; readonly reason: string }
  /** Nothing was tried, or not to its end: the attempt does not count. */
  | { readonly kind: "release" };

export type DeadReason =
  /** The sink refuses this very event. */
  "rejected" | "retries_exhausted" | "max_age" | "unsendable";

export interface Try {
  readonly result: SinkResult | { readonly kind: "timeout" };
  /** 1 for the first. */
  readonly attempt: number;
  /** Of the event, without the time in which its subscription was stopped. */
  readonly ageMs: number;
  /** A probe of a target that fails is not counted, so it cannot be the last try. */
  readonly probe: boolean;
  readonly nowMs: number;
}

export interface VerdictPolicy extends RetryPolicy {
  readonly profile: "default" | "knative";
}

/** Tries of an event that its sink calls malformed: once more may find a sink that was mended meanwhile. */
const REJECTED_TRIES = 3;
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

export function judge(one: Try, policy: VerdictPolicy, random: Random): Verdict {
  const { result } = one;
  if (result.kind === "taken") return { kind: "delivered" };
  if (result.kind === "timeout") return retryOrDead(one, policy, random, "timeout");
  if (result.kind === "failure") {
    if (result.reason === "aborted") return { kind: "release" };
    if (result.reason === "unsendable") return { kind: "dead", reason: "unsendable", detail: result.message };
    return retryOrDead(one, policy, random, result.reason);
  }
  return judgeStatus(one, policy, random, result.status, result.retryAfter);
}

function judgeStatus(
  one: Try,
  policy: VerdictPolicy,
  random: Random,
  status: number,
  retryAfter: string | undefined,
): Verdict {
  const reason = `status_${status}`;
  if (status >= 200 && status < 300) return { kind: "delivered" };
  if (status === 410 && policy.profile === "default") return { kind: "disable", reason };
  if (isRefusal(status, policy)) {
    const tries = policy.profile === "knative" ? 1 : REJECTED_TRIES;
    if (one.attempt >= tries) return { kind: "dead", reason: "rejected", detail: reason };
  }
  const askedMs = status === 429 || status === 503 ? parseRetryAfterMs(retryAfter, one.nowMs) : undefined;
  return retryOrDead(one, policy, random, reason, askedMs);
}

/**
 * Whether the fault lies with what was sent, so that sending it again is of no use: of several events in one request, at
 * least one is refused.
 */
export function isRefused(result: Try["result"], policy: VerdictPolicy): boolean {
  if (result.kind === "answer") return isRefusal(result.status, policy);
  return result.kind === "failure" && result.reason === "unsendable";
}

function isRefusal(status: number, { profile }: VerdictPolicy): boolean {
  return profile === "knative" ? isFinalForKnative(status) : isRejection(status);
}

/** The sink read the event and calls it wrong. */
function isRejection(status: number): boolean {
  return status === 400 || status === 413 || status === 415 || status === 422;
}

/** https://github.com/knative/specs/blob/main/specs/eventing/data-plane.md#event-acknowledgement-and-delivery-retry */
function isFinalForKnative(status: number): boolean {
  if (status === 404 || status === 408 || status === 409 || status === 429) return false;
  return status >= 300 && status < 500;
}

function retryOrDead(one: Try, policy: VerdictPolicy, random: Random, reason: string, askedMs?: number): Verdict {
  const { attempt, probe, nowMs, ageMs } = one;
  if (attempt > policy.retry && !probe) return { kind: "dead", reason: "retries_exhausted", detail: reason };
  if (ageMs >= policy.maxAgeMs) return { kind: "dead", reason: "max_age", detail: reason };
  const delayMs =
    askedMs === undefined
      ? retryDelayMs(policy, attempt, random)
      : Math.min(MAX_RETRY_AFTER_MS, Math.max(policy.backoffDelayMs, askedMs));
  return { kind: "retry", atMs: nowMs + delayMs, reason, ...(askedMs !== undefined && { asked: true }) };
}
