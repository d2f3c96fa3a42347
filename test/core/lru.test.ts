import { describe, expect, it } from "vitest";
import { createLru } from "../../src/core/lru.ts";

const lengthLru = (maxWeight: number) => createLru<string, string>({ maxWeight, weightOf: (text) => text.length });

describe("an LRU", () => {
  it("forgets what was not asked for longest, by weight", () => {
    const lru = lengthLru(6);
    for (const [key, value] of [
      ["a", "12"],
      ["b", "12"],
      ["c", "12"],
    ] as const)
      lru.set(key, value);
    lru.get("a");
    lru.set("d", "123");
    expect(["a", "b", "c", "d"].map(lru.get)).toEqual(["12", undefined, undefined, "123"]);
  });

  it("weighs a value that replaces another once, and none that was deleted", () => {
    const lru = lengthLru(6);
    for (let at = 0; at < 10; at++) lru.set("a", "1234");
    lru.set("b", "12");
    expect(lru.get("a")).toBe("1234");
    lru.delete("a");
    lru.set("c", "1234");
    expect([lru.get("b"), lru.get("c")]).toEqual(["12", "1234"]);
  });

  it("keeps nothing that is too heavy alone", () => {
    const lru = lengthLru(3);
    lru.set("a", "1234");
    lru.set("b", "1");
    expect([lru.get("a"), lru.get("b")]).toEqual([undefined, "1"]);
  });
});
