import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDurationMs } from "../../src/core/duration.ts";

describe("parseDurationMs", () => {
  it.each([
    ["PT0S", 0],
    ["PT0.2S", 200],
    ["PT0.5S", 500],
    ["PT0.0004S", 0],
    ["PT0.0005S", 1],
    ["PT1S", 1000],
    ["PT90S", 90_000],
    ["PT15M", 900_000],
    ["PT1.5M", 90_000],
    ["PT1H", 3_600_000],
    ["PT1H30M", 5_400_000],
    ["PT1H30M15S", 5_415_000],
    ["P1D", 86_400_000],
    ["P0.5D", 43_200_000],
    ["P1DT12H", 129_600_000],
    ["P7D", 604_800_000],
    ["P1W", 604_800_000],
    ["P1W1DT1H1M1S", 694_861_000],
  ])("takes %s for %d ms", (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each([
    ["nothing", ""],
    ["no component", "P"],
    ["no component of time", "PT"],
    ["days and an empty time", "P1DT"],
    ["years", "P1Y"],
    ["months", "P1M"],
    ["months and minutes", "P1MT1M"],
    ["a sign", "-PT1S"],
    ["a sign within", "PT-1S"],
    ["small letters", "pt1s"],
    ["seconds without T", "P1S"],
    ["hours without T", "P1H"],
    ["days behind T", "PT1D"],
    ["the wrong order", "PT1S1M"],
    ["one component twice", "PT1S1S"],
    ["a bare number", "15"],
    ["a unit of another language", "15s"],
    ["a decimal comma", "PT0,5S"],
    ["no digit before the point", "PT.5S"],
    ["no digit after the point", "PT1.S"],
    ["a space before it", " PT1S"],
    ["a line break behind it", "PT1S\n"],
    ["digits of another script", "PT١S"],
    ["a number that cannot be told exactly in ms", "P99999999999D"],
    ["a number beyond all numbers", `P${"9".repeat(400)}D`],
  ])("refuses %s", (_, text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it("adds up whatever components there are", () => {
    const part = fc.option(fc.nat(999), { nil: undefined });
    const parts = fc.record({ weeks: part, days: part, hours: part, minutes: part, seconds: part });
    fc.assert(
      fc.property(parts, ({ weeks, days, hours, minutes, seconds }) => {
        const date = written(weeks, "W") + written(days, "D");
        const time = written(hours, "H") + written(minutes, "M") + written(seconds, "S");
        fc.pre(date + time !== "");
        const inDays = 7 * (weeks ?? 0) + (days ?? 0);
        const inSeconds = ((inDays * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
        expect(parseDurationMs(`P${date}${time === "" ? "" : `T${time}`}`)).toBe(inSeconds * 1000);
      }),
    );
  });
});

function written(count: number | undefined, unit: string): string {
  return count === undefined ? "" : `${count}${unit}`;
}
