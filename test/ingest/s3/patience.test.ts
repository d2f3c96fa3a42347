import { describe, expect, it } from "vitest";
import { afterFailure } from "../../../src/ingest/s3/patience.ts";
import { FAILURE_CODES, type FailureCode, type FileWork } from "../../../src/ingest/s3/work.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NEW: FileWork = { file: { bucket: "b", key: "k" }, queuedAtMs: 0, dueAtMs: 0, lease: { owner: "a", untilMs: 9 } };

/** Every try of a file that always fails so, as early as it may be tried again; ends when it is given up. */
function history(code: FailureCode, random = 1): { tries: number; lastMs: number; longestMs: number } {
  let work = NEW;
  let nowMs = 0;
  let longestMs = 0;
  for (let tries = 1; ; tries++) {
    const next = afterFailure(work, { code }, nowMs, () => random);
    if (!next) return { tries, lastMs: nowMs, longestMs };
    longestMs = Math.max(longestMs, next.dueAtMs - nowMs);
    nowMs = next.dueAtMs;
    work = next;
  }
}

describe("the patience with a file", () => {
  it("is an hour where the file is missing", () => {
    const { lastMs, longestMs } = history("missing");
    expect(lastMs).toBeGreaterThanOrEqual(HOUR_MS);
    expect(lastMs).toBeLessThan(HOUR_MS + 300_001);
    expect(longestMs).toBe(300_000);
  });

  it.each(["forbidden", "credentials", "bucket_missing", "archived", "refused"] as const)(
    "is 14 days where somebody can mend it: %s",
    (code) => {
      const { lastMs, longestMs } = history(code);
      expect(lastMs).toBeGreaterThanOrEqual(14 * DAY_MS);
      expect(longestMs).toBe(900_000);
    },
  );

  it.each(["throttled", "unavailable", "interrupted"] as const)("is 14 days where it passes: %s", (code) => {
    const { lastMs, longestMs } = history(code);
    expect(lastMs).toBeGreaterThanOrEqual(14 * DAY_MS);
    expect(longestMs).toBe(300_000);
  });

  it.each([
    ["invalid_gzip", 3],
    ["takes_too_long", 3],
    ["unpacks_to_too_much", 1],
  ] as const)("with a file that is %s is %d tries", (code, tries) => {
    expect(history(code).tries).toBe(tries);
  });

  it("is spread by chance, and never none", () => {
    expect(afterFailure(NEW, { code: "forbidden" }, 5000, () => 0.5)?.dueAtMs).toBe(20_000);
    for (const code of FAILURE_CODES.filter((one) => one !== "unpacks_to_too_much")) {
      expect(afterFailure(NEW, { code }, 5000, () => 0)?.dueAtMs).toBe(5001);
    }
  });

  it("begins anew with another failure, but not the age of the file", () => {
    const first = afterFailure(NEW, { code: "missing" }, 0, () => 1) ?? expect.fail();
    const second = afterFailure(first, { code: "forbidden", error: "AccessDenied" }, 1000, () => 1);
    expect(second).toEqual({
      file: NEW.file,
      queuedAtMs: 0,
      dueAtMs: 31_000,
      failure: { code: "forbidden", error: "AccessDenied", sinceMs: 1000, tries: 1 },
    });
    expect(afterFailure(first, { code: "throttled" }, 14 * DAY_MS, () => 1)).toBeUndefined();
  });
});
