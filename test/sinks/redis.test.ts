/** Into a real redis-server, by itself and behind the real delivery loop. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { EncodedEvent } from "../../src/core/event.ts";
import type { SubscriptionOptions } from "../../src/delivery/subscription-loop.ts";
import { openRedis, type RedisOptions } from "../../src/redis/connection.ts";
import { connectRedisNode } from "../../src/runtimes/redis-client.ts";
import { createRedisSink } from "../../src/sinks/redis.ts";
import type { Sink } from "../../src/sinks/sink.ts";
import { eventIds, newEvent } from "../suites/broker/events.ts";
import { type LoopKit, openLoopKit } from "../support/loop-kit.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { waitUntil } from "../support/wait.ts";

const { signal } = new AbortController();
const cleanups: (() => unknown)[] = [];
let server: RedisServer;
let streams = 0;

beforeAll(async () => {
  server = await startRedisServer({ appendonly: "always" });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => server.remove());

const nextStream = () => `stream-${++streams}`;

function open(stream: string, options: Partial<RedisOptions> & { readonly maxLen?: number } = {}): Sink {
  const { maxLen, ...others } = options;
  const redis = openRedis({
    config: { url: server.url },
    key: stream,
    connect: connectRedisNode,
    random: Math.random,
    log: () => {},
    name: "test",
    ...others,
  });
  const sink = createRedisSink({ stream, maxLen }, redis);
  cleanups.push(() => sink.close());
  return sink;
}

const eventOf = (id: string, data = "{}"): EncodedEvent => newEvent({ id, data }).event;

/** The entries as texts, field after field. */
async function entries(stream: string, from: RedisServer = server): Promise<readonly (readonly string[])[]> {
  return ((await from.command("XRANGE", stream, "-", "+")) as [string, string[]][]).map(([, fields]) => fields);
}

async function idsIn(stream: string, from: RedisServer = server): Promise<readonly string[]> {
  return (await entries(stream, from)).map(([, ce = ""]) => JSON.parse(ce).id);
}

describe("the sink", () => {
  it("writes the stored bytes unchanged as the only field, ce", async () => {
    const stream = nextStream();
    const event = eventOf("one", '{"a": 2.0, "a": "häß 😀"}');
    expect(await open(stream).send(event, signal)).toEqual({ kind: "taken" });
    expect(await entries(stream)).toEqual([["ce", new TextDecoder().decode(event.bytes)]]);
  });

  it("pipelines over one connection, in order", async () => {
    const stream = nextStream();
    const sink = open(stream);
    const ids = eventIds(500);
    await sink.send(eventOf("first"), signal);
    const before = await connections();
    const results = await Promise.all(ids.map((id) => sink.send(eventOf(id), signal)));
    expect(results.every(({ kind }) => kind === "taken")).toBe(true);
    expect(await idsIn(stream)).toEqual(["first", ...ids]);
    expect(await connections()).toBe(before);
  });

  it("keeps about maxLen entries", async () => {
    const stream = nextStream();
    const sink = open(stream, { maxLen: 200 });
    await Promise.all(eventIds(1000).map((id) => sink.send(eventOf(id), signal)));
    const left = await idsIn(stream);
    expect(left.length).toBeGreaterThanOrEqual(200);
    expect(left.length).toBeLessThan(400);
    expect(left.at(-1)).toBe("e1000");
  });

  it("keeps everything without maxLen", async () => {
    const stream = nextStream();
    const sink = open(stream);
    for (let part = 0; part < 10; part++) {
      const sent = eventIds(100, `part-${part}-`).map((id) => sink.send(eventOf(id), signal));
      expect(new Set((await Promise.all(sent)).map(({ kind }) => kind))).toEqual(new Set(["taken"]));
    }
    expect(await idsIn(stream)).toHaveLength(1000);
  });

  it("stops waiting when it is told to", async () => {
    const sink = open(nextStream());
    await sink.send(eventOf("first"), signal);
    server.freeze();
    try {
      const controller = new AbortController();
      const sent = sink.send(eventOf("second"), controller.signal);
      controller.abort();
      expect(await sent).toMatchObject({ kind: "failure", reason: "aborted" });
    } finally {
      server.thaw();
    }
  });

  it("says what is wrong with the target", async () => {
    await server.command("SET", "a-text", "x");
    expect(await open("a-text").send(eventOf("one"), signal)).toMatchObject({ reason: "target_unfit" });

    const nowhere = open("s", { config: { url: "redis://127.0.0.1:1" } });
    expect(await nowhere.send(eventOf("one"), signal)).toMatchObject({ reason: "connection_failed" });

    const locked = await startRedisServer({
      acl: ["user default off", "user writer on >pw resetkeys ~mine +@stream", "user admin on >pw ~* &* +@all"],
      admin: { username: "admin", password: "pw" },
    });
    cleanups.push(() => locked.remove());
    const as = (user: string) => ({ config: { url: locked.url.replace("//", `//${user}@`) } });
    expect(await open("mine", as("writer:no")).send(eventOf("one"), signal)).toMatchObject({
      kind: "failure",
      reason: "not_authorized",
      message: expect.not.stringContaining("no@"),
    });
    expect(await open("others", as("writer:pw")).send(eventOf("one"), signal)).toMatchObject({
      reason: "not_authorized",
    });
    expect(await open("mine", as("writer:pw")).send(eventOf("one"), signal)).toEqual({ kind: "taken" });
  });

  it("calls a replica unavailable", async () => {
    const replica = await startRedisServer({ replicaof: server.port });
    cleanups.push(() => replica.remove());
    const stream = nextStream();
    const sink = open(stream, { config: { url: replica.url } });
    expect(await sink.send(eventOf("one"), signal)).toMatchObject({ kind: "failure" });
    await replica.command("REPLICAOF", "NO", "ONE");
    await waitUntil(async () => (await sink.send(eventOf("one"), signal)).kind === "taken", "it was promoted");
  });

  async function connections(): Promise<number> {
    return String(await server.command("CLIENT", "LIST"))
      .trim()
      .split("\n").length;
  }
});

describe("delivery to Redis", () => {
  it("brings everything through a crash, in the order of each key", async () => {
    const target = await own({ appendonly: "always" });
    const kit = await start(target, { ordering: "key", concurrency: 8, timeoutMs: 2000 });
    const ids = eventIds(300);
    const append = async (some: readonly string[]) => {
      for (const id of some) await kit.append({ id, partitionKey: `user-${Number(id.slice(1)) % 4}` });
    };
    await append(ids.slice(0, 100));
    await waitUntil(async () => (await idsIn("target", target)).length > 10, "it has begun");
    await target.kill();
    await append(ids.slice(100, 200));
    await waitUntil(async () => (await retriesFor(kit, "connection_failed")) > 0, "a try has failed");
    await target.restart();
    await append(ids.slice(200));
    await delivered(kit);
    const came = await idsIn("target", target);
    expect([...new Set(came)].sort()).toEqual([...ids].sort());
    for (let key = 0; key < 4; key++) {
      const ofKey = (id: string) => Number(id.slice(1)) % 4 === key;
      expect([...new Set(came.filter(ofKey))]).toEqual(ids.filter(ofKey));
    }
  });

  it("waits for a target that is not there yet", async () => {
    const target = await own({});
    await target.kill();
    const kit = await start(target, {});
    await kit.append(...eventIds(20));
    await waitUntil(async () => (await retriesFor(kit, "connection_failed")) > 0, "a try has failed");
    await target.restart();
    await delivered(kit);
    expect(new Set(await idsIn("target", target))).toEqual(new Set(eventIds(20)));
  });

  it("tries again until there is room", async () => {
    const target = await own({ maxmemory: "100kb" });
    const kit = await start(target, {});
    await kit.append(...eventIds(20));
    await waitUntil(async () => (await retriesFor(kit, "target_full")) > 0, "a try was refused");
    await target.command("CONFIG", "SET", "maxmemory", "0");
    await delivered(kit);
    expect([...(await idsIn("target", target))].sort()).toEqual(eventIds(20).sort());
  });

  it("tries again until the key is a stream, and the password is right", async () => {
    const target = await own({});
    await target.command("SET", "target", "a text");
    const kit = await start(target, {});
    await kit.append(...eventIds(5));
    await waitUntil(async () => (await retriesFor(kit, "target_unfit")) > 0, "a try was refused");
    await target.command("DEL", "target");
    await delivered(kit);

    await target.command("ACL", "SETUSER", "default", "-xadd");
    await kit.append("late");
    await waitUntil(async () => (await retriesFor(kit, "not_authorized")) > 0, "a try was refused");
    await target.command("ACL", "SETUSER", "default", "+xadd");
    await delivered(kit);
    expect(new Set(await idsIn("target", target))).toEqual(new Set([...eventIds(5), "late"]));
  });

  async function own(options: Parameters<typeof startRedisServer>[0]): Promise<RedisServer> {
    const target = await startRedisServer(options);
    cleanups.push(() => target.remove());
    return target;
  }

  async function start(target: RedisServer, options: Partial<SubscriptionOptions>): Promise<LoopKit> {
    const sink = open("target", { config: { url: target.url } });
    const kit = await openLoopKit({
      target: sink,
      options: { backoffDelayMs: 50, backoffMaxMs: 200, retry: 1000, ...options },
    });
    const loop = kit.start();
    cleanups.push(() => loop.stop(1000));
    return kit;
  }

  async function retriesFor(kit: LoopKit, reason: string): Promise<number> {
    return (await kit.metric("poolcast_retried_total"))[`reason="${reason}"`] ?? 0;
  }

  async function delivered(kit: LoopKit): Promise<void> {
    await waitUntil(async () => (await kit.counts()).pending === 0, "everything is delivered");
    expect(await kit.counts()).toMatchObject({ dead: 0 });
  }
});
