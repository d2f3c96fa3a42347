import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBatch, type PostedEventResult } from "../../../src/core/cloudevents-http.ts";
import type { Ingest, IngestResult } from "../../../src/ingest/ingest.ts";
import { createFinderIngest, createSpreadIngest } from "../../../src/ingest/shards/spread.ts";
import { type Unwrapped, unwrap } from "../../../src/ingest/unwrap.ts";
import { changes, mutated } from "../../mappers/any-json.ts";
import { activityLog } from "../../support/firehose.ts";
import { cloudTrailRecord, eventBridgeEvent } from "../../support/records.ts";
import { committed, openIngest, openShards, POOL, poolArn } from "./shards-kit.ts";

const HOME = "210987654321.eu-central-1";
const AWAY = "333344445555.us-west-2";
const away = (id?: string) => cloudTrailRecord(id, { recipientAccountId: "333344445555", awsRegion: "us-west-2" });
const ROAD = { road: "cloudtrail" } as const;

function setUp(most?: number) {
  const kit = openShards(most);
  return { ...kit, spread: createSpreadIngest({ shards: kit.shards, poolArn }) };
}

function counts(result: IngestResult) {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function posted(...events: readonly object[]): readonly PostedEventResult[] {
  const batch = decodeBatch(JSON.stringify(events));
  if (!batch.ok) throw new Error(batch.error);
  return batch.value;
}

const event = (id: string, source: string) => ({ specversion: "1.0", id, source, type: "own.happened" });

describe("records of one request", () => {
  it("go to the shards of their accounts and Regions, in their order, and are counted together", async () => {
    const { spread, ids, sent } = setUp();
    const records = ["a", "b", "c", "d"].map((id, at) => (at % 2 === 0 ? cloudTrailRecord(id) : away(id)));
    const found = unwrap({ Records: [...records, { eventSource: "s3.amazonaws.com" }, cloudTrailRecord("a")] });
    expect(counts(await spread.records(found, ROAD))).toEqual({ accepted: 4, duplicates: 1, ignored: 1 });
    expect([await ids(HOME), await ids(AWAY), await ids("gateway")]).toEqual([["a", "c"], ["b", "d"], []]);
    expect(sent.map(({ name }) => name)).toEqual([HOME, AWAY, "gateway"]);
  });

  it("are refused as a whole where one shard fails, and lose nothing when they come again", async () => {
    const { spread, ids, failing } = setUp();
    const found = unwrap([cloudTrailRecord("a"), away("b")]);
    failing.add(AWAY);
    expect(await spread.records(found, ROAD)).toEqual({ ok: false, error: "broker_unavailable" });
    failing.clear();
    expect(counts(await spread.records(found, ROAD))).toMatchObject({ accepted: 1, duplicates: 1 });
    expect([await ids(HOME), await ids(AWAY)]).toEqual([["a"], ["b"]]);
  });

  it("go to `gateway` where there may be no more shards, those that came before to theirs", async () => {
    const { spread, ids } = setUp(1);
    await spread.records(unwrap(cloudTrailRecord("a")), ROAD);
    await spread.records(unwrap([away("b"), cloudTrailRecord("c")]), ROAD);
    expect([await ids(HOME), await ids(AWAY), await ids("gateway")]).toEqual([["a", "c"], [], ["b"]]);
  });

  it("that make no event burden no shard of their own", async () => {
    const { spread, sent } = setUp();
    const found: Unwrapped[] = [{ kind: "ignored", reason: "control_message" }, ...unwrap(away())];
    expect(counts(await spread.records(found, ROAD))).toEqual({ accepted: 1, duplicates: 0, ignored: 1 });
    expect(sent.map(({ name }) => name)).toEqual([AWAY]);
    expect(counts(await spread.records([], ROAD))).toEqual({ accepted: 0, duplicates: 0, ignored: 0 });
  });

  it("cross in slices", async () => {
    const { spread, sent, ids } = setUp();
    const records = Array.from({ length: 40 }, (_, at) => cloudTrailRecord(`${at}`, { note: "é".repeat(50_000) }));
    expect(counts(await spread.records(unwrap(records), ROAD))).toMatchObject({ accepted: 40 });
    expect(sent.length).toBeGreaterThan(3);
    expect(Math.max(...sent.map(({ bytes }) => bytes))).toBeLessThan(3 * 512 * 1024);
    expect(await ids(HOME)).toEqual(records.map(({ eventID }) => eventID));
  });

  it("are written down when their slice is sent, so that never all are in memory twice", async () => {
    const { spread, sent } = setUp();
    /** Slices that had been sent when each record was written down. */
    const before: number[] = [];
    const records = Array.from({ length: 40 }, (_, at) => ({
      ...cloudTrailRecord(`${at}`),
      get note() {
        before.push(sent.length);
        return "y".repeat(100_000);
      },
    }));
    expect(counts(await spread.records(unwrap(records), ROAD))).toMatchObject({ accepted: 40 });
    expect(before).toHaveLength(40);
    expect(new Set(before).size).toBe(sent.length);
  });

  it("are taken whatever is in them: too deep to be written down, too large to cross", async () => {
    const { spread, ids } = setUp();
    const deep = JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`);
    const records = [cloudTrailRecord("a", { deep }), cloudTrailRecord("b", { large: "x".repeat(9 * 1024 ** 2) })];
    const found = unwrap([...records, cloudTrailRecord("c")]);
    expect(counts(await spread.records(found, ROAD))).toEqual({ accepted: 2, duplicates: 0, ignored: 1 });
    expect(await ids(HOME)).toEqual(["a", "c"]);
  });

  it("make the events that one ingest makes of them, each once, whatever they hold", async () => {
    const place = fc.constantFrom(
      {},
      { recipientAccountId: "333344445555" },
      { awsRegion: "us-west-2" },
      { awsRegion: 7 },
    );
    const record = fc.tuple(place, fc.option(changes)).map(([where, list]) => {
      const made = cloudTrailRecord(undefined, where);
      return list === null ? made : mutated(made, list);
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 12 }), async (records) => {
        const { spread, opened } = setUp();
        const whole = await openIngest();
        const found = unwrap(records);
        expect(await spread.records(found, ROAD)).toEqual(await whole.ingest.records(found, ROAD));
        const parts = await Promise.all([...opened].map(async ([name, one]) => [name, await committed(one)] as const));
        const sources = (list: readonly { source: string }[]) => list.map(({ source }) => source).toSorted();
        expect(sources(parts.flatMap(([, list]) => list))).toEqual(sources(await committed(whole)));
        for (const [name, list] of parts) {
          for (const { source } of list) {
            const [, , , region, account] = source.split(":");
            expect(name).toBe(region === "" || account === "" ? "gateway" : `${account}.${region}`);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("the shard of a record", () => {
  it("is the same by every road, whatever stands around the record", async () => {
    const { spread, sent } = setUp();
    // Without an account of its own it is known by none.
    for (const record of [cloudTrailRecord(), away(), cloudTrailRecord(undefined, { recipientAccountId: undefined })]) {
      sent.splice(0);
      const copied = { ...eventBridgeEvent(record), account: "999999999999", region: "ap-south-1" };
      const ways: Unwrapped[][] = [
        [...unwrap(record)],
        [...unwrap(eventBridgeEvent(record))],
        [...unwrap(copied)],
        [{ kind: "record", record, envelope: { account: "888888888888", region: "eu-north-1" } }],
      ];
      for (const way of ways) await spread.records(way, ROAD);
      expect(new Set(sent.map(({ name }) => name)).size).toBe(1);
    }
  });

  it("is that of the configured pool for triggers and logs, else of what is told of them", async () => {
    const { spread, sent } = setUp();
    const trigger = (userPoolId: string) => ({ triggerSource: "PreSignUp_SignUp", region: "us-west-2", userPoolId });
    const told = { id: "1", accountId: "333344445555" };
    await spread.trigger(trigger("eu-west-1_Kq3vX9TzP"), told);
    await spread.trigger(trigger("us-west-2_Unknown1"), told);
    await spread.trigger(trigger("us-west-2_Unknown1"), { id: "2" });
    await spread.trigger("nothing", told);
    const log = (userPoolId: string) => ({ ...activityLog(), logSourceId: { userPoolId } });
    const envelope = { account: "333344445555", region: "us-west-2" };
    await spread.records([{ kind: "log", log: log("eu-west-1_Kq3vX9TzP"), envelope }], { road: "firehose" });
    await spread.records([{ kind: "log", log: log("us-west-2_Unknown1"), envelope }], { road: "firehose" });
    expect(sent.map(({ name }) => name)).toEqual([
      ...["210987654321.eu-west-1", AWAY, "gateway", "gateway"],
      ...["210987654321.eu-west-1", AWAY],
    ]);
  });

  it("is told of a file by its key", async () => {
    const { spread, sent } = setUp();
    const keys = [
      "logs/AWSLogs/o-abc123/333344445555/CloudTrail/us-west-2/2026/05/04/a.json.gz",
      "AWSLogs/333344445555/elsewhere/a.json.gz",
      "copies/a.json.gz",
    ];
    for (const s3ObjectKey of keys) await spread.records(unwrap({ s3Bucket: "trail", s3ObjectKey }), { road: "sns" });
    expect(sent.map(({ name }) => name)).toEqual([AWAY, "gateway", "gateway"]);
  });

  it("is that of the pool for a posted event about one, and invalid events keep their place in the batch", async () => {
    const { spread, ids } = setUp();
    const invalid = { specversion: "1.0", id: "x" };
    const batch = posted(invalid, event("a", POOL), event("b", "/own"), invalid, event("c", `${POOL}/x`), invalid);
    const result = counts(await spread.posted(batch));
    expect(result).toMatchObject({ accepted: 3, duplicates: 0, ignored: 0 });
    expect(result.rejected?.map(({ index }) => index)).toEqual([0, 3, 5]);
    expect([await ids("210987654321.eu-west-1"), await ids("gateway")]).toEqual([["a"], ["b", "c"]]);
    const large = posted(
      ...Array.from({ length: 30 }, (_, at) => ({ ...event(`${at}`, "/own"), data: "y".repeat(50_000) })),
      invalid,
    );
    expect(counts(await spread.posted(large)).rejected?.map(({ index }) => index)).toEqual([30]);
  });
});

describe("what a shard finds by itself", () => {
  async function finder(kit = openShards()) {
    const own = await openIngest();
    const steps: (readonly string[] | undefined)[] = [];
    const ingest: Ingest = {
      ...own.ingest,
      records(found, context) {
        steps.push(context.step?.state?.map(({ key }) => key));
        return own.ingest.records(found, context);
      },
    };
    return { kit, own, steps, find: createFinderIngest({ shards: kit.shards, poolArn, name: HOME, ingest }) };
  }
  const step = { state: [{ collection: "files", key: "k", value: "1" }] };

  it("is committed with its step, and what belongs to others before, without it", async () => {
    const { kit, own, steps, find } = await finder();
    const found = unwrap([away("a"), cloudTrailRecord("b"), away("c")]);
    expect(counts(await find.records(found, { road: "s3", step }))).toMatchObject({ accepted: 3 });
    expect((await committed(own)).map(({ id }) => id)).toEqual(["b"]);
    expect([await kit.ids(AWAY), steps]).toEqual([["a", "c"], [["k"]]]);
    expect(await own.broker.getState({ collection: "files", keys: ["k"] })).toHaveLength(1);
  });

  it("goes not on where another shard fails, and where there is nothing of its own all the same", async () => {
    const { kit, steps, find } = await finder();
    kit.failing.add(AWAY);
    const failed = await find.records(unwrap(away("a")), { road: "s3", step });
    expect([failed, steps]).toEqual([{ ok: false, error: "broker_unavailable" }, []]);
    kit.failing.clear();
    expect((await find.records(unwrap(away("a")), { road: "s3", step })).ok).toBe(true);
    expect(steps).toEqual([["k"]]);
  });

  it("never makes another shard fetch", async () => {
    const { kit, find } = await finder();
    const key = "AWSLogs/333344445555/CloudTrail/us-west-2/a.json.gz";
    const result = await find.records(unwrap({ s3Bucket: "trail", s3ObjectKey: key }), { road: "s3", step });
    expect([counts(result).ignored, kit.sent]).toEqual([1, []]);
  });
});
