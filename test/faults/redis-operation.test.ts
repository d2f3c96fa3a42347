/** Two gateways on one Redis, operated through either of them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { waitUntil } from "../support/wait.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(() => redis.remove());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let streams = 0;

interface Pair {
  readonly one: GatewayProcess;
  readonly two: GatewayProcess;
  readonly sink: RecordingSink;
  sent(): readonly unknown[];
}

async function openPair(answer: () => number = () => 204): Promise<Pair> {
  const sink = await startRecordingSink(answer);
  const place = makePlace();
  cleanups.push(sink.close, place.remove);
  place.writeConfig(`
broker: { kind: redis, url: "${redis.url}", stream: operated-${++streams} }
subscriptions: { crm: { target: { url: "${sink.url}" }, delivery: { retry: 0 } } }
`);
  const [one, two] = await Promise.all([place.start(), place.start()]);
  return { one, two, sink, sent: () => sink.received.map(({ headers }) => headers["webhook-id"]) };
}

async function api(gateway: GatewayProcess, method: string, path = "", body?: object) {
  const response = await fetch(`${gateway.url}/api/subscriptions${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return { status: response.status, answer: await response.json() };
}

async function stateOf(gateway: GatewayProcess): Promise<string> {
  return (await api(gateway, "GET")).answer.subscriptions[0].state;
}

function ingest(gateway: GatewayProcess, ...ids: readonly string[]): Promise<Response> {
  return postJson(`${gateway.url}/ingest/cloudtrail`, { Records: ids.map((id) => cloudTrailRecord(id)) });
}

describe("two gateways on one Redis", () => {
  it("both hold to a pause that one of them was told, and to its end", async () => {
    const { one, two, sent } = await openPair();
    await api(one, "POST", "/crm/pause");
    await waitUntil(async () => (await stateOf(two)) === "paused", "the other one noticed", 5000);
    await ingest(one, "a");
    await ingest(two, "b");
    // Longer than either looks at the stream.
    await new Promise((done) => setTimeout(done, 2500));
    expect(sent()).toEqual([]);
    await api(two, "POST", "/crm/resume");
    await waitUntil(() => sent().length === 2, "both events were delivered");
    await waitUntil(async () => (await stateOf(one)) === "running", "the first one noticed", 5000);
    expect(sent().toSorted()).toEqual(["a", "b"]);
  });

  it("both stop at a 410 that one of them got, also the one that starts later", async () => {
    let status = 410;
    const { one, two, sink, sent } = await openPair(() => status);
    await ingest(one, "a");
    await waitUntil(async () => (await stateOf(one)) === "disabled", "one knows", 10_000);
    await waitUntil(async () => (await stateOf(two)) === "disabled", "both know", 10_000);
    status = 204;
    const tries = sink.received.length;
    await ingest(two, "b");
    await new Promise((done) => setTimeout(done, 2500));
    expect(sink.received).toHaveLength(tries);
    expect((await api(two, "POST", "/crm/enable")).answer).toMatchObject({ state: "running" });
    await waitUntil(() => sink.received.length === tries + 2, "both events were delivered");
    expect(sent().slice(tries).toSorted()).toEqual(["a", "b"]);
  });

  it("shows and replays a dead letter by the id of its entry, with the same webhook-id", async () => {
    let status = 500;
    const { one, two, sent } = await openPair(() => status);
    await ingest(one, "a");
    const deadOf = async (gateway: GatewayProcess) => (await api(gateway, "GET", "/crm/dead")).answer.deadLetters;
    await waitUntil(async () => (await deadOf(two)).length === 1, "it is dead");
    const [{ position }] = await deadOf(two);
    expect(position).toMatch(/^\d+-\d+$/);
    const shown = await api(one, "GET", `/crm/dead/${position}`);
    expect(shown.answer).toMatchObject({ reason: "retries_exhausted", event: { id: "a" } });
    status = 204;
    expect((await api(two, "POST", "/crm/dead/replay", { positions: [position] })).answer).toEqual({ count: 1 });
    await waitUntil(() => sent().length === 2, "it was delivered");
    expect(sent()).toEqual(["a", "a"]);
    expect(await deadOf(one)).toEqual([]);
  });

  it("replays a range of ids once, whichever of them runs it", async () => {
    const { one, two, sink, sent } = await openPair();
    const ids = Array.from({ length: 12 }, (_, at) => `e${at + 1}`);
    await ingest(one, ...ids);
    // What is not settled yet is under way still, and not put back.
    const settled = async () => (await api(one, "GET")).answer.subscriptions[0].pending === 0;
    await waitUntil(async () => sent().length === 12 && (await settled()), "all were delivered");
    // Of one request, so the ids differ in their last number, of one or two digits.
    const ms = Date.now() - 60_000;
    const started = await api(two, "POST", "/crm/replays", { since: new Date(ms).toISOString(), rate: 1000 });
    expect(started.status).toBe(202);
    const job = async () => (await api(one, "GET", `/crm/replays/${started.answer.id}`)).answer;
    await waitUntil(async () => (await job()).state === "done", "it is done");
    await waitUntil(async () => sent().length === 24 && (await settled()), "all were delivered again");
    const { position } = await job();
    const [, last = ""] = position.split("-");
    const first = position.replace(/\d+$/, String(Number(last) - 2));
    const range = { fromId: first, toId: position };
    expect((await api(one, "POST", "/crm/replays", { fromId: "7" })).answer).toMatchObject({ code: "invalid_request" });
    expect((await api(one, "POST", "/crm/replays", range)).status).toBe(202);
    await waitUntil(() => sink.received.length === 27, "three were delivered a third time");
    await new Promise((done) => setTimeout(done, 1500));
    expect(sent().slice(24).toSorted()).toEqual(["e10", "e11", "e12"]);
  });

  it("both know of an erasure that one of them was asked for, and the other does it where that one is killed", async () => {
    const { one, two } = await openPair();
    const sub = "2d9b6f30-8c41-4e7a-b5d2-6a1f0c3e7b84";
    await ingest(one, "a");
    const asked = await postJson(`${one.url}/api/erasures`, { sub });
    await one.kill("SIGKILL");
    const { id } = await asked.json();
    const find = async () => (await fetch(`${two.url}/api/erasures/${id}`)).json();
    expect([asked.status, await find()]).toMatchObject([202, { id }]);
    // At the latest when the lease of the one that was killed is over.
    await waitUntil(async () => (await find()).state === "done", "the other one did it", 45_000);
    expect((await find()).erased.events).toEqual({ looked: 1, erased: 0 });
  }, 60_000);
});
