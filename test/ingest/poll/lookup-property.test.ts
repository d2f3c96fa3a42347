/** Whatever comes late by less than the overlap, and whatever kills the gateway in between: each event once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLookupKit, KIT_LIMITS, type KitOptions, MINUTE_MS, NOON } from "../../support/lookup-kit.ts";
import { openTestSqliteBroker } from "../../support/sqlite-broker.ts";

const OVERLAP_MS = 30 * MINUTE_MS;
const SPAN_MS = 180 * MINUTE_MS;

/** Where a scan is killed: at a request, before a commit, or after it and before anybody learns of it. */
type Crash = { readonly at: "request" | "commit" | "committed"; readonly nth: number };

const crash: fc.Arbitrary<Crash> = fc.record({
  at: fc.constantFrom("request", "commit", "committed"),
  nth: fc.integer({ min: 1, max: 6 }),
});

const story = fc.record({
  events: fc.array(
    fc.record({ timeMs: fc.integer({ min: 0, max: SPAN_MS }), delayMs: fc.integer({ min: 0, max: OVERLAP_MS }) }),
    { maxLength: 120 },
  ),
  /** Many events in one go, so that slices have several pages and are cut. */
  burst: fc.record({
    timeMs: fc.integer({ min: 0, max: SPAN_MS }),
    count: fc.integer({ min: 0, max: 400 }),
    spreadMs: fc.constantFrom(1, 1000, 60_000),
    delayMs: fc.integer({ min: 0, max: OVERLAP_MS }),
  }),
  scans: fc.array(
    fc.record({ pauseMs: fc.integer({ min: 0, max: 40 * MINUTE_MS }), crash: fc.option(crash, { freq: 3 }) }),
    { minLength: 1, maxLength: 12 },
  ),
  emptyEvery: fc.constantFrom(2, 3, Number.POSITIVE_INFINITY),
});

/** Answers how many events were committed, and which of those that should be were not. */
async function play(told: typeof story extends fc.Arbitrary<infer T> ? T : never, options: KitOptions = {}) {
  const kit = await createLookupKit({ overlapMs: OVERLAP_MS, firstScanMs: OVERLAP_MS, ...options });
  kit.history.emptyEvery = told.emptyEvery;
  const { timeMs: burstMs, count, spreadMs, delayMs: burstDelayMs } = told.burst;
  const burst = Array.from({ length: count }, (_, n) => ({
    timeMs: burstMs + Math.floor((n * spreadMs) / count),
    delayMs: burstDelayMs,
  }));
  const ids = [...told.events, ...burst].map(({ timeMs, delayMs }) =>
    kit.history.add(NOON + timeMs, { visibleAtMs: NOON + timeMs + delayMs }),
  );
  for (const [at, { pauseMs, crash }] of told.scans.entries()) {
    // What is killed before it committed anything at all was never there.
    if (crash) await scanUntil(at === 0 ? { ...crash, nth: crash.nth + 1 } : crash);
    else await kit.scan();
    kit.time.skip(pauseMs);
  }
  kit.disturb = () => undefined;
  // Until all is visible, and once more.
  kit.time.skip(Math.max(0, NOON + SPAN_MS + OVERLAP_MS + MINUTE_MS * 2 - kit.time.clock()));
  await kit.scan();
  const found = await kit.ids();
  await kit.broker.close();
  return { found: found.toSorted(), expected: ids.toSorted() };

  async function scanUntil({ at, nth }: Crash): Promise<void> {
    let requests = 0;
    let commits = 0;
    kit.disturb = () => {
      requests += 1;
      if (at === "request" && requests === nth) throw new Error("killed");
      return undefined;
    };
    await kit
      .scan({
        async append(params) {
          commits += 1;
          const dies = at !== "request" && commits === nth;
          if (dies && at === "commit") throw new Error("killed");
          const outcomes = await kit.broker.append(params);
          if (dies) throw new Error("killed");
          return outcomes;
        },
      })
      .catch((error) => {
        if (error.message !== "killed") throw error;
      });
    kit.disturb = () => undefined;
    kit.restart();
  }
}

describe("records that come late by no more than the overlap", () => {
  it("are all delivered, each once, over random crashes, into memory", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const { found, expected } = await play(told);
        expect(found).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it("are all delivered, each once, over random crashes, into SQLite", async () => {
    const directory = mkdtempSync(join(tmpdir(), "poolcast-lookup-"));
    let files = 0;
    try {
      await fc.assert(
        fc.asyncProperty(story, async (told) => {
          const path = join(directory, `${files++}.db`);
          const { found, expected } = await play(told, {
            broker: (clock) => openTestSqliteBroker({ path, clock, ...KIT_LIMITS }),
          });
          expect(found).toEqual(expected);
        }),
        { numRuns: 25 },
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }, 120_000);

  it("are missed where they come later than that: the property can fail", async () => {
    const late = { timeMs: 0, delayMs: OVERLAP_MS + 21 * MINUTE_MS };
    const scans = Array.from({ length: 10 }, () => ({ pauseMs: 20 * MINUTE_MS, crash: null }));
    const none = { timeMs: 0, count: 0, spreadMs: 1 as const, delayMs: 0 };
    const { found } = await play({ events: [late], burst: none, scans, emptyEvery: Number.POSITIVE_INFINITY });
    expect(found).toEqual([]);
  });
});
