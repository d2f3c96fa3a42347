import { describe, expect, it } from "vitest";
import { readRfc3339 } from "../../src/core/rfc3339.ts";

describe("an RFC 3339 time", () => {
  it.each([
    ["2026-05-04T07:31:09Z", Date.UTC(2026, 4, 4, 7, 31, 9)],
    ["2026-05-04t07:31:09.25z", Date.UTC(2026, 4, 4, 7, 31, 9, 250)],
    ["2026-05-04T07:31:09+02:00", Date.UTC(2026, 4, 4, 5, 31, 9)],
    ["2028-02-29T00:00:00Z", Date.UTC(2028, 1, 29)],
    ["1970-01-01T00:00:00Z", 0],
  ])("%s is read", (text, ms) => {
    expect(readRfc3339(text)).toBe(ms);
  });

  it.each([
    "2026-05-04T07:31:09",
    "2026-05-04",
    "2026-05-04 07:31:09Z",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-05-04T25:00:00Z",
    "04 May 2026 07:31:09 GMT",
    "1777878669000",
    "",
  ])("%j is none", (text) => {
    expect(readRfc3339(text)).toBeUndefined();
  });
});
