import { describe, expect, it } from "vitest";
import { FIRST_LENGTH_MS, lengthAfter, MOST_PAGES, shorterLength } from "../../../src/ingest/poll/lookup-length.ts";

const HOUR = { fromMs: 0, toMs: 3_600_000 };

describe("the length of the next slice", () => {
  it("grows eightfold at most, and never beyond 90 days", () => {
    expect(lengthAfter(3_600_000, HOUR, 0)).toBe(8 * 3_600_000);
    expect(lengthAfter(3_600_000, HOUR, 400)).toBe(2 * 3_600_000);
    expect(lengthAfter(80 * FIRST_LENGTH_MS, { fromMs: 0, toMs: 80 * FIRST_LENGTH_MS }, 0)).toBe(90 * FIRST_LENGTH_MS);
  });

  it("shrinks to what would have held 800 events, to a quarter at most, and never below a second", () => {
    expect(lengthAfter(3_600_000, HOUR, 1600)).toBe(1_800_000);
    expect(lengthAfter(3_600_000, HOUR, 100_000)).toBe(900_000);
    expect(lengthAfter(1000, { fromMs: 0, toMs: 1000 }, 5000)).toBe(1000);
  });

  it("does not shrink because little was left to read", () => {
    expect(lengthAfter(3_600_000, { fromMs: 0, toMs: 60_000 }, 10)).toBe(3_600_000);
  });
});

describe("a slice that is read", () => {
  /** So many pages of 50 events, each page as long. */
  const pages = (count: number, pageMs: number) =>
    Array.from({ length: count }, (_, n) => ({ events: 50 * (n + 1), oldestMs: HOUR.toMs - pageMs * (n + 1) }));

  it("goes on where few enough are to be expected", () => {
    for (let n = 1; n < MOST_PAGES; n++) expect(shorterLength(HOUR, pages(n, 3_600_000 / MOST_PAGES))).toBeUndefined();
  });

  it("is cut after four pages where it is too busy, to hold 800 events at that rate", () => {
    expect(shorterLength(HOUR, pages(3, 1000))).toBeUndefined();
    expect(shorterLength(HOUR, pages(4, 1000))).toBe(16_000);
  });

  it("is judged by its last pages, where a quiet time ends in a busy one", () => {
    const quiet = pages(8, 300_000);
    const last = quiet.at(-1) ?? { events: 0, oldestMs: 0 };
    const busy = [1, 2, 3, 4].map((n) => ({ events: last.events + 50 * n, oldestMs: last.oldestMs - 1000 * n }));
    expect(shorterLength(HOUR, [...quiet, ...busy.slice(0, 2)])).toBeUndefined();
    expect(shorterLength(HOUR, [...quiet, ...busy])).toBe(16_000);
  });

  it("is halved where it has too many pages though they are empty", () => {
    const empty = Array.from({ length: MOST_PAGES }, () => ({ events: 0, oldestMs: HOUR.toMs }));
    expect(shorterLength(HOUR, empty)).toBe(1_800_000);
  });

  it("is never cut below a second", () => {
    const second = { fromMs: 0, toMs: 1000 };
    const full = Array.from({ length: 100 }, (_, n) => ({ events: 50 * (n + 1), oldestMs: 0 }));
    expect(shorterLength(second, full)).toBeUndefined();
  });
});
