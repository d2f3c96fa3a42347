import { describe, expect, it } from "vitest";
import { toHex } from "../../src/core/hex.ts";

describe("toHex", () => {
  it("writes every byte as two small digits, also a view into a larger buffer", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(toHex(all)).toBe(Buffer.from(all).toString("hex"));
    expect(toHex(all.subarray(9, 12))).toBe("090a0b");
    expect(toHex(new Uint8Array(0))).toBe("");
  });
});
