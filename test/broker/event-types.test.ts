import { describe, expect, it } from "vitest";
import { createEventTypes } from "../../src/broker/sql/event-types.ts";
import type { Filter } from "../../src/core/filter.ts";

const ONLY_A: readonly Filter[] = [{ exact: { type: "a" } }];
const CAPACITY = 2 ** 18;

describe("the types of the latest events", () => {
  it("tell what filters miss, one after the other", () => {
    const types = createEventTypes();
    for (const [at, type] of ["b", "b", "a", "b"].entries()) types.note(at + 1, type);
    expect(types.missedUpTo(ONLY_A, 0, 4)).toBe(2);
    expect(types.missedUpTo(ONLY_A, 0, 1)).toBe(1);
    expect(types.missedUpTo(ONLY_A, 2, 4)).toBe(2);
    expect(types.missedUpTo(ONLY_A, 3, 4)).toBe(4);
    expect(types.countToMiss(ONLY_A, 2, 9)).toBe(1);
    expect([1, 3, 5].map((seq) => types.verdict(ONLY_A, seq))).toEqual([false, true, undefined]);
  });

  it("tell nothing of what was not noted, or is gone", () => {
    const types = createEventTypes();
    types.note(1, "b");
    types.note(2, "b");
    types.forget(2);
    expect(types.missedUpTo(ONLY_A, 0, 9)).toBe(1);
    expect(types.verdict(ONLY_A, 2)).toBeUndefined();
    expect(types.countToMiss(ONLY_A, 1, 64)).toBe(64);
  });

  it("are those that were noted last, where a number was used again", () => {
    const types = createEventTypes();
    types.note(1, "b");
    types.note(1, "a");
    expect(types.verdict(ONLY_A, 1)).toBe(true);
  });

  it("are kept of the latest alone", () => {
    const types = createEventTypes();
    types.note(1, "a");
    types.note(1 + CAPACITY, "b");
    types.note(1, "a");
    expect(types.verdict(ONLY_A, 1)).toBeUndefined();
    expect(types.verdict(ONLY_A, 1 + CAPACITY)).toBe(false);
  });

  it("begin anew where somebody posts events of ever new types", () => {
    const types = createEventTypes();
    types.note(1, "b");
    expect(types.verdict(ONLY_A, 1)).toBe(false);
    for (let seq = 2; seq < 6000; seq++) types.note(seq, `type-${seq}`);
    types.note(6000, "a");
    expect(types.verdict(ONLY_A, 1)).toBeUndefined();
    expect(types.verdict(ONLY_A, 5999)).toBe(false);
    expect(types.verdict(ONLY_A, 6000)).toBe(true);
  });
});
