import { describe, expect, it } from "vitest";
import { isObject, member } from "../../src/core/json.ts";

describe("isObject", () => {
  it("is true of objects only, not of lists and null", () => {
    expect([{}, Object.create(null), JSON.parse('{"a":1}')].map(isObject)).toEqual([true, true, true]);
    expect([null, undefined, [], "", 0, true, () => {}].map(isObject)).toEqual(Array(7).fill(false));
  });
});

describe("member", () => {
  it("reads what the object itself has", () => {
    expect(member({ a: 1 }, "a")).toBe(1);
    expect(member({ a: null }, "a")).toBeNull();
    expect(member(JSON.parse('{"__proto__":{"x":1}}'), "__proto__")).toEqual({ x: 1 });
  });

  it("never reads what is inherited, nor anything of what is no object", () => {
    for (const key of ["__proto__", "constructor", "toString"]) expect(member({}, key)).toBeUndefined();
    expect(member([1], "0")).toBeUndefined();
    expect(member("text", "length")).toBeUndefined();
    expect(member(null, "a")).toBeUndefined();
  });
});
