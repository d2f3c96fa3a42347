import { describe, expect, it } from "vitest";
import { isPosition } from "../../src/core/position.ts";

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
});
