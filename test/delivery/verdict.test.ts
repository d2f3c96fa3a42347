import { describe, expect, it } from "vitest";
import { judge, type Try, type Verdict, type VerdictPolicy } from "../../src/delivery/verdict.ts";
import type { SinkFailure } from "../../src/sinks/sink.ts";

const NOW = Date.parse("2026-05-04T12:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const POLICY: VerdictPolicy = {
  retry: 20,
  backoffPolicy: "constant",
  backoffDelayMs: 2000,
  backoffMaxMs: HOUR_MS,
  maxAgeMs: 3 * DAY_MS,
  profile: "default",
};
const half = () => 0.5;

function judgeOne(one: Partial<Try>, policy: Partial<VerdictPolicy> = {}): Verdict {
  const whole = {
    result: { kind: "taken" },
    attempt: 1,
    ageMs: 1000,
    probe: false,
    nowMs: NOW,
    ...one,
  } satisfies Try;
  return judge(whole, { ...POLICY, ...policy }, half);
}

function judgeStatus(status: number, one: Partial<Try> & { readonly retryAfter?: string } = {}, policy = {}): Verdict {
  const { retryAfter, ...rest } = one;
  return judgeOne({ result: { kind: "answer", status, retryAfter }, ...rest }, policy);
}

/** The kinds of the verdicts on tries 1 to 4 and 21 that end with this status. */
function course(status: number, profile: VerdictPolicy["profile"]): readonly string[] {
  return [1, 2, 3, 4, 21].map((attempt) => {
    const verdict = judgeStatus(status, { attempt }, { profile });
    return verdict.kind === "dead" ? verdict.reason : verdict.kind;
  });
}

const DELIVERED = Array<string>(5).fill("delivered");
const RETRIED = ["retry", "retry", "retry", "retry", "retries_exhausted"];
const REJECTED = ["retry", "retry", "rejected", "rejected", "rejected"];
const REJECTED_AT_ONCE = Array<string>(5).fill("rejected");
const DISABLED = Array<string>(5).fill("disable");

describe("the verdict on a status, over the tries", () => {
  it.each<[string, readonly number[], readonly string[], readonly string[]]>([
    ["2xx: delivered", [200, 201, 202, 204, 206, 299], DELIVERED, DELIVERED],
    ["3xx: retried, never followed", [300, 301, 302, 303, 304, 307, 308, 399], RETRIED, REJECTED_AT_ONCE],
    ["malformed for the sink: three tries", [400, 413, 415, 422], REJECTED, REJECTED_AT_ONCE],
    ["keys and deploys: retried", [401, 403], RETRIED, REJECTED_AT_ONCE],
    ["not there yet, in conflict: retried", [404, 409], RETRIED, RETRIED],
    ["slow or busy: retried", [408, 429], RETRIED, RETRIED],
    ["too early: retried", [425], RETRIED, REJECTED_AT_ONCE],
    ["gone: the sink wants no more", [410], DISABLED, REJECTED_AT_ONCE],
    ["other 4xx: retried", [402, 405, 406, 411, 418, 431, 451, 499], RETRIED, REJECTED_AT_ONCE],
    ["5xx: retried", [500, 501, 502, 503, 504, 507, 599], RETRIED, RETRIED],
    ["what HTTP does not know: retried", [101, 199, 600, 999], RETRIED, RETRIED],
  ])("%s", (_, statuses, byDefault, byKnative) => {
    for (const status of statuses) {
      expect([status, course(status, "default")]).toEqual([status, byDefault]);
      expect([status, course(status, "knative")]).toEqual([status, byKnative]);
    }
  });

  it("names the status as the reason", () => {
    expect(judgeStatus(503)).toMatchObject({ kind: "retry", reason: "status_503" });
    expect(judgeStatus(410)).toEqual({ kind: "disable", reason: "status_410" });
    expect(judgeStatus(422, { attempt: 3 })).toEqual({ kind: "dead", reason: "rejected", detail: "status_422" });
    expect(judgeStatus(500, { attempt: 21 })).toEqual({
      kind: "dead",
      reason: "retries_exhausted",
      detail: "status_500",
    });
  });
});

describe("the verdict on a try without a status", () => {
  it("that the sink took is that it is delivered, at whatever age and try", () => {
    const late = { attempt: 1000, ageMs: 100 * DAY_MS };
    expect(judgeOne({ result: { kind: "taken" }, ...late })).toEqual({ kind: "delivered" });
    expect(judgeStatus(200, late)).toEqual({ kind: "delivered" });
  });

  it.each<SinkFailure>(["connection_failed", "tls_failed", "dns_failed", "address_refused", "invalid_answer"])(
    "%s is to retry",
    (reason) => {
      for (const profile of ["default", "knative"] as const) {
        const result = { kind: "failure", reason, message: "x" } as const;
        expect(judgeOne({ result }, { profile })).toEqual({ kind: "retry", atMs: NOW + 1000, reason });
        expect(judgeOne({ result, attempt: 21 }, { profile })).toEqual({
          kind: "dead",
          reason: "retries_exhausted",
          detail: reason,
        });
      }
    },
  );

  it("that timed out is to retry", () => {
    expect(judgeOne({ result: { kind: "timeout" } })).toEqual({ kind: "retry", atMs: NOW + 1000, reason: "timeout" });
  });

  it("that was aborted is to give it back, at whatever try and age", () => {
    const result = { kind: "failure", reason: "aborted", message: "" } as const;
    expect(judgeOne({ result, attempt: 1000, ageMs: NOW })).toEqual({ kind: "release" });
  });

  it("of an event that cannot be sent is that it is dead, at the first try", () => {
    const result = { kind: "failure", reason: "unsendable", message: "UND_ERR_INVALID_ARG" } as const;
    expect(judgeOne({ result })).toEqual({ kind: "dead", reason: "unsendable", detail: "UND_ERR_INVALID_ARG" });
  });
});

describe("giving up", () => {
  it.each([
    [0, 1],
    [1, 2],
    [20, 21],
  ])("with %d retries comes with try %d", (retry, last) => {
    expect(judgeStatus(500, { attempt: last }, { retry })).toMatchObject({ reason: "retries_exhausted" });
    if (last > 1) expect(judgeStatus(500, { attempt: last - 1 }, { retry })).toMatchObject({ kind: "retry" });
  });

  it("comes before the third rejection, where there are fewer retries", () => {
    expect(judgeStatus(400, { attempt: 2 }, { retry: 1 })).toMatchObject({ reason: "retries_exhausted" });
  });

  it("comes with the age since the event was recorded, to the millisecond", () => {
    const ageMs = POLICY.maxAgeMs;
    expect(judgeStatus(500, { ageMs: ageMs - 1 })).toMatchObject({ kind: "retry" });
    expect(judgeStatus(500, { ageMs })).toEqual({ kind: "dead", reason: "max_age", detail: "status_500" });
    expect(judgeOne({ result: { kind: "timeout" }, ageMs })).toMatchObject({ reason: "max_age" });
  });

  it("does not come early where the clock was set back", () => {
    expect(judgeStatus(500, { ageMs: -DAY_MS })).toMatchObject({ kind: "retry" });
  });
});

describe("the time of the next try", () => {
  it("follows the policy, the attempt and chance", () => {
    const policy = { backoffPolicy: "exponential", backoffDelayMs: 1000 } as const;
    const delays = [1, 2, 3, 4].map((attempt) => judgeStatus(500, { attempt }, policy));
    expect(delays).toMatchObject([500, 1000, 2000, 4000].map((ms) => ({ kind: "retry", atMs: NOW + ms })));
  });

  it.each([
    ["120", 120_000],
    ["3", 3000],
    ["Mon, 04 May 2026 12:00:30 GMT", 30_000],
    // Not before the policy's own delay.
    ["0", 2000],
    ["1", 2000],
    ["Mon, 04 May 2026 11:00:00 GMT", 2000],
    ["Mon, 04 May 2026 12:00:01 GMT", 2000],
    // Not later than a day.
    ["86400", DAY_MS],
    ["86401", DAY_MS],
    ["1000000000", DAY_MS],
    ["1000000000000", DAY_MS],
    ["9".repeat(400), DAY_MS],
    ["Tue, 04 May 2027 12:00:00 GMT", DAY_MS],
    // Not understood: the policy, with its jitter.
    ["-5", 1000],
    ["abc", 1000],
    ["", 1000],
    ["1.5", 1000],
  ])("is what Retry-After %s asks for with 429 and 503, within reason", (retryAfter, ms) => {
    for (const status of [429, 503]) {
      for (const profile of ["default", "knative"] as const) {
        expect(judgeStatus(status, { retryAfter }, { profile })).toMatchObject({ kind: "retry", atMs: NOW + ms });
      }
    }
  });

  it("may lie beyond the policy's longest pause, where Retry-After asks for it", () => {
    const verdict = judgeStatus(503, { retryAfter: "7200" }, { backoffMaxMs: 5000 });
    expect(verdict).toMatchObject({ atMs: NOW + 2 * HOUR_MS });
  });

  it.each([302, 404, 408, 500, 502])("does not heed Retry-After with %d", (status) => {
    expect(judgeStatus(status, { retryAfter: "120" })).toMatchObject({ kind: "retry", atMs: NOW + 1000 });
  });

  it("does not come at all for Retry-After, where the tries or the time are used up", () => {
    expect(judgeStatus(429, { retryAfter: "1", attempt: 21 })).toMatchObject({ reason: "retries_exhausted" });
    expect(judgeStatus(429, { retryAfter: "1", ageMs: NOW })).toMatchObject({ reason: "max_age" });
  });
});
