import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openRedis, type RedisOptions } from "../../src/redis/connection.ts";
import type { ConnectNode } from "../../src/redis/node.ts";
import type { Redis, RedisReply } from "../../src/redis/redis.ts";
import { defineScript } from "../../src/redis/script.ts";
import { connectRedisNode } from "../../src/runtimes/redis-client.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { waitUntil } from "../support/wait.ts";

const KEY = "events";
const decode = (bytes: unknown) => (bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : bytes);

let server: RedisServer;
let lines: string[] = [];
const opened: Redis[] = [];

beforeAll(async () => {
  server = await startRedisServer({ appendonly: "always" });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((redis) => redis.close()));
  lines = [];
});
afterAll(() => server.remove());

function open(options: Partial<RedisOptions> = {}): Redis {
  const redis = openRedis({
    config: { url: server.url },
    key: KEY,
    connect: connectRedisNode,
    random: Math.random,
    log: (level, message, fields) => lines.push(JSON.stringify({ level, message, ...fields })),
    name: "test",
    ...options,
  });
  opened.push(redis);
  return redis;
}

const until = (redis: Redis, state: string) => waitUntil(() => redis.status().state === state, `it is ${state}`);

describe("commands", () => {
  it("wait for the first connection and are executed in order", async () => {
    const redis = open();
    const replies = await Promise.all([
      redis.command(["SET", "a", "1"]),
      redis.command(["INCR", "a"]),
      redis.command(["GET", "a"]),
      redis.command(["GET", "nothing"]),
      redis.command(["MGET", "a", "nothing"]),
    ]);
    expect(replies).toEqual(["OK", 2, "2", null, ["2", null]]);
    expect(redis.status()).toMatchObject({ state: "ready", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    expect(lines).toEqual([]);
  });

  it("are spoken in RESP2, under no name and with the handshake that any user may have", async () => {
    await server.command("CONFIG", "RESETSTAT");
    const redis = open();
    expect(await redis.command(["CLIENT", "INFO"])).toMatch(/ resp=2(\s|$)/);
    const stats = String(await server.command("INFO", "commandstats"));
    const used = [...stats.matchAll(/cmdstat_([\w|]+):/g)].map(([, name]) => name).sort();
    expect(used).toEqual(["client|info", "config|resetstat", "hello", "xlen"]);
  });

  it("carry bytes unchanged, both ways", async () => {
    const redis = open();
    const bytes = Uint8Array.of(0, 255, 13, 10, 195, 40);
    // A view into a larger buffer, as slices of a body are.
    const view = new Uint8Array([9, ...bytes, 9]).subarray(1, 7);
    await redis.command(["SET", "bytes", view]);
    expect(new Uint8Array((await redis.command(["GET", "bytes"], { bytes: true })) as Uint8Array)).toEqual(bytes);
    const [entry] = (await redis.command(["LRANGE", "none", "0", "1"], { bytes: true })) as readonly unknown[];
    expect(entry).toBeUndefined();
    await redis.command(["DEL", "list"]);
    await redis.command(["RPUSH", "list", "häß"]);
    expect(((await redis.command(["LRANGE", "list", "0", "1"], { bytes: true })) as unknown[]).map(decode)).toEqual([
      "häß",
    ]);
  });

  it("may have a timeout of their own", async () => {
    const redis = open({ timeoutMs: 400 });
    await redis.command(["SET", "kept", "yes"]);
    server.freeze();
    const patient = redis.command(["GET", "kept"], { timeoutMs: 20_000 });
    await new Promise((done) => setTimeout(done, 1000));
    server.thaw();
    expect(await patient).toBe("yes");
  });

  it("tell a refusal by its first word, and leave out the arguments", async () => {
    const redis = open();
    await redis.command(["SET", "text", "x"]);
    await expect(redis.command(["XADD", "text", "*", "a", "b"])).rejects.toMatchObject({
      code: "rejected",
      reply: "WRONGTYPE",
    });
    const unknown = redis.command(["NOSUCH", "hunter2", "hunter3"]);
    await expect(unknown).rejects.toMatchObject({ code: "rejected", reply: "ERR" });
    expect(String(await unknown.catch((error) => error))).not.toContain("hunter");
  });
});

describe("scripts", () => {
  const script = defineScript("redis.call('SET', KEYS[1], ARGV[1]); return {KEYS[1], ARGV[1], #ARGV}");

  it("run by their hash, and by their text where the server does not know them", async () => {
    const redis = open();
    await redis.command(["SCRIPT", "FLUSH"]);
    expect(await redis.eval(script, ["k"], ["v", Uint8Array.of(65)])).toEqual(["k", "v", 2]);
    await server.command("CONFIG", "RESETSTAT");
    expect(await redis.eval(script, ["k"], ["w"])).toEqual(["k", "w", 1]);
    const stats = String(await server.command("INFO", "commandstats"));
    expect(stats).toContain("cmdstat_evalsha:calls=1");
    expect(stats).not.toContain("cmdstat_eval:");
  });

  it("fail with the word of the command that failed in them", async () => {
    const redis = open();
    const failing = defineScript("return redis.call('XADD', KEYS[1], '*', 'a', 'b')");
    await redis.command(["SET", "text", "x"]);
    await expect(redis.eval(failing, ["text"], [])).rejects.toMatchObject({ reply: "WRONGTYPE" });
  });
});

describe("an outage", () => {
  it("a server that is down at the start is found when it comes", async () => {
    const late = await startRedisServer();
    try {
      await late.kill();
      const redis = open({ config: { url: late.url } });
      await expect(redis.command(["GET", "a"])).rejects.toMatchObject({ code: "unavailable" });
      expect(redis.status().state).toBe("down");
      await late.restart();
      await until(redis, "ready");
      expect(await redis.command(["GET", "a"])).toBeNull();
      expect(lines).toHaveLength(2);
      expect(lines[0]).toContain("out of reach");
      expect(lines[1]).toContain("Redis is back");
    } finally {
      await late.remove();
    }
  });

  it("commands fail at once while it lasts, and work again after it without a hot loop", async () => {
    const redis = open({ timeoutMs: 20_000 });
    await redis.command(["SET", "kept", "yes"]);
    await server.kill();
    try {
      await until(redis, "down");
      const startMs = performance.now();
      await expect(redis.command(["GET", "kept"])).rejects.toMatchObject({ code: "unavailable", reply: "" });
      // Far below its timeout.
      expect(performance.now() - startMs).toBeLessThan(5000);
      await new Promise((done) => setTimeout(done, 2000));
      // One for each new reason, not for each attempt.
      expect(lines.length).toBeLessThan(4);
    } finally {
      await server.restart();
    }
    await until(redis, "ready");
    expect(await redis.command(["GET", "kept"])).toBe("yes");
  });

  it("a server that stands still holds nobody longer than the timeout", async () => {
    const redis = open({ timeoutMs: 400 });
    await redis.command(["SET", "kept", "yes"]);
    server.freeze();
    try {
      const startMs = performance.now();
      await expect(redis.command(["GET", "kept"])).rejects.toMatchObject({ code: "unavailable" });
      // It stands still for as long as this takes.
      expect(performance.now() - startMs).toBeLessThan(5000);
      await until(redis, "down");
    } finally {
      server.thaw();
    }
    await until(redis, "ready");
    expect(await redis.command(["GET", "kept"])).toBe("yes");
  });

  it("a slow server that goes on answering keeps its connection, one that is silent does not", async () => {
    vi.useFakeTimers();
    try {
      const asked = new Map<string, (reply: RedisReply) => void>();
      let connections = 0;
      // The slowness is forced; everything else in this file is real.
      const connect: ConnectNode = async () => {
        connections += 1;
        return {
          send: ([name = ""]) =>
            name === "HELLO" || name === "XLEN" ? Promise.resolve(null) : answerLater(String(name)),
          onLost() {},
          destroy() {},
        };
      };
      const answerLater = (name: string) => new Promise<RedisReply>((done) => asked.set(name, done));
      const redis = open({ connect, timeoutMs: 400 });
      await vi.advanceTimersByTimeAsync(1);
      const outcome = (name: string) =>
        redis.command([name]).then(
          () => "answered",
          () => "too late",
        );
      const [first, second] = [outcome("first"), outcome("second")];
      await vi.advanceTimersByTimeAsync(300);
      asked.get("first")?.("OK");
      await vi.advanceTimersByTimeAsync(200);
      expect([await first, await second]).toEqual(["answered", "too late"]);
      expect(redis.status().state).toBe("ready");
      expect(connections).toBe(1);

      const third = outcome("third");
      await vi.advanceTimersByTimeAsync(400);
      expect(await third).toBe("too late");
      await vi.advanceTimersByTimeAsync(1);
      expect(connections).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });
});

it("closing waits for what was asked, and refuses what comes later", async () => {
  const redis = open();
  await redis.command(["DEL", "n"]);
  const asked = Promise.all(Array.from({ length: 100 }, () => redis.command(["INCR", "n"])));
  await redis.close();
  expect((await asked).at(-1)).toBe(100);
  await expect(redis.command(["INCR", "n"])).rejects.toMatchObject({ code: "unavailable" });
  expect(redis.status()).toEqual({ state: "closed" });
});

it("no failure names a password", async () => {
  const locked = await startRedisServer({ requirepass: "correct-horse" });
  try {
    const withPassword = (password: string) => locked.url.replace("redis://", `redis://:${password}@`);
    const wrong = open({ config: { url: withPassword("battery-staple") } });
    const failure = await wrong.command(["GET", "a"]).catch((error) => error);
    expect(failure).toMatchObject({ code: "denied", reply: "WRONGPASS" });
    const none = open({ config: { url: locked.url } });
    await expect(none.command(["GET", "a"])).rejects.toMatchObject({ code: "denied", reply: "NOAUTH" });
    const right = open({ config: { url: withPassword("correct-horse") } });
    expect(await right.command(["GET", "a"])).toBeNull();
    await locked.kill();
    await until(right, "down");
    const told = [...lines, String(failure), failure.stack, JSON.stringify(failure)].join("\n");
    expect(told).not.toMatch(/battery|horse/);
  } finally {
    await locked.remove();
  }
});
