import { describe, expect, it } from "vitest";
import { comparePositions, isPosition } from "../../src/core/position.ts";

describe("a position in a log", () => {
  it.each([
    ["0", true, false],
    ["1", true, false],
    ["999999999999999", true, false],
    ["9999999999999999", false, false],
    ["1735689600000-0", false, true],
    ["18446744073709551615-18446744073709551615", false, true],
    ["18446744073709551616-0", false, false],
    ["0-18446744073709551616", false, false],
    ["1735689600000", true, false],
    ["1-", false, false],
    ["-1", false, false],
    ["", false, false],
    [" 1", false, false],
    ["1e3", false, false],
    ["1-2-3", false, false],
  ])("%j is a number: %s, an id of a stream: %s", (text, isNumber, isStreamId) => {
    expect([isPosition(text, "number"), isPosition(text, "stream_id")]).toEqual([isNumber, isStreamId]);
  });

  it.each([
    ["9", "10", -1],
    ["10", "10", 0],
    ["1735689600000-10", "1735689600000-9", 1],
    ["999999999999-5", "1735689600000-0", -1],
    ["1735689600000", "1735689600000-0", 0],
    ["1735689600000", "1735689600000-1", -1],
    ["18446744073709551615-1", "18446744073709551614-2", 1],
  ])("%s beside %s: %s", (a, b, expected) => {
    expect(comparePositions(a, b)).toBe(expected);
    expect(comparePositions(b, a)).toBe(0 - expected);
  });
});
