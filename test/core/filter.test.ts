import { describe, expect, it } from "vitest";
import type { EventAttributes } from "../../src/core/event.ts";
import { type Filter, matches, matchesAll } from "../../src/core/filter.ts";

const TYPE = "com.amazon.cognito-idp.user.signed_up";
const EVENT: EventAttributes = {
  specversion: "1.0",
  id: "d3a9",
  source: "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP",
  type: TYPE,
  subject: "user/ünal",
  empty: "",
  attempt: 3,
  test: false,
  absent: undefined,
};

describe("exact, prefix and suffix", () => {
  it.each<[string, Filter, boolean]>([
    ["the same text", { exact: { type: TYPE } }, true],
    ["a part of the text", { exact: { type: "com.amazon.cognito-idp.user." } }, false],
    ["the text in other letters", { exact: { type: TYPE.toUpperCase() } }, false],
    ["nothing, of an attribute that is empty", { exact: { empty: "" } }, true],
    ["nothing, of an attribute that is not", { exact: { type: "" } }, false],
    ["a number as text", { exact: { attempt: "3" } }, true],
    ["a boolean as text", { exact: { test: "false" } }, true],
    ["another number", { exact: { attempt: "30" } }, false],
    ["the beginning", { prefix: { type: "com.amazon.cognito-idp.user." } }, true],
    ["the whole text as its beginning", { prefix: { type: TYPE } }, true],
    ["more than the text as its beginning", { prefix: { type: `${TYPE}x` } }, false],
    ["the end as its beginning", { prefix: { type: "signed_up" } }, false],
    ["the middle as its beginning", { prefix: { type: "amazon" } }, false],
    ["the beginning of a number", { prefix: { attempt: "3" } }, true],
    ["the end", { suffix: { type: ".signed_up" } }, true],
    ["the whole text as its end", { suffix: { type: TYPE } }, true],
    ["more than the text as its end", { suffix: { type: `x${TYPE}` } }, false],
    ["the beginning as its end", { suffix: { type: "com.amazon" } }, false],
    ["an end outside of ASCII", { suffix: { subject: "ünal" } }, true],
    ["the same letters, composed otherwise", { suffix: { subject: "u\u0308nal" } }, false],
  ])("judge %s", (_, filter, wanted) => {
    expect(matches(filter, EVENT)).toBe(wanted);
  });

  it.each(["exact", "prefix", "suffix"] as const)("%s wants all of several keys", (dialect) => {
    const filter = (map: Readonly<Record<string, string>>): Filter => {
      if (dialect === "exact") return { exact: map };
      return dialect === "prefix" ? { prefix: map } : { suffix: map };
    };
    expect(matches(filter({ type: TYPE, id: "d3a9" }), EVENT)).toBe(true);
    expect(matches(filter({ type: TYPE, id: "other" }), EVENT)).toBe(false);
    expect(matches(filter({ type: "other", id: "d3a9" }), EVENT)).toBe(false);
  });

  it.each<[string, (map: Readonly<Record<string, string>>) => Filter]>([
    ["exact", (exact) => ({ exact })],
    ["prefix", (prefix) => ({ prefix })],
    ["suffix", (suffix) => ({ suffix })],
  ])("%s never matches an attribute the event does not have, nor one that every object has", (_, filter) => {
    for (const name of ["missing", "absent", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
      expect(matches(filter({ [name]: "" }), EVENT)).toBe(false);
    }
    for (const name of ["__proto__", "prototype", "__defineGetter__"]) {
      expect(matches(filter(JSON.parse(`{"${name}": ""}`)), EVENT)).toBe(false);
    }
    const inherited = String(Object.prototype.constructor);
    expect(matches(filter({ constructor: inherited }), EVENT)).toBe(false);
  });

  it("matches an attribute of the event that is called like one every object has", () => {
    expect(matches({ exact: { constructor: "acme" } }, { ...EVENT, constructor: "acme" })).toBe(true);
  });
});

const YES: Filter = { exact: { type: TYPE } };
const NO: Filter = { exact: { type: "other" } };
const MISSING: Filter = { prefix: { missing: "" } };

describe("all, any and not", () => {
  it.each<[Filter, boolean]>([
    [{ all: [YES, YES] }, true],
    [{ all: [YES, NO] }, false],
    [{ all: [NO, YES] }, false],
    [{ all: [] }, true],
    [{ any: [NO, YES] }, true],
    [{ any: [YES, NO] }, true],
    [{ any: [NO, NO] }, false],
    [{ any: [] }, false],
    [{ not: YES }, false],
    [{ not: NO }, true],
    [{ not: MISSING }, true],
    [{ not: { not: MISSING } }, false],
    [{ not: { all: [YES, NO] } }, true],
    [{ not: { any: [YES, NO] } }, false],
    [{ all: [{ any: [NO, { not: NO }] }, { not: { all: [YES, MISSING] } }] }, true],
    [{ any: [{ all: [YES, { not: YES }] }, { not: { any: [YES, MISSING] } }] }, false],
  ])("judge %j", (filter, wanted) => {
    expect(matches(filter, EVENT)).toBe(wanted);
  });
});

describe("a list of filters", () => {
  it("passes everything when it is empty", () => {
    expect(matchesAll([], EVENT)).toBe(true);
  });

  it("passes what passes each of them", () => {
    expect(matchesAll([YES, { not: { suffix: { type: "_failed" } } }], EVENT)).toBe(true);
    expect(matchesAll([YES, NO], EVENT)).toBe(false);
    expect(matchesAll([NO, YES], EVENT)).toBe(false);
  });
});
