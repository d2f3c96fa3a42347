import { describe, expect, it } from "vitest";
import { parseRetryAfterMs } from "../../src/core/retry-after.ts";

const NOW = Date.parse("2026-05-04T12:00:00.250Z");

describe("parseRetryAfterMs", () => {
  it.each([
    ["0", 0],
    ["1", 1000],
    ["120", 120_000],
    ["007", 7000],
    [" 5 ", 5000],
    ["1000000000", 1e12],
    // Nobody waits that long; that it is long is what whoever clamps it has to know.
    ["1000000000000", 1e15],
  ])("takes %s for seconds", (header, ms) => {
    expect(parseRetryAfterMs(header, NOW)).toBe(ms);
  });

  it("takes more seconds than a number can tell for ever", () => {
    expect(parseRetryAfterMs("9".repeat(400), NOW)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ["Mon, 04 May 2026 12:00:30 GMT", 29_750],
    ["Tue, 05 May 2026 12:00:00 GMT", 86_399_750],
    ["Mon, 04 May 2026 12:00:00 GMT", 0],
    ["Mon, 04 May 2026 11:59:00 GMT", 0],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ])("takes %s for a date, a past one for now", (header, ms) => {
    expect(parseRetryAfterMs(header, NOW)).toBe(ms);
  });

  it.each([
    ["no header", undefined],
    ["an empty one", ""],
    ["a word", "abc"],
    ["a negative number", "-5"],
    ["a sign", "+5"],
    ["a fraction", "1.5"],
    ["an exponent", "1e3"],
    ["hexadecimal", "0x10"],
    ["two values", "1, 2"],
    ["a unit", "5s"],
    ["an ISO date", "2026-05-04T12:00:30Z"],
    ["another time zone", "Mon, 04 May 2026 12:00:30 CET"],
    ["a date with more behind it", "Mon, 04 May 2026 12:00:30 GMT+5"],
    ["a month that does not exist", "Mon, 04 Foo 2026 12:00:30 GMT"],
    ["an hour that does not exist", "Mon, 04 May 2026 25:00:30 GMT"],
  ])("says nothing for %s", (_, header) => {
    expect(parseRetryAfterMs(header, NOW)).toBeUndefined();
  });
});
