/** What others may leave in the stream or take out of it: a clear reason in log and metrics, and the rest goes on. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { waitUntil } from "../support/wait.ts";

const STREAM = "triggermesh";
const cleanups: (() => unknown)[] = [];
let redis: RedisServer;
let sink: RecordingSink;
let gateway: GatewayProcess;
let answer = 204;

beforeEach(async () => {
  answer = 204;
  redis = await startRedisServer();
  sink = await startRecordingSink(() => answer);
  const place = makePlace();
  cleanups.push(redis.remove, sink.close, place.remove);
  place.writeConfig(`
broker: { kind: redis, url: "${redis.url}", stream: ${STREAM} }
subscriptions: { crm: { target: { url: "${sink.url}" }, delivery: { backoffDelay: PT0.1S, backoffMax: PT0.2S, retry: 1000 } } }
`);
  gateway = await place.start();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const post = (id: string) => postJson(`${gateway.url}/ingest/cloudtrail`, { Records: [cloudTrailRecord(id)] });
const delivered = () => sink.received.map(({ headers }) => headers["ce-id"]);
const cloudEvent = (id: string, data: unknown = {}) =>
  JSON.stringify({ specversion: "1.0", id, source: "/others", type: "others.happened", data });

async function expectDelivered(id: string): Promise<void> {
  await waitUntil(async () => (await post(id)).status === 202, `${id} is taken`);
  await waitUntil(() => delivered().includes(id), `${id} is delivered`);
}

async function expectDead(reason: string, count: number): Promise<void> {
  const wanted = `poolcast_dead_total{subscription="crm",reason="${reason}"} ${count}`;
  const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text();
  await waitUntil(async () => (await metrics()).includes(wanted), wanted);
  expect(gateway.stderr()).toContain(`"reason":"${reason}"`);
}

describe("the gateway on a stream that others touch", { timeout: 60_000 }, () => {
  it("entries that hold no event become dead letters, and those that hold one are delivered", async () => {
    await expectDelivered("first");
    const add = (...fields: string[]) => redis.command("XADD", STREAM, "*", ...fields);
    await add("ce", "no JSON");
    await add("ce", '{"specversion":"1.0","id":"no-type","source":"/others"}');
    await add("something", "else");
    await add("ce", cloudEvent("theirs"), "other", "field");
    await expectDelivered("after");
    await expectDead("invalid_event", 3);
    expect(delivered()).toContain("theirs");
  });

  it("an entry of 10 MB is delivered where it is an event, and is a dead letter where it is none", async () => {
    await expectDelivered("first");
    const large = "x".repeat(10 * 1024 * 1024);
    for (let count = 0; count < 4; count++) {
      await redis.command("XADD", STREAM, "*", "ce", large);
      await redis.command("XADD", STREAM, "*", "ce", cloudEvent(`large-${count}`, large));
    }
    await expectDelivered("after");
    await expectDead("invalid_event", 4);
    await waitUntil(() => delivered().filter((id) => id?.includes("large")).length === 4, "the large are delivered");
    expect(sink.received.find(({ headers }) => headers["ce-id"] === "large-0")?.body.length).toBe(large.length + 2);
    expect(gateway.stderr().length).toBeLessThan(100_000);
  });

  it("an entry that is deleted under us becomes a dead letter of its own reason", async () => {
    await expectDelivered("first");
    answer = 503;
    await post("waits");
    await waitUntil(() => delivered().includes("waits"), "it is tried");
    const entries = (await redis.command("XRANGE", STREAM, "-", "+")) as [string, string[]][];
    const [id = ""] = entries.find(([, [, ce = ""]]) => JSON.parse(ce).id === "waits") ?? [];
    expect(await redis.command("XDEL", STREAM, id)).toBe(1);
    answer = 204;
    await expectDead("payload_trimmed", 1);
    await expectDelivered("after");
  });

  it("a group whose place in the stream was trimmed goes on behind it, and the trimming shows", async () => {
    await expectDelivered("first");
    answer = 503;
    for (let count = 0; count < 50; count++) await post(`lost-${count}`);
    await redis.command("XTRIM", STREAM, "MAXLEN", 1);
    answer = 204;
    await expectDelivered("after");
    await waitUntil(async () => {
      const { broker } = (await (await fetch(`${gateway.url}/readyz`)).json()) as { broker: { warnings?: string[] } };
      return broker.warnings?.some((warning) => warning.includes("removed entries")) === true;
    }, "it is said in /readyz");
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/poolcast_broker_foreign_trims [1-9]/);
  });

  it("a key of another type is refused with a reason, and used when it is a stream again", async () => {
    await expectDelivered("first");
    await redis.command("DEL", STREAM);
    await redis.command("SET", STREAM, "a text");
    const refused = await post("refused");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ reason: "broker_incompatible" });
    expect(await redis.command("GET", STREAM)).toBe("a text");
    await redis.command("DEL", STREAM);
    await expectDelivered("after");
  });
});
