import { describe, expect, it } from "vitest";
import { dataBytes, decodeAttributes } from "../../src/core/event.ts";
import { eventId, newEvent } from "../suites/broker/events.ts";
import {
  append,
  claim,
  claimIds,
  claimOne,
  DELIVERED,
  RELEASE,
  retryAt,
  settle,
  subscribe,
  subscribeAndAppend,
  subscriptionStats,
} from "../suites/broker/steps.ts";
import type { RedisStage } from "../support/redis-broker.ts";
import { onRedisStages } from "../support/redis-stage.ts";

let stage: RedisStage;
onRedisStages((fresh) => {
  stage = fresh;
});

function ce(members: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ specversion: "1.0", id: "foreign", source: "/mesh", type: "test.happened", ...members });
}

async function deadLetters() {
  const letters = await stage.broker.listDead({ subscription: "crm", limit: 100 });
  return letters.map(({ position, reason, detail }) => ({ position, reason, detail }));
}

describe("the wire of the redis broker", () => {
  it("writes one field, ce, with the structured JSON", async () => {
    const event = newEvent({ id: "é", partitionKey: "k", data: '{"a":  1.50}' });
    await stage.broker.append({ events: [event] });
    const [[id, fields]] = Object(await stage.command("XRANGE", stage.stream, "-", "+"));
    expect(fields).toEqual(["ce", new TextDecoder().decode(event.event.bytes)]);
    expect(id).toBe(`${stage.now()}-0`);
  });

  it("reads through one consumer group for each subscription, in which unsettled events are pending", async () => {
    await subscribe(stage.broker);
    await append(stage.broker, "a", "b");
    const { deliveries } = await claim(stage.broker);
    const pending = async () => Object(await stage.command("XPENDING", stage.stream, "default.crm")).slice(0, 3);
    expect(await pending()).toEqual([2, deliveries[0]?.position, deliveries[1]?.position]);
    await settle(stage.broker, deliveries.slice(0, 1), DELIVERED);
    await settle(stage.broker, deliveries.slice(1), RELEASE);
    expect(await pending()).toEqual([1, deliveries[1]?.position, deliveries[1]?.position]);
    const groups = JSON.stringify(await stage.command("XINFO", "GROUPS", stage.stream));
    expect(groups).toContain(`"last-delivered-id","${deliveries[1]?.position}"`);
  });

  it("keeps all other keys in the hash slot of the stream, under its name in braces", async () => {
    await subscribe(stage.broker);
    await stage.broker.append({ events: [newEvent("a")], state: [{ collection: "c", key: "k", value: "v" }] });
    await claim(stage.broker, { ordering: "key" });
    const keys = Object(await stage.command("KEYS", `*${stage.stream}*`));
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys) expect(key === stage.stream || key.startsWith(`{${stage.stream}}:`)).toBe(true);
  });

  it("delivers what a TriggerMesh broker wrote as it does its own, whatever the order of the members", async () => {
    await subscribe(stage.broker);
    await append(stage.broker, "ours");
    await stage.xadd("ce", ce({ data: { n: 1, text: "ß" }, datacontenttype: "application/json", partitionkey: "p" }));
    await stage.xadd("ce", ce({ id: "text", data: "plain", datacontenttype: "text/plain", subject: null }));
    await stage.xadd("ce", ce({ id: "binary", data_base64: "AQID" }));
    await stage.xadd("ce", ce({ id: "none" }));
    const { deliveries } = await claim(stage.broker);
    expect(deliveries.map(eventId)).toEqual(["ours", "foreign", "text", "binary", "none"]);
    const [, foreign, text, binary, none] = deliveries;
    if (!foreign || !text || !binary || !none) throw new Error("too few");
    expect(decodeAttributes(foreign.event)).toMatchObject({ source: "/mesh", partitionkey: "p" });
    const bodies = [foreign, text, binary, none].map(({ event }) => dataBytes(event));
    expect(bodies.map((body) => new TextDecoder().decode(body))).toEqual([
      '{"n":1,"text":"ß"}',
      "plain",
      "\u0001\u0002\u0003",
      "",
    ]);
    const whole = JSON.parse(new TextDecoder().decode(text.event.bytes));
    expect(whole).toEqual(JSON.parse(ce({ id: "text", data: "plain", datacontenttype: "text/plain" })));
  });

  it("ignores other fields of an entry", async () => {
    await subscribe(stage.broker);
    await stage.xadd("traceid", "1", "ce", ce(), "more", "2");
    expect(await claimIds(stage.broker)).toEqual(["foreign"]);
  });

  it("takes recordedtime for the time an event was stored, and without it the id of the entry", async () => {
    await subscribe(stage.broker);
    await stage.command("XADD", stage.stream, "1736942400000-7", "ce", ce());
    await stage.command(
      "XADD",
      stage.stream,
      "1736942400000-8",
      "ce",
      ce({ recordedtime: "2025-02-03T04:05:06.789Z" }),
    );
    const { deliveries } = await claim(stage.broker);
    expect(deliveries.map((one) => one.recordedAtMs)).toEqual([1736942400000, Date.UTC(2025, 1, 3, 4, 5, 6, 789)]);
  });

  it("makes a dead letter, with the reason, of each entry that holds no event, and goes on behind it", async () => {
    await subscribe(stage.broker);
    const entries: readonly (readonly [readonly string[], string])[] = [
      [["other", "x"], "the entry has no field ce"],
      [["ce", ""], "invalid_json"],
      [["ce", "{"], "invalid_json"],
      [["ce", "[]"], "not_a_cloudevent"],
      [["ce", `${ce().slice(0, -1)},"data":}`], "invalid_json"],
      [["ce", ce({ id: undefined })], "missing_attribute"],
      [["ce", ce({ type: "" })], "invalid_attribute_value"],
      [["ce", ce({ specversion: "0.3" })], "unsupported_specversion"],
      [["ce", ce({ nested: {} })], "invalid_attribute_value"],
      [["ce", ce({ "bad-name": "x" })], "invalid_attribute_name"],
      [["ce", ce({ data_base64: "*" })], "invalid_data"],
    ];
    const ids: string[] = [];
    for (const [fields] of entries) ids.push(await stage.xadd(...fields));
    await stage.xadd("ce", ce({ id: "good" }));
    const { deliveries, died, more } = await claim(stage.broker);
    expect({ ids: deliveries.map(eventId), more }).toEqual({ ids: ["good"], more: false });
    const expected = entries.map(([, detail], at) => ({ position: ids[at], reason: "invalid_event", detail }));
    expect(died).toEqual(expected);
    expect(await deadLetters()).toEqual(expected);
    expect(await subscriptionStats(stage.broker)).toMatchObject({ pending: 1, leased: 1, dead: entries.length });
  });

  it("shows what an unreadable entry holds, and makes a dead letter of it again where it is requeued", async () => {
    await subscribe(stage.broker);
    const position = await stage.xadd("ce", "no JSON");
    await claim(stage.broker);
    const [letter] = await stage.broker.listDead({ subscription: "crm", limit: 1 });
    if (!letter) throw new Error("none");
    expect(decodeAttributes(letter.event)).toMatchObject({ id: position, type: "dev.poolcast.unreadable_entry" });
    expect(new TextDecoder().decode(dataBytes(letter.event))).toBe("no JSON");
    expect(await stage.broker.requeueDead({ subscription: "crm", positions: [position] })).toBe(1);
    const again = await claim(stage.broker);
    expect(again).toMatchObject({ deliveries: [], died: [{ position, reason: "invalid_event" }] });
    expect((await deadLetters()).map(({ position: at }) => at)).toEqual([position]);
  });

  it("adds the id of the entry where it is asked to, to ours and to others'", async () => {
    const tracking = stage.open({ trackingId: true });
    await subscribe(tracking);
    await append(tracking, { id: "ours", data: '{"a":1}' }, { id: "base64", dataKind: "base64", data: '"AQID"' });
    await stage.xadd("ce", ce({ data: [1] }));
    const { deliveries } = await claim(tracking);
    for (const { event, position } of deliveries) {
      expect(decodeAttributes(event).triggermeshbackendid).toBe(position);
    }
    expect(deliveries.map(({ event }) => new TextDecoder().decode(dataBytes(event)))).toEqual([
      '{"a":1}',
      "\u0001\u0002\u0003",
      "[1]",
    ]);
    expect(String(await stage.command("XRANGE", stage.stream, "-", "+"))).not.toContain("triggermeshbackendid");
  });

  it("shares a group with another broker that reads by the same name", async () => {
    await subscribe(stage.broker);
    await append(stage.broker, "a", "b", "c", "d");
    expect(await claimIds(stage.broker, { limit: 1 })).toEqual(["a"]);
    const read = ["XREADGROUP", "GROUP", "default.crm", "mesh", "COUNT", 2, "STREAMS", stage.stream, ">"];
    expect(JSON.stringify(await stage.command(...read))).toMatch(/\\"id\\":\\"b\\".*\\"id\\":\\"c\\"/);
    expect(await claimIds(stage.broker)).toEqual(["d"]);
  });

  it("goes on behind the cursor of a group that a TriggerMesh broker left, and lets alone those it was not told of", async () => {
    await append(stage.broker, "a", "b", "c");
    for (const group of ["default.crm", "default.mesh", "default"]) {
      await stage.command("XGROUP", "CREATE", stage.stream, group, "0");
    }
    await stage.command("XREADGROUP", "GROUP", "default.crm", "mesh", "COUNT", 1, "STREAMS", stage.stream, ">");
    expect(await stage.broker.listSubscriptions()).toEqual([]);
    await subscribe(stage.broker);
    expect(await stage.broker.listSubscriptions()).toEqual(["crm"]);
    expect(await claimIds(stage.broker)).toEqual(["b", "c"]);
    expect(await stage.broker.removeSubscription({ subscription: "mesh" })).toEqual({ dropped: 0 });
    expect(String(await stage.command("XINFO", "GROUPS", stage.stream))).toContain("default.mesh");
  });

  it("takes over what another broker of the group left unfinished, ten minutes after it was last touched", async () => {
    await subscribeAndAppend(stage.broker, "young", { id: "old", type: "hit" }, { id: "older", type: "hit" }, "miss");
    const bad = await stage.xadd("ce", "no JSON");
    const read = ["XREADGROUP", "GROUP", "default.crm", "mesh", "COUNT", 9, "STREAMS", stage.stream, ">"];
    const [[, entries]] = Object(await stage.command(...read));
    const ids: string[] = entries.map(([id]: [string]) => id);
    const filters = [{ exact: { type: "hit" } }];
    expect(await claim(stage.broker, { filters })).toEqual({ deliveries: [], more: false, filtered: 0 });
    for (const id of ids.slice(1)) {
      await stage.command("XCLAIM", stage.stream, "default.crm", "mesh", 0, id, "IDLE", 600_000, "JUSTID");
    }
    await stage.advance(60_000);
    const { deliveries, filtered, died } = await claim(stage.broker, { filters, ordering: "key" });
    expect(deliveries.map((one) => `${eventId(one)}#${one.attempt}`)).toEqual(["old#1", "older#1"]);
    expect({ filtered, died }).toMatchObject({ filtered: 1, died: [{ position: bad, reason: "invalid_event" }] });
    expect(await settle(stage.broker, deliveries, DELIVERED)).toEqual(["ok", "ok"]);
    expect(Object(await stage.command("XPENDING", stage.stream, "default.crm")).slice(0, 2)).toEqual([1, ids[0]]);
  });

  it("does not take over what it holds itself, however long that waits", async () => {
    await subscribeAndAppend(stage.broker, "a");
    const delivery = await claimOne(stage.broker);
    await settle(stage.broker, [delivery], retryAt(stage.now() + 3_600_000));
    const { position } = delivery;
    await stage.command("XCLAIM", stage.stream, "default.crm", "poolcast", 0, position, "IDLE", 600_000, "JUSTID");
    await stage.advance(60_000);
    expect(await claimIds(stage.broker)).toEqual([]);
  });

  it("lists and removes no subscription of a gateway with another group, also where the names begin alike", async () => {
    const other = stage.open({ group: "default.eu" });
    await subscribe(stage.broker);
    await subscribe(other);
    await append(other, "a");
    expect(await stage.broker.listSubscriptions()).toEqual(["crm"]);
    expect(await other.listSubscriptions()).toEqual(["crm"]);
    expect((await stage.broker.stats()).subscriptions).toHaveLength(1);
    await stage.broker.removeSubscription({ subscription: "crm" });
    expect(await claimIds(other)).toEqual(["a"]);
  });

  it("delivers an event of 10 MB, its own and another's", async () => {
    const text = JSON.stringify("x".repeat(10 * 1024 * 1024));
    await subscribe(stage.broker);
    await append(stage.broker, { id: "ours", data: text }, "small");
    const { deliveries } = await claim(stage.broker);
    expect(deliveries.map(eventId)).toContain("ours");
    expect(deliveries[0]?.event.bytes.length).toBeGreaterThan(10 * 1024 * 1024);
    await stage.xadd("ce", ce({ id: "theirs", data: JSON.parse(text), subject: "behind the data" }));
    const ids = [...deliveries.map(eventId), ...(await claimIds(stage.broker)), ...(await claimIds(stage.broker))];
    expect(ids).toEqual(["ours", "small", "theirs"]);
  });

  it("answers a few large events at a time, and says that there are more", async () => {
    const data = JSON.stringify("x".repeat(3 * 1024 * 1024));
    await subscribe(stage.broker);
    const ids = Array.from({ length: 8 }, (_, at) => `e${at}`);
    for (const id of ids) await append(stage.broker, { id, data });
    const claimed: string[][] = [];
    for (let more = true; more; ) {
      const next = await claim(stage.broker, { limit: 100 });
      claimed.push(next.deliveries.map(eventId));
      more = next.more;
    }
    expect(claimed.flat()).toEqual(ids);
    await stage.advance(60_000);
    const again = await claim(stage.broker, { limit: 100 });
    expect(again.deliveries.length).toBeLessThan(8);
    expect(again.more).toBe(true);
  });

  it("says so where the key of the stream holds something else, and changes nothing", async () => {
    await stage.command("SET", stage.stream, "a text");
    const attempts = [append(stage.broker, "a"), subscribe(stage.broker), stage.broker.stats()];
    for (const attempt of attempts) {
      await expect(attempt).rejects.toMatchObject({
        code: "broker_incompatible",
        message: expect.stringContaining(stage.stream),
      });
    }
    expect(await stage.broker.check()).toMatchObject({ writable: false, code: "broker_incompatible" });
    await stage.command("DEL", stage.stream);
    await subscribe(stage.broker);
    expect(await append(stage.broker, "a")).toEqual(["stored"]);
    expect(await claimIds(stage.broker)).toEqual(["a"]);
  });

  it("takes a stream with a hash tag, and refuses one whose braces are none", async () => {
    const tagged = stage.open({ stream: `${stage.stream}-{tag}-x` });
    await subscribe(tagged);
    await append(tagged, "a");
    expect(await claimIds(tagged)).toEqual(["a"]);
    expect(await stage.command("EXISTS", `${stage.stream}-{tag}-x:log`)).toBe(1);
    for (const stream of ["a}b", "a{b", "a{}b"]) expect(() => stage.open({ stream })).toThrow("hash tag");
  });
});
