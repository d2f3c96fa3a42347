import { describe, expect, it } from "vitest";
import { parseByteSize } from "../../src/core/byte-size.ts";

describe("parseByteSize", () => {
  it.each([
    ["0", 0],
    ["1048576", 1_048_576],
    ["5B", 5],
    ["500KB", 500_000],
    ["500MB", 500_000_000],
    ["10GB", 10_000_000_000],
    ["2TB", 2_000_000_000_000],
    ["256KiB", 262_144],
    ["2MiB", 2_097_152],
    ["10GiB", 10_737_418_240],
    ["1TiB", 1_099_511_627_776],
    ["1.5KiB", 1536],
    ["0.0001KiB", 0],
    ["64 MiB", 67_108_864],
    [" 1MiB\n", 1_048_576],
  ])("takes %j for %d bytes", (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each([
    ["nothing", ""],
    ["a unit alone", "MiB"],
    ["a negative size", "-1MiB"],
    ["an unknown unit", "1PiB"],
    ["another spelling of a unit", "1mib"],
    ["bits", "1Mb"],
    ["two numbers", "1 2MiB"],
    ["a second unit", "1MiBB"],
    ["a decimal comma", "1,5MiB"],
    ["an exponent", "1e3"],
    ["hexadecimal", "0x10"],
    ["a member every object has", "1constructor"],
    ["a number that cannot be told exactly", "9999999TiB"],
    ["a number beyond all numbers", "9".repeat(400)],
  ])("refuses %s", (_, text) => {
    expect(parseByteSize(text)).toBeUndefined();
  });
});
