import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constantTimeEqual, createCredentialCheck } from "../../src/core/secret-compare.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";

describe("constantTimeEqual", () => {
  it("says of any two byte strings whether they are equal", () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(constantTimeEqual(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(constantTimeEqual(a, Uint8Array.from(a))).toBe(true);
      }),
    );
  });

  it("sees a single bit, wherever it stands", () => {
    const bytes = sha256("secret");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(constantTimeEqual(bytes, changed)).toBe(false);
    }
  });

  it("refuses a part of the right bytes", () => {
    const bytes = sha256("secret");
    expect(constantTimeEqual(bytes, bytes.subarray(0, 31))).toBe(false);
    expect(constantTimeEqual(bytes.subarray(0, 31), bytes)).toBe(false);
    expect(constantTimeEqual(bytes, new Uint8Array(0))).toBe(false);
  });
});

describe("a credential check", () => {
  const isAccepted = createCredentialCheck(["first-key", "zweiter-Schlüssel"], sha256);

  it("accepts each of the keys", () => {
    expect(isAccepted("first-key")).toBe(true);
    expect(isAccepted("zweiter-Schlüssel")).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["another key of the same length", "first-kez"],
    ["a beginning of the key", "first-ke"],
    ["more than the key", "first-key "],
    ["other letters", "First-Key"],
    ["both keys", "first-keyzweiter-Schlüssel"],
    ["a very long one", "x".repeat(100_000)],
  ])("refuses %s", (_, presented) => {
    expect(isAccepted(presented)).toBe(false);
  });

  it("refuses everything where there is no key", () => {
    const none = createCredentialCheck([], sha256);
    expect(none("")).toBe(false);
    expect(none("first-key")).toBe(false);
  });

  it("compares with every key, also after one has matched, so that the time does not tell which", () => {
    let read = 0;
    const counting = createCredentialCheck(["a", "b", "c"], (text) => {
      const hash = sha256(text);
      return new Proxy(hash, {
        get(target, key) {
          if (key === "31") read += 1;
          const value = Reflect.get(target, key, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    });
    counting("a");
    const first = read;
    read = 0;
    counting("c");
    expect(first).toBe(read);
    expect(read).toBe(6);
  });
});
