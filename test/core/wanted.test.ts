import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventAttributes } from "../../src/core/event.ts";
import type { Filter } from "../../src/core/filter.ts";
import { areWanted, areWantedByType } from "../../src/core/wanted.ts";

function ofType(type: string): EventAttributes {
  return { specversion: "1.0", id: "1", source: "/poolcast", type };
}

const GAP = ofType("dev.poolcast.gap_detected");
const CREATED = ofType("com.amazon.cognito-idp.user.created");

describe("what a subscription wants", () => {
  it.each<[string, readonly Filter[]]>([
    ["without filters", []],
    ["by what they are not", [{ not: { suffix: { type: "_failed" } } }]],
    ["by their source", [{ prefix: { source: "/" } }]],
    ["by any type at all", [{ prefix: { type: "" } }]],
    [
      "by one of two, of which the other one lets them in",
      [{ any: [{ exact: { type: "x" } }, { exact: { id: "1" } }] }],
    ],
    ["by a negation within a list", [{ all: [{ not: { exact: { type: "x" } } }] }]],
  ])("takes an event of a pool and leaves poolcast's own %s", (_, filters) => {
    expect(areWanted(filters, GAP)).toBe(false);
    expect(areWanted(filters, CREATED)).toBe(true);
  });

  it.each<[string, readonly Filter[]]>([
    ["by its type", [{ exact: { type: "dev.poolcast.gap_detected" } }]],
    ["by the prefix of all of them", [{ prefix: { type: "dev.poolcast." } }]],
    ["by its end", [{ suffix: { type: ".gap_detected" } }]],
    ["as one of several", [{ any: [{ prefix: { type: "com." } }, { prefix: { type: "dev.poolcast." } }] }]],
    ["together with others", [{ all: [{ exact: { type: "dev.poolcast.gap_detected" } }, { exact: { id: "1" } }] }]],
  ])("takes poolcast's own where it is asked for %s", (_, filters) => {
    expect(areWanted(filters, GAP)).toBe(true);
  });

  it("leaves poolcast's own where another filter does", () => {
    const filters: readonly Filter[] = [{ prefix: { type: "dev.poolcast." } }, { exact: { id: "2" } }];
    expect(areWanted(filters, GAP)).toBe(false);
  });
});

const TYPES = ["com.a", "com.b", "com.a.b", "dev.poolcast.x", "dev.poolcast.y", ""];
const IDS = ["1", "2", "12"];
const text = fc.constantFrom(...TYPES, "com.", "dev.poolcast.", ".b");
const map = fc.oneof(
  fc.record({ type: text }),
  fc.record({ id: fc.constantFrom(...IDS) }),
  fc.record({ type: text, id: fc.constantFrom(...IDS) }),
  fc.record({ absent: fc.constant("x") }),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    fc.record({ exact: map }),
    fc.record({ prefix: map }),
    fc.record({ suffix: map }),
    fc.record({ all: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("filter") }),
  ),
}));

describe("what a subscription wants by the type alone", () => {
  it("is what it wants of every event of that type, or not decided", () => {
    const decided = { true: 0, false: 0, undefined: 0 };
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 3 }), fc.constantFrom(...TYPES), (filters, type) => {
        const verdict = areWantedByType(filters, type);
        decided[`${verdict}`] += 1;
        if (verdict === undefined) return;
        for (const id of IDS) expect(areWanted(filters, { ...ofType(type), id })).toBe(verdict);
      }),
      { numRuns: 3000 },
    );
    // None of the three is rare, so that each was tried.
    expect(Math.min(...Object.values(decided))).toBeGreaterThan(100);
  });

  it.each<[string, readonly Filter[], string, boolean | undefined]>([
    ["no filters", [], "com.a", true],
    ["no filters, of poolcast's own", [], "dev.poolcast.x", false],
    ["an exact type", [{ exact: { type: "com.a" } }], "com.b", false],
    ["a prefix of types", [{ prefix: { type: "com." } }], "com.b", true],
    ["a negation", [{ not: { exact: { type: "com.b" } } }], "com.b", false],
    ["another attribute", [{ exact: { id: "1" } }], "com.a", undefined],
    ["a type and another attribute", [{ exact: { type: "com.b", id: "1" } }], "com.a", false],
    ["one of two types", [{ any: [{ exact: { type: "com.a" } }, { exact: { type: "com.b" } }] }], "com.c", false],
  ])("is decided as far as it can be: %s", (_, filters, type, expected) => {
    expect(areWantedByType(filters, type)).toBe(expected);
  });
});
