import { describe, expect, it } from "vitest";
import { brokerFailureCode } from "../../src/broker/broker.ts";
import { newEvent } from "../suites/broker/events.ts";
import { append, claimIds, claimOne, DELIVERED, purgeAll, settleAll, subscribe } from "../suites/broker/steps.ts";
import { DAY_MS, type RedisStage } from "../support/redis-broker.ts";
import { onRedisStages } from "../support/redis-stage.ts";

const HOUR_MS = 3_600_000;

let stage: RedisStage;
onRedisStages((fresh) => {
  stage = fresh;
});

async function buckets(): Promise<readonly string[]> {
  return Object(await stage.command("KEYS", `{${stage.stream}}:dedupe:*`));
}

async function streamIds(): Promise<readonly string[]> {
  return Object(await stage.command("XRANGE", stage.stream, "-", "+")).map(([id]: [string]) => id);
}

describe("the dedupe keys of the redis broker", () => {
  it("stand in a bucket for each hour, sixteen bytes each, and go with their bucket when the window is over", async () => {
    await append(stage.broker, "a", "b");
    await stage.advance(HOUR_MS);
    await append(stage.broker, "a", "c");
    const found = await buckets();
    expect(found).toHaveLength(2);
    const members = await Promise.all(found.map((key) => stage.command("SMEMBERS", key)));
    expect(members.flat()).toHaveLength(3);
    // By their end, since a bucket goes when its last key may.
    await stage.advance(DAY_MS);
    await purgeAll(stage.broker);
    expect(await buckets()).toHaveLength(1);
    expect(await append(stage.broker, "a", "c")).toEqual(["stored", "duplicate"]);
    await stage.advance(DAY_MS + HOUR_MS);
    await purgeAll(stage.broker);
    expect(await buckets()).toEqual([]);
    expect(await stage.command("EXISTS", `{${stage.stream}}:dedupe`)).toBe(0);
  });

  it("are asked of all handles, over a window of a week and after the clock was set back", async () => {
    const week = { dedupeWindowMs: 7 * DAY_MS };
    const [one, two] = [stage.open(week), stage.open(week)];
    await append(one, "a");
    await stage.advance(6 * DAY_MS);
    expect(await append(two, "a", "b")).toEqual(["duplicate", "stored"]);
    await stage.advance(-2 * HOUR_MS);
    expect(await append(one, "a", "b")).toEqual(["duplicate", "duplicate"]);
  });

  it("are not known after an append that failed", async () => {
    await stage.command("SET", stage.stream, "no stream");
    expect(await append(stage.broker, "a").catch(brokerFailureCode)).toBe("broker_incompatible");
    await stage.command("DEL", stage.stream);
    expect(await append(stage.broker, "a")).toEqual(["stored"]);
  });
});

describe("the ids of the redis broker", () => {
  it("follow our clock, and go on from the last where it stands still or is set back", async () => {
    const start = stage.now();
    await append(stage.broker, "a", "b");
    await stage.advance(5);
    await append(stage.broker, "c");
    await stage.advance(-1000);
    await append(stage.broker, "d");
    await stage.advance(2000);
    await append(stage.open(), "e");
    const expected = [`${start}-0`, `${start}-1`, `${start + 5}-0`, `${start + 5}-1`, `${start + 1005}-0`];
    expect(await streamIds()).toEqual(expected);
  });

  it("go on behind those of others who write by another clock", async () => {
    const ahead = stage.now() + 10_000;
    await subscribe(stage.broker);
    await append(stage.broker, "a");
    await stage.command(
      "XADD",
      stage.stream,
      `${ahead}-5`,
      "ce",
      new TextDecoder().decode(newEvent("theirs").event.bytes),
    );
    expect(await append(stage.broker, "b", "c")).toEqual(["stored", "stored"]);
    await append(stage.broker, "d");
    const ids = (await streamIds()).map((id) => Number(id.split("-")[0]));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids.slice(2).every((ms) => ms >= ahead)).toBe(true);
    expect(await claimIds(stage.broker)).toEqual(["a", "theirs", "b", "c", "d"]);
  });

  it("of others may be of any size", async () => {
    await subscribe(stage.broker);
    const ids = ["1-1", "1-9", "1-10", "9-1", "10-1", "99999999999999-18446744073709551614"];
    for (const id of ids) {
      await stage.command("XADD", stage.stream, id, "ce", new TextDecoder().decode(newEvent(id).event.bytes));
    }
    expect(await claimIds(stage.broker, { limit: 4 })).toEqual(ids.slice(0, 4));
    expect(await claimIds(stage.broker, { limit: 4 })).toEqual(ids.slice(4));
    await stage.advance(60_000);
    expect(await claimIds(stage.broker)).toEqual(ids);
    await stage.advance(60_000);
    await settleAll(stage.broker, DELIVERED);
    expect(await purgeAll(stage.broker)).toEqual({ events: 5, deadLetters: 0 });
    for (const id of ["a", "b", "c"]) expect(await append(stage.broker, id)).toEqual(["stored"]);
    expect(await claimIds(stage.broker)).toEqual(["a", "b", "c"]);
  });
});

describe("many appends at once", () => {
  it("keep their events together and answer each its own, whoever else conflicts, repeats or writes state", async () => {
    await subscribe(stage.broker);
    const state = (ifVersion: number) => [{ collection: "c", key: "k", value: "v", ifVersion }];
    const outcomes = await Promise.all([
      append(stage.broker, "a1", "a2"),
      stage.broker.append({ events: [newEvent("s1")], state: state(0) }),
      append(stage.broker, "a2", "a3"),
      stage.broker.append({ events: [newEvent("s2")], state: state(0) }).catch(brokerFailureCode),
      append(stage.broker, "s1", "s2", "s3"),
    ]);
    expect(outcomes).toEqual([
      ["stored", "stored"],
      ["stored"],
      ["duplicate", "stored"],
      "state_conflict",
      ["duplicate", "stored", "stored"],
    ]);
    expect(await claimIds(stage.broker)).toEqual(["a1", "a2", "s1", "a3", "s2", "s3"]);
  });

  it("store a batch of ten thousand events and one of 30 MB in one step", async () => {
    await subscribe(stage.broker);
    const many = Array.from({ length: 10_000 }, (_, at) => newEvent(`e${at}`));
    const data = JSON.stringify("x".repeat(1024 * 1024));
    const large = Array.from({ length: 30 }, (_, at) => newEvent({ id: `l${at}`, data }));
    await Promise.all([stage.broker.append({ events: many }), stage.broker.append({ events: large })]);
    expect((await stage.broker.stats()).events).toBe(10_030);
    expect((await claimOne(stage.broker)).position).toBe(`${stage.now()}-0`);
  });
});
