import { describe, expect, it } from "vitest";
import { encodeEvent } from "../../src/core/event.ts";
import type { Filter } from "../../src/core/filter.ts";
import { isWanted } from "../../src/core/wanted.ts";

function ofType(type: string) {
  return encodeEvent({ specversion: "1.0", id: "1", source: "/poolcast", type }, "json", "{}");
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
    expect(isWanted(filters, GAP)).toBe(false);
    expect(isWanted(filters, CREATED)).toBe(true);
  });

  it.each<[string, readonly Filter[]]>([
    ["by its type", [{ exact: { type: "dev.poolcast.gap_detected" } }]],
    ["by the prefix of all of them", [{ prefix: { type: "dev.poolcast." } }]],
    ["by its end", [{ suffix: { type: ".gap_detected" } }]],
    ["as one of several", [{ any: [{ prefix: { type: "com." } }, { prefix: { type: "dev.poolcast." } }] }]],
    ["together with others", [{ all: [{ exact: { type: "dev.poolcast.gap_detected" } }, { exact: { id: "1" } }] }]],
  ])("takes poolcast's own where it is asked for %s", (_, filters) => {
    expect(isWanted(filters, GAP)).toBe(true);
  });

  it("leaves poolcast's own where another filter does", () => {
    const filters: readonly Filter[] = [{ prefix: { type: "dev.poolcast." } }, { exact: { id: "2" } }];
    expect(isWanted(filters, GAP)).toBe(false);
  });
});
