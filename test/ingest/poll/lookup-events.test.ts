import { describe, expect, it } from "vitest";
import type { PollFault } from "../../../src/ingest/poll/fault.ts";
import {
  createLookupKit,
  DAY_MS,
  expectDone,
  HOUR_MS,
  type LookupKit,
  MINUTE_MS,
  NOON,
  SECOND_MS,
} from "../../support/lookup-kit.ts";

const EXPIRED: PollFault = { code: "expired_credentials", error: "ExpiredTokenException" };
const THROTTLED: PollFault = { code: "throttled", error: "ThrottlingException" };

/** `count` events evenly in the time before `toMs`, oldest first. */
function fill({ history }: LookupKit, fromMs: number, toMs: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => history.add(fromMs + Math.floor((n * (toMs - fromMs)) / count)));
}

describe("the first scan", () => {
  it("reads as far back as the overlap, in one request, and commits oldest first", async () => {
    const kit = await createLookupKit();
    kit.history.add(NOON - 31 * MINUTE_MS);
    const ids = fill(kit, NOON - 30 * MINUTE_MS, NOON, 3);
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual(ids);
    expect(kit.requests).toHaveLength(1);
  });

  it("reads as far back as it is told, and no later one looks further back", async () => {
    const kit = await createLookupKit({ firstScanMs: 3 * DAY_MS });
    const ids = fill(kit, NOON - 3 * DAY_MS, NOON, 30);
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual(ids);

    const short = await createLookupKit({ firstScanMs: MINUTE_MS });
    short.history.add(NOON - 10 * MINUTE_MS);
    expectDone(await short.scan());
    short.time.skip(MINUTE_MS);
    expectDone(await short.scan());
    expect(await short.ids()).toEqual([]);
  });

  it("that fails for hours has been begun all the same: the next one looks back as far as it would have", async () => {
    const kit = await createLookupKit();
    const ids = [kit.history.add(NOON - 20 * MINUTE_MS)];
    kit.disturb = () => EXPIRED;
    expect(await kit.scan()).toMatchObject({ ok: false });
    kit.time.skip(3 * HOUR_MS);
    ids.push(kit.history.add(NOON + HOUR_MS));
    kit.restart();
    kit.disturb = () => undefined;
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual(ids);
  });

  it("of a poll without overlap remembers where it was", async () => {
    const kit = await createLookupKit({ overlapMs: 0, firstScanMs: 0 });
    expectDone(await kit.scan());
    kit.time.skip(MINUTE_MS);
    const ids = fill(kit, NOON, NOON + MINUTE_MS, 2);
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual(ids);
  });
});

describe("a scan", () => {
  it("has an end that stays where it was when the scan began", async () => {
    const kit = await createLookupKit({ firstScanMs: HOUR_MS });
    const ids = fill(kit, NOON - HOUR_MS, NOON, 200);
    kit.disturb = ({ atMs }) => {
      kit.history.add(atMs);
      return undefined;
    };
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual(ids);
    expect(Math.max(...kit.requests.map(({ toMs }) => toMs))).toBe(NOON);
  });

  it("goes on behind an empty page that has a token", async () => {
    const kit = await createLookupKit({ firstScanMs: HOUR_MS });
    const ids = fill(kit, NOON - HOUR_MS, NOON, 300);
    kit.history.emptyEvery = 2;
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual(ids);
  });

  it("begins a slice anew where a token is refused in its midst", async () => {
    const kit = await createLookupKit({ firstScanMs: HOUR_MS });
    const ids = fill(kit, NOON - HOUR_MS, NOON, 300);
    let requests = 0;
    kit.disturb = () => {
      requests += 1;
      if (requests === 3) kit.history.dropTokens();
      return undefined;
    };
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual(ids);
    expect(kit.requests.filter(({ token }) => token === undefined)).toHaveLength(2);
  });

  it("gives up where every token is refused, without a loop", async () => {
    const kit = await createLookupKit({ firstScanMs: HOUR_MS });
    fill(kit, NOON - HOUR_MS, NOON, 300);
    kit.disturb = () => void kit.history.dropTokens();
    expect(await kit.scan()).toMatchObject({ ok: false, error: { code: "invalid_token" } });
    expect(kit.requests.length).toBeLessThan(10);
  });

  it("counts what is no JSON or no record as ignored, and takes its neighbours", async () => {
    const kit = await createLookupKit();
    const first = kit.history.add(NOON - 3000);
    kit.history.add(NOON - 2000, { text: '{"eventID": "cut off' });
    kit.history.add(NOON - 2000, { text: '"a text"' });
    kit.history.add(NOON - 2000, { text: "" });
    const last = kit.history.add(NOON - 1000);
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual([first, last]);
    expect(await kit.metric('poolcast_ingest_ignored_total{road="lookup",reason="invalid_json"}')).toBe(2);
    expect(await kit.metric('poolcast_ingest_ignored_total{road="lookup",reason="not_a_record"}')).toBe(1);
  });

  it("takes events that came late inside the overlap, once, and counts them", async () => {
    const kit = await createLookupKit();
    const early = kit.history.add(NOON - 5 * MINUTE_MS);
    const late = kit.history.add(NOON - 10 * MINUTE_MS, { visibleAtMs: NOON + 15 * MINUTE_MS });
    for (let minute = 0; minute < 20; minute++) {
      expectDone(await kit.scan());
      kit.time.skip(MINUTE_MS);
    }
    expect(await kit.ids()).toEqual([early, late]);
    expect(await kit.metric("poolcast_lookup_late_events_total")).toBe(1);
    expect(kit.requests).toHaveLength(20);
  });

  it("reads a second with more events than should be held, page by page", async () => {
    const kit = await createLookupKit();
    const ids = Array.from({ length: 5000 }, () => kit.history.add(NOON - MINUTE_MS));
    const before = kit.history.add(NOON - 2 * MINUTE_MS);
    const after = kit.history.add(NOON - MINUTE_MS / 2);
    let most = 0;
    expectDone(
      await kit.scan({
        append(params) {
          most = Math.max(most, params.events.length);
          return kit.broker.append(params);
        },
      }),
    );
    const found = await kit.ids();
    expect(found.toSorted()).toEqual([before, ...ids, after].toSorted());
    expect([found.at(0), found.at(-1)]).toEqual([before, after]);
    expect(most).toBeLessThanOrEqual(1600);
    expect(kit.poll().lagMs()).toBeLessThan(10 * MINUTE_MS);
  });

  it("ends at once when the gateway stops, and commits nothing more", async () => {
    const kit = await createLookupKit({ firstScanMs: DAY_MS });
    fill(kit, NOON - DAY_MS, NOON, 10_000);
    const controller = new AbortController();
    kit.disturb = () => {
      if (kit.requests.length === 100) controller.abort();
      return undefined;
    };
    expect(await kit.scan({ signal: controller.signal })).toEqual({
      ok: false,
      error: { code: "stopped", error: "stopped" },
    });
    expect(kit.requests).toHaveLength(100);
  });
});

describe("where AWS answers slowly and several slices are read at once", () => {
  async function slowKit(): Promise<LookupKit> {
    const kit = await createLookupKit({ overlapMs: 0, firstScanMs: MINUTE_MS });
    const { signal } = new AbortController();
    kit.disturb = async () => {
      await kit.time.wait(3900, signal);
      return undefined;
    };
    return kit;
  }

  it("commits them in order all the same, also seconds that are committed in pieces", async () => {
    const kit = await slowKit();
    const seconds = [0, 1, 2, 3].map((n) =>
      Array.from({ length: 2500 }, () => kit.history.add(NOON - 30_000 + n * SECOND_MS)),
    );
    const secondOf = new Map(seconds.flatMap((ids, second) => ids.map((id) => [id, second] as const)));
    expectDone(await kit.scan());
    const found = (await kit.ids()).map((id) => secondOf.get(id));
    expect(found).toHaveLength(10_000);
    expect(found).toEqual(found.toSorted());
    // They were read at once, or this would say nothing.
    expect(new Set(kit.requests.slice(-60, -20).map(({ fromMs }) => fromMs)).size).toBeGreaterThan(1);
  });

  it("asks for nothing more once a scan has failed", async () => {
    const kit = await slowKit();
    fill(kit, NOON - MINUTE_MS, NOON, 20_000);
    const { disturb } = kit;
    kit.disturb = async (request) => {
      const fails = kit.requests.length === 20;
      await disturb(request);
      return fails ? EXPIRED : undefined;
    };
    expect(await kit.scan()).toEqual({ ok: false, error: EXPIRED });
    const asked = kit.requests.length;
    await kit.time.until(kit.time.wait(10 * MINUTE_MS, new AbortController().signal));
    expect(kit.requests).toHaveLength(asked);
  });
});

describe("faults", () => {
  it("are repeated after a pause where they pass: nothing is missing and the rate is never exceeded", async () => {
    const kit = await createLookupKit({ firstScanMs: HOUR_MS });
    const ids = fill(kit, NOON - HOUR_MS, NOON, 3000);
    kit.disturb = () => (kit.requests.length % 3 === 0 ? THROTTLED : undefined);
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual(ids);
    const gaps = kit.requests.slice(1).map(({ atMs }, at) => atMs - (kit.requests[at]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    const failures = await kit.metric(
      'poolcast_poll_request_failures_total{poll="lookupEvents",account="210987654321",region="eu-central-1",code="throttled"}',
    );
    expect(failures).toBe(Math.floor(kit.requests.length / 3));
  });

  it("that stay end the scan, with pauses between the tries", async () => {
    const kit = await createLookupKit();
    kit.disturb = () => THROTTLED;
    expect(await kit.scan()).toEqual({ ok: false, error: THROTTLED });
    expect(kit.requests).toHaveLength(7);
    expect(kit.time.clock() - NOON).toBeGreaterThan(20_000);
  });

  it("of credentials end the scan at once; the checkpoint stays and the next one goes on from there", async () => {
    const kit = await createLookupKit({ firstScanMs: HOUR_MS });
    const ids = fill(kit, NOON - HOUR_MS, NOON, 4000);
    kit.disturb = () => (kit.requests.length > 50 ? EXPIRED : undefined);
    expect(await kit.scan()).toEqual({ ok: false, error: EXPIRED });
    const checkpoint = kit.poll().detail().checkpoint;
    expect(kit.requests).toHaveLength(51);
    expect(await kit.scan()).toEqual({ ok: false, error: EXPIRED });
    expect(kit.poll().detail().checkpoint).toBe(checkpoint);
    kit.disturb = () => undefined;
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual(ids);
  });

  it("a lost lease ends the scan before the next request", async () => {
    const kit = await createLookupKit();
    expect(await kit.scan({ keep: async () => false })).toMatchObject({ error: { code: "lease_lost" } });
    expect(kit.requests).toHaveLength(0);
  });

  it("a crash in the midst of a slice, before or after the commit, loses nothing and repeats nothing", async () => {
    for (const after of [false, true]) {
      const kit = await createLookupKit({ firstScanMs: HOUR_MS });
      const ids = fill(kit, NOON - HOUR_MS, NOON, 5000);
      let appends = 0;
      const crashing: LookupKit["broker"]["append"] = async (params) => {
        appends += 1;
        const crash = appends === 3;
        if (!crash || after) await kit.broker.append(params);
        if (crash) throw new Error("killed");
        return params.events.map(() => "stored");
      };
      expect(await kit.scan({ append: crashing })).toMatchObject({ ok: false });
      kit.restart();
      expectDone(await kit.scan());
      expect(await kit.ids()).toEqual(ids);
    }
  });

  it("a clock that is ahead of AWS's does not move the checkpoint past AWS's time", async () => {
    const kit = await createLookupKit();
    kit.awsOffsetMs = -2 * HOUR_MS;
    const ids: string[] = [];
    for (let minute = 0; minute < 5; minute++) {
      ids.push(kit.history.add(kit.time.clock() - 2 * HOUR_MS - 10_000));
      expectDone(await kit.scan());
      expect(Date.parse(String(kit.poll().detail().checkpoint))).toBeLessThanOrEqual(kit.time.clock() - 2 * HOUR_MS);
      expect(kit.poll().lagMs()).toBeLessThan(5000);
      kit.time.skip(MINUTE_MS);
    }
    // The first scan, before it had heard of AWS's time, looked half an hour back from ours.
    expect(await kit.ids()).toEqual(ids);
  });
});

describe("a clock that is wrong", () => {
  const skews = [-10, -120, 10, 120].map((minutes) => [minutes] as const);
  it.each(skews)("by %i minutes against AWS's loses nothing, also without an overlap", async (minutes) => {
    const kit = await createLookupKit({ overlapMs: 0, firstScanMs: 30 * MINUTE_MS });
    kit.awsOffsetMs = minutes * MINUTE_MS;
    const ids: string[] = [];
    for (let minute = 0; minute < 40; minute++) {
      ids.push(kit.history.add(kit.time.clock() + kit.awsOffsetMs - 10_000));
      expectDone(await kit.scan());
      kit.time.skip(MINUTE_MS);
    }
    expect(await kit.ids()).toEqual(ids);
  });

  it("and set right before the first scan came to anything does not hold up the poll", async () => {
    const kit = await createLookupKit();
    kit.awsOffsetMs = -5 * HOUR_MS;
    kit.disturb = () => EXPIRED;
    expect(await kit.scan()).toMatchObject({ ok: false });
    kit.time.skip(-5 * HOUR_MS);
    kit.awsOffsetMs = 0;
    kit.disturb = () => undefined;
    const id = kit.history.add(kit.time.clock() - MINUTE_MS);
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual([id]);
  });
});

describe("after a downtime", () => {
  it("of a week it catches up oldest first, at the rate that AWS allows, and says how far it is", async () => {
    const kit = await createLookupKit({ overlapMs: 30 * MINUTE_MS });
    expectDone(await kit.scan());
    const before = kit.requests.length;
    kit.time.skip(7 * DAY_MS);
    const quiet = fill(kit, NOON, NOON + 3 * DAY_MS, 300);
    // Two busy hours: 3 events a second.
    const busy = fill(kit, NOON + 3 * DAY_MS, NOON + 3 * DAY_MS + 2 * HOUR_MS, 21_600);
    const last = fill(kit, NOON + 4 * DAY_MS, NOON + 7 * DAY_MS, 500);
    const startMs = kit.time.clock();
    expectDone(await kit.scan());
    expect(await kit.ids()).toEqual([...quiet, ...busy, ...last]);
    const requests = kit.requests.length - before;
    expect(requests).toBeLessThan(1.15 * (22_400 / 50));
    expect(kit.time.clock() - startMs).toBeLessThan(requests * 500 + 2000);
    const told = kit.log.filter(({ message }) => message.startsWith("catching up"));
    expect(told.length).toBeGreaterThan(4);
    expect(told.length).toBeLessThan(12);
    const behind = told.map(({ fields }) => Number(fields.behindSeconds));
    expect(behind).toEqual(behind.toSorted((a, b) => b - a));
    expect(kit.log.at(-1)?.message).toMatch(/^caught up/);
  });

  it.each([
    [50, 30_000],
    // Before it is known how much there is, nothing can be asked at once: that weighs less in a longer run.
    [3900, 80_000],
  ])(
    "reads at least 0.9 of the 100 events a second where an answer takes %i ms",
    { timeout: 120_000 },
    async (answerMs, count) => {
      const kit = await createLookupKit({ overlapMs: 0, firstScanMs: 0 });
      expectDone(await kit.scan());
      kit.time.skip(HOUR_MS);
      const ids = fill(kit, NOON, NOON + HOUR_MS, count);
      const { signal } = new AbortController();
      kit.disturb = async () => {
        await kit.time.wait(answerMs, signal);
        return undefined;
      };
      const startMs = kit.time.clock();
      expectDone(await kit.scan());
      const seconds = (kit.time.clock() - startMs) / 1000;
      expect(await kit.ids()).toEqual(ids);
      expect(ids.length / seconds).toBeGreaterThan(90);
      const gaps = kit.requests.slice(1).map(({ atMs }, at) => atMs - (kit.requests[at]?.atMs ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    },
  );

  it("of more than 90 days it tells the gap once for each pool, also over a crash, and goes on behind it", async () => {
    const arns = ["a", "b"].map((id) => `arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_${id}`);
    const kit = await createLookupKit({ arns });
    expectDone(await kit.scan());
    kit.time.skip(100 * DAY_MS);
    kit.history.add(NOON + 5 * DAY_MS);
    const kept = kit.history.add(NOON + 11 * DAY_MS);
    kit.disturb = () => EXPIRED;
    expect(await kit.scan()).toMatchObject({ ok: false });
    kit.disturb = () => undefined;
    kit.time.skip(MINUTE_MS);
    kit.restart();
    expectDone(await kit.scan());
    kit.time.skip(MINUTE_MS);
    expectDone(await kit.scan());
    const ids = await kit.ids();
    expect(ids.filter((id) => id !== kept)).toEqual(arns.map((arn) => `lookup/${arn}/2026-05-04T12:00:00.000Z`));
    expect(ids).toContain(kept);
    expect(kit.log.filter(({ message }) => message.includes("does not reach back"))).toHaveLength(1);
  });
});

describe("a pool above the ceiling", () => {
  it("is told once an hour that polling cannot keep up, until it can again", async () => {
    const kit = await createLookupKit({ overlapMs: 0, firstScanMs: 150 * SECOND_MS });
    const told = () => kit.log.filter(({ message }) => message.startsWith("polling cannot keep up")).length;
    let atMs = NOON - 150 * SECOND_MS;
    /** Makes what AWS recorded in the meantime. */
    const record = (perSecond: number) => {
      const toMs = kit.time.clock();
      fill(kit, atMs, toMs, Math.round(((toMs - atMs) * perSecond) / 1000));
      atMs = toMs;
    };
    record(110);
    expectDone(await kit.scan());
    expect([told(), kit.poll().detail().cannotKeepUp]).toEqual([1, true]);
    record(110);
    expectDone(await kit.scan());
    expect(told()).toBe(1);
    kit.time.skip(HOUR_MS);
    record(1);
    expectDone(await kit.scan());
    kit.time.skip(MINUTE_MS);
    expectDone(await kit.scan());
    expect(kit.poll().detail().cannotKeepUp).toBeUndefined();
  });

  it("is not told where half of the ceiling comes", async () => {
    const kit = await createLookupKit({ overlapMs: MINUTE_MS, firstScanMs: 5 * MINUTE_MS });
    fill(kit, NOON - 5 * MINUTE_MS, NOON + 3 * MINUTE_MS, 8 * 60 * 50);
    expectDone(await kit.scan());
    kit.time.skip(10 * SECOND_MS);
    expectDone(await kit.scan());
    expect(kit.log).toEqual([]);
    expect(kit.poll().detail().cannotKeepUp).toBeUndefined();
  });
});
