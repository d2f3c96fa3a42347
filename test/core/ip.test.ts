import { describe, expect, it } from "vitest";
import { parseAddress, parseRange } from "../../src/core/ip.ts";

describe("addresses", () => {
  it("IPv4", () => {
    expect(parseAddress("1.2.3.255")).toEqual([1, 2, 3, 255]);
    for (const text of ["1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", "a.b.c.d"]) {
      expect(parseAddress(text)).toBeUndefined();
    }
  });

  it("IPv6", () => {
    expect(parseAddress("::")).toEqual(bytes(0, 0, 0, 0, 0, 0, 0, 0));
    expect(parseAddress("fd00::1:2")).toEqual(bytes(0xfd00, 0, 0, 0, 0, 0, 1, 2));
    expect(parseAddress("1:2:3:4:5:6:7::")).toEqual(bytes(1, 2, 3, 4, 5, 6, 7, 0));
    expect(parseAddress("64:ff9b::1.2.3.4")).toEqual(bytes(0x64, 0xff9b, 0, 0, 0, 0, 0x102, 0x304));
    expect(parseAddress("fe80::1%eth0")).toEqual(bytes(0xfe80, 0, 0, 0, 0, 0, 0, 1));
    expect(parseAddress("::ffff:10.0.0.1")).toEqual([10, 0, 0, 1]);
    expect(parseAddress("::ffff:a00:1")).toEqual([10, 0, 0, 1]);
    for (const text of [
      "",
      ":",
      ":::",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "g::",
      "12345::",
      "1.2.3.4::",
    ]) {
      expect(parseAddress(text)).toBeUndefined();
    }
  });

  it("ranges", () => {
    for (const text of ["10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32", "::/0", "fd00::/8", "::1/128"]) {
      expect(parseRange(text)).toBeDefined();
    }
    for (const text of [
      "10.0.0.0",
      "10.0.0.0/33",
      "10.0.0.0/08",
      "10.0.0.0/-1",
      "10/8",
      "::/129",
      "x/8",
      "/8",
      "10.0.0.0/8/8",
    ]) {
      expect(parseRange(text)).toBeUndefined();
    }
  });
});

/** The bytes of eight groups. */
function bytes(...groups: readonly number[]): readonly number[] {
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}
