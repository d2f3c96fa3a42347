/** Into a stream by a REST API, by itself and behind the real delivery loop. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openRedis, type RedisOptions } from "../../src/redis/connection.ts";
import { connectRedisNode } from "../../src/runtimes/redis-client.ts";
import { connectRedis } from "../../src/runtimes/redis-connect.ts";
import { createRedisSink } from "../../src/sinks/redis.ts";
import type { Sink } from "../../src/sinks/sink.ts";
import { eventIds, newEvent } from "../suites/broker/events.ts";
import { openLoopKit } from "../support/loop-kit.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { type RestProxy, startRestProxy } from "../support/rest-proxy.ts";
import { waitUntil } from "../support/wait.ts";

const { signal } = new AbortController();
const cleanups: (() => unknown)[] = [];
let server: RedisServer;
let proxy: RestProxy;
let streams = 0;

beforeAll(async () => {
  server = await startRedisServer({ appendonly: "always" });
  proxy = await startRestProxy(server.port);
});
afterEach(async () => {
  proxy.disturb(undefined);
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await proxy.close();
  await server.remove();
});

function open(options: Partial<RedisOptions> & { readonly maxLen?: number } = {}): Sink & { readonly stream: string } {
  const { maxLen, key: stream = `stream-${++streams}`, ...others } = options;
  const redis = openRedis({
    config: { url: proxy.url.replace("//", `//:${proxy.token}@`) },
    key: stream,
    connect: connectRedis(connectRedisNode),
    random: Math.random,
    log: () => {},
    name: "test",
    ...others,
  });
  const sink = createRedisSink({ stream, maxLen }, redis);
  cleanups.push(() => sink.close());
  return { ...sink, stream };
}

async function entries(stream: string): Promise<readonly string[]> {
  const all = (await server.command("XRANGE", stream, "-", "+")) as [string, string[]][];
  return all.map(([, [, ce = ""]]) => ce);
}

const idsIn = async (stream: string) => (await entries(stream)).map((text): string => JSON.parse(text).id);

describe("the sink by REST", () => {
  it("writes the stored bytes unchanged, in order, and few requests for many", async () => {
    const { send, stream } = open();
    const { event } = newEvent({ id: "one", data: '{"a": 2.0, "a": "häß 😀\\u0000"}' });
    expect(await send(event, signal)).toEqual({ kind: "taken" });
    expect(await entries(stream)).toEqual([new TextDecoder().decode(event.bytes)]);
    const before = proxy.requests();
    const ids = eventIds(500);
    const results = await Promise.all(ids.map((id) => send(newEvent(id).event, signal)));
    expect(results.every(({ kind }) => kind === "taken")).toBe(true);
    expect((await idsIn(stream)).slice(1)).toEqual(ids);
    expect(proxy.requests() - before).toBeLessThan(10);
  });

  it("keeps about maxLen entries", async () => {
    const { send, stream } = open({ maxLen: 200 });
    await Promise.all(eventIds(1000).map((id) => send(newEvent(id).event, signal)));
    expect((await entries(stream)).length).toBeLessThan(400);
  });

  it("stops waiting when it is told to", async () => {
    const { send } = open();
    await send(newEvent("first").event, signal);
    proxy.disturb("hang");
    const controller = new AbortController();
    const sent = send(newEvent("second").event, controller.signal);
    controller.abort();
    expect(await sent).toMatchObject({ kind: "failure", reason: "aborted" });
  });

  it.each([
    ["another token", 401, "not_authorized"],
    ["no right", 403, "not_authorized"],
    ["too many requests", 429, "target_unavailable"],
    ["an outage", 503, "target_unavailable"],
    ["a request that is too large", 413, "target_unfit"],
  ])("says what is wrong with the target: %s", async (_name, status, reason) => {
    const { send } = open();
    await send(newEvent("first").event, signal);
    proxy.disturb({ status });
    expect(await send(newEvent("second").event, signal)).toMatchObject({ kind: "failure", reason });
  });

  it("tells a key that is no stream, a full server, and a host where nobody listens", async () => {
    const { send, stream } = open();
    await server.command("SET", stream, "a text");
    expect(await send(newEvent("one").event, signal)).toMatchObject({ reason: "target_unfit" });
    await server.command("CONFIG", "SET", "maxmemory", "100kb");
    const full = await open().send(newEvent("one").event, signal);
    await server.command("CONFIG", "SET", "maxmemory", "0");
    expect(full).toMatchObject({ reason: "target_full" });
    const nowhere = open({ config: { url: "http://:t@127.0.0.1:1" } });
    expect(await nowhere.send(newEvent("one").event, signal)).toMatchObject({ reason: "connection_failed" });
  });

  it("brings everything through an outage and lost answers, in the order of each key", async () => {
    const target = open();
    const kit = await openLoopKit({
      target,
      options: { ordering: "key", concurrency: 8, backoffDelayMs: 50, backoffMaxMs: 200, retry: 1000, timeoutMs: 2000 },
    });
    const loop = kit.start();
    cleanups.push(() => loop.stop(1000));
    const ids = eventIds(150);
    const append = async (some: readonly string[]) => {
      for (const id of some) await kit.append({ id, partitionKey: `user-${Number(id.slice(1)) % 4}` });
    };
    const retried = async () =>
      Object.values(await kit.metric("poolcast_retried_total")).reduce((sum, one) => sum + one, 0);
    await append(ids.slice(0, 50));
    await waitUntil(async () => (await idsIn(target.stream)).length > 5, "it has begun");
    proxy.disturb("lose");
    await append(ids.slice(50, 100));
    await waitUntil(async () => (await retried()) > 0, "a try has failed");
    proxy.disturb(undefined);
    await server.kill();
    await append(ids.slice(100));
    await server.restart();
    await waitUntil(async () => (await kit.counts()).pending === 0, "everything is delivered");
    const came = await idsIn(target.stream);
    for (let key = 0; key < 4; key++) {
      const ofKey = (id: string) => Number(id.slice(1)) % 4 === key;
      expect([...new Set(came.filter(ofKey))]).toEqual(ids.filter(ofKey));
    }
  });
});
