/** Upstash's REST API, as a proxy of ours over a real redis-server has it. */
import { createServer } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openRedis, type RedisOptions } from "../../src/redis/connection.ts";
import type { NodeConnection, RedisNode } from "../../src/redis/node.ts";
import type { Redis, RedisReply } from "../../src/redis/redis.ts";
import { connectRest, type RestFetch } from "../../src/redis/rest.ts";
import { encodeRestCommand, readOutcome } from "../../src/redis/rest-wire.ts";
import { defineScript } from "../../src/redis/script.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { type RestFault, type RestProxy, startRestProxy } from "../support/rest-proxy.ts";
import { waitUntil } from "../support/wait.ts";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, at) => at);

let server: RedisServer;
let proxy: RestProxy;
let lines: string[] = [];
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startRedisServer();
  proxy = await startRestProxy(server.port);
});
afterEach(async () => {
  proxy.disturb(undefined);
  for (const cleanup of cleanups.splice(0)) await cleanup();
  lines = [];
});
afterAll(async () => {
  await proxy.close();
  await server.remove();
});

function open(options: Partial<RedisOptions> = {}): Redis {
  const redis = openRedis({
    config: { url: proxy.url, password: proxy.token },
    key: "events",
    connect: connectRest(fetch),
    random: Math.random,
    log: (level, message, fields) => lines.push(JSON.stringify({ level, message, ...fields })),
    name: "test",
    ...options,
  });
  cleanups.push(() => redis.close());
  return redis;
}

/** Beneath what looks for nodes. */
async function connect(node: Partial<RedisNode> = {}, by: RestFetch = fetch): Promise<NodeConnection> {
  const { port, token: password } = proxy;
  const connection = await connectRest(by)({ host: "127.0.0.1", port, rest: "http", password, ...node }, 1000);
  cleanups.push(() => connection.destroy());
  return connection;
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => "no failure",
    ({ code, reply, message }) => ({ code, reply, message }),
  );

describe("commands by REST", () => {
  it("are answered as by a socket: text, bytes, integers, nothing, and lists of them", async () => {
    const redis = open();
    const replies = await Promise.all([
      redis.command(["DEL", "s", "k", "ok"]),
      redis.command(["SET", "k", "häß 😀"]),
      redis.command(["GET", "k"]),
      redis.command(["GET", "nothing"]),
      redis.command(["SET", "ok", "OK"]),
      redis.command(["MGET", "ok", "nothing", "k"]),
      redis.command(["XADD", "s", "1-1", "ce", "{}"]),
      redis.command(["XRANGE", "s", "-", "+"]),
      redis.command(["PING"]),
    ]);
    const entries = [["1-1", ["ce", "{}"]]];
    const strings = ["OK", null, "häß 😀"];
    expect(replies).toEqual([expect.any(Number), "OK", "häß 😀", null, "OK", strings, "1-1", entries, "PONG"]);
    expect(redis.status()).toMatchObject({ state: "ready", address: `127.0.0.1:${proxy.port}`, version: undefined });
    expect(lines).toEqual([]);
  });

  it("bring bytes back unchanged, and take those that are UTF-8", async () => {
    const { send } = await connect();
    await server.command(
      "EVAL",
      "return redis.call('SET', 'raw', (string.gsub(ARGV[1], '..', function(x) return string.char(tonumber(x, 16)) end)))",
      0,
      Buffer.from(ALL_BYTES).toString("hex"),
    );
    expect(await send(["GET", "raw"], { bytes: true })).toEqual(ALL_BYTES);
    const text = new TextEncoder().encode('\uFEFF{"a":"\\"häß\u0000😀"}');
    await send(["SET", "bytes", text]);
    expect(await send(["GET", "bytes"], { bytes: true })).toEqual(text);
    expect(await server.command("STRLEN", "bytes")).toBe(text.length);
    expect(await failureOf(send(["SET", "bytes", ALL_BYTES]))).toMatchObject({ code: "rejected" });
    expect(await send(["STRLEN", "bytes"])).toBe(text.length);
  });

  it("go one request at a time, in the order of the calls, and what comes meanwhile in the next", async () => {
    const { send } = await connect();
    await send(["DEL", "list"]);
    const before = proxy.requests();
    const numbers = Array.from({ length: 300 }, (_, at) => String(at));
    const pushed: Promise<RedisReply>[] = [];
    for (const [at, number] of numbers.entries()) {
      pushed.push(send(["RPUSH", "list", number]));
      if (at % 50 === 0) await pushed.at(-1);
    }
    expect(await Promise.all(pushed)).toEqual(numbers.map((_, at) => at + 1));
    expect(await send(["LRANGE", "list", "0", "-1"])).toEqual(numbers);
    expect(proxy.mostAtOnce()).toBe(1);
    expect(proxy.requests() - before).toBeLessThan(16);
  });

  it("are asked for also where an answer has just brought the last one to an end", async () => {
    const { send } = await connect();
    let count = 0;
    for (let turn = 0; turn < 50; turn++) {
      await Promise.all([send(["PING"]).then(() => send(["PING"])), send(["PING"])]);
      count += 3;
    }
    expect(count).toBe(150);
  });

  it("are split into requests that Upstash takes, and one that it never does is refused alone", async () => {
    const { send } = await connect();
    const large = "x".repeat(5_000_000);
    const before = proxy.requests();
    const lengths = await Promise.all(["a", "b", "c"].map((key) => send(["SET", key, large])));
    expect(lengths).toEqual(["OK", "OK", "OK"]);
    expect(proxy.requests() - before).toBe(3);
    const [tooLarge, small] = [send(["SET", "a", large + large]), send(["STRLEN", "a"])];
    expect(await failureOf(tooLarge)).toMatchObject({ code: "rejected", message: /max request size/ });
    expect(await small).toBe(5_000_000);
    await send(["DEL", "a", "b", "c"]);
  });

  it("that fail tell so, each for itself", async () => {
    const redis = open();
    await redis.command(["SET", "text", "x"]);
    const [wrong, unknown, right] = [
      redis.command(["XADD", "text", "*", "a", "b"]),
      redis.command(["NOSUCH", "hunter2"]),
      redis.command(["GET", "text"]),
    ];
    expect(await failureOf(wrong)).toMatchObject({ code: "rejected", reply: "WRONGTYPE" });
    expect(JSON.stringify(await failureOf(unknown))).not.toContain("hunter");
    expect(await right).toBe("x");
  });

  it("run scripts by their hash, and by their text where it is not known", async () => {
    const redis = open();
    await server.command("SCRIPT", "FLUSH");
    const script = defineScript("return {KEYS[1], ARGV[1], #ARGV}");
    expect(await redis.eval(script, ["k"], ["v"])).toEqual(["k", "v", 1]);
    const before = proxy.commands.length;
    expect(await redis.eval(script, ["k"], ["w"])).toEqual(["k", "w", 1]);
    expect(proxy.commands.slice(before)).toEqual(["EVALSHA"]);
  });

  it("see what the same connection wrote, in whatever region they are answered", async () => {
    const seen: (string | null)[] = [];
    const { send } = await connect({}, async (url, init) => {
      seen.push(new Headers(init.headers).get("upstash-sync-token"));
      const response = await fetch(url, init);
      return new Response(response.body, { headers: { "upstash-sync-token": `token-${seen.length}` } });
    });
    await send(["PING"]);
    await send(["PING"]);
    await send(["PING"]);
    expect(seen).toEqual([null, "token-1", "token-2"]);
  });
});

describe("a token", () => {
  it("that is wrong is told as such, and by no word of itself", async () => {
    const redis = open({ config: { url: proxy.url, password: "hunter2" } });
    expect(await failureOf(redis.command(["GET", "a"]))).toMatchObject({ code: "denied", reply: "HTTP 401" });
    expect(redis.status()).toMatchObject({ state: "down", failure: { code: "denied" } });
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain("hunter2");
  });

  it("may stand in the URL", async () => {
    const redis = open({ config: { url: proxy.url.replace("//", `//:${encodeURIComponent(proxy.token)}@`) } });
    expect(await redis.command(["PING"])).toBe("PONG");
  });

  it.each(["two\nlines", "snow☃man"])(
    "that no header may hold is refused without being shown: %j",
    async (password) => {
      const redis = open({ config: { url: proxy.url, password } });
      const failure = await failureOf(redis.command(["GET", "a"]));
      expect(failure).toMatchObject({ code: "denied" });
      expect(JSON.stringify([failure, lines])).not.toMatch(/lines|snow/);
    },
  );
});

describe("trouble", () => {
  const UNAVAILABLE: readonly (readonly [string, RestFault, object])[] = [
    ["too many requests", { status: 429, body: '{"error":"too many"}' }, { code: "unavailable", reply: "HTTP 429" }],
    ["an error of the server", { status: 500, body: '{"error":"oops"}' }, { code: "unavailable", reply: "HTTP 500" }],
    ["a page of a load balancer", { status: 502, body: "<html>" }, { code: "unavailable", reply: "HTTP 502" }],
    ["a page in place of an answer", { status: 200, body: "<html>" }, { code: "unavailable", message: /no REST API/ }],
    ["no body", { status: 200 }, { code: "unavailable", message: /no REST API/ }],
    ["an object", { status: 200, body: '{"result":1}' }, { code: "unavailable", message: /no REST API/ }],
    ["too few replies", { status: 200, body: "[]" }, { code: "unavailable", message: /no REST API/ }],
    ["what is neither", { status: 200, body: "[{}]" }, { code: "unavailable", message: /no REST API/ }],
    ["no base64", { status: 200, body: '[{"result":"a-b"}]' }, { code: "unavailable", message: /no REST API/ }],
    ["a page as a refusal", { status: 400, body: "<html>" }, { code: "unavailable", message: /no REST API/ }],
    ["another path", { status: 404, body: "no" }, { code: "unavailable", message: /404.*URL/ }],
    ["no right", { status: 403, body: "no" }, { code: "denied", reply: "HTTP 403" }],
    [
      "a quota that is used up",
      { status: 400, body: '{"error":"ERR max daily request limit exceeded. Limit: 10000"}' },
      { code: "unavailable", message: /daily request limit/ },
    ],
    ["a lost answer", "lose", { code: "unavailable", reply: "" }],
  ];

  it.each(UNAVAILABLE)("is a loss of the connection: %s", async (_name, fault, expected) => {
    const connection = await connect();
    await connection.send(["PING"]);
    const lost = new Promise((done) => connection.onLost(done));
    proxy.disturb(fault);
    const failure = await failureOf(connection.send(["INCR", "counter"]));
    expect(failure).toMatchObject(matching(expected));
    expect(await lost).toMatchObject({ code: (expected as { code: string }).code });
    proxy.disturb(undefined);
    expect(await failureOf(connection.send(["PING"]))).toMatchObject({ code: (expected as { code: string }).code });
  });

  it.each([
    ["a request that is too large for a proxy", { status: 413, body: "<html>" }, { code: "rejected" }],
    ["one that the API refuses", { status: 400, body: '{"error":"ERR no"}' }, { code: "rejected", message: "ERR no" }],
    ["a full database", { status: 400, body: '{"error":"ERR DB capacity quota exceeded"}' }, { code: "full" }],
    ["a reply without an end", "endless", { code: "unavailable", message: /too large/ }],
  ] as const)("ends no connection: %s", async (_name, fault, expected) => {
    const { send } = await connect();
    proxy.disturb(fault);
    expect(await failureOf(send(["PING"]))).toMatchObject(matching(expected));
    proxy.disturb(undefined);
    expect(await send(["PING"])).toBe("PONG");
  });

  it("never takes the token elsewhere, whatever it is told", async () => {
    let visits = 0;
    const elsewhere = createServer((_request, response) => {
      visits += 1;
      response.end("[]");
    });
    await new Promise<void>((done) => elsewhere.listen(0, "127.0.0.1", done));
    cleanups.push(() => elsewhere.close());
    const address = elsewhere.address();
    const host = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const redis = open();
    await redis.command(["PING"]);
    proxy.disturb({ status: 307, headers: { location: `http://${host}/pipeline` } });
    expect(await failureOf(redis.command(["PING"]))).toMatchObject({ code: "unavailable", message: /redirection/ });
    proxy.disturb({ status: 200, body: JSON.stringify([{ error: `MOVED 1 ${host}` }]) });
    await waitUntil(() => redis.status().state === "down", "it looks for it");
    await new Promise((done) => setTimeout(done, 300));
    expect(visits).toBe(0);
  });

  it.each(["hang", "half"] as const)("a request without an answer is given up: %s", async (fault) => {
    const redis = open({ timeoutMs: 400 });
    await redis.command(["PING"]);
    proxy.disturb(fault);
    const [one, other] = [failureOf(redis.command(["PING"])), failureOf(redis.command(["ECHO", "a"]))];
    expect(await one).toMatchObject({ code: "unavailable" });
    expect(await other).toMatchObject({ code: "unavailable" });
    await waitUntil(() => redis.status().state === "down", "it is down");
    expect(await failureOf(redis.command(["PING"]))).toMatchObject({ code: "unavailable" });
    proxy.disturb(undefined);
    await waitUntil(() => redis.status().state === "ready", "it is back");
    expect(await redis.command(["ECHO", "b"])).toBe("b");
    expect(lines.at(-1)).toContain("Redis is back");
  });

  it("is met with pauses: who is told to ask less asks less", async () => {
    const redis = open();
    await redis.command(["PING"]);
    proxy.disturb({ status: 429, body: "{}" });
    const before = proxy.requests();
    for (let turn = 0; turn < 80; turn++) {
      await redis.command(["PING"]).catch(() => {});
      await new Promise((done) => setTimeout(done, 5));
    }
    expect(proxy.requests() - before).toBeLessThan(10);
    proxy.disturb(undefined);
    await waitUntil(() => redis.status().state === "ready", "it is back");
  });

  it("asks for fewer large replies at once after one that was too large", async () => {
    const sizes: number[] = [];
    let large = true;
    const { send } = await connect({}, async (_url, init) => {
      const asked: unknown[] = JSON.parse(new TextDecoder().decode(init.body as Uint8Array));
      sizes.push(asked.length);
      const parts = large ? 40 : 1;
      large = false;
      const text = JSON.stringify(asked.map(() => ({ result: null })));
      return new Response(text.padEnd(parts * 1024 * 1024));
    });
    const ask = () => Promise.allSettled(Array.from({ length: 8 }, () => send(["XRANGE"], { bytes: true })));
    expect((await ask()).every(({ status }) => status === "rejected")).toBe(true);
    expect((await ask()).every(({ status }) => status === "fulfilled")).toBe(true);
    expect(sizes).toEqual([8, 4, 4]);
  });

  it("lets go when it is told to, without calling that a loss", async () => {
    const connection = await connect();
    let lost = false;
    connection.onLost(() => {
      lost = true;
    });
    proxy.disturb("hang");
    const waiting = failureOf(connection.send(["PING"]));
    await waitUntil(() => proxy.mostAtOnce() > 0, "it was asked");
    connection.destroy();
    expect(await waiting).toMatchObject({ code: "unavailable" });
    expect(lost).toBe(false);
  });

  it("that nobody listens is told by the system's words", async () => {
    const { send } = await connect({ port: 1 });
    expect(await failureOf(send(["PING"]))).toMatchObject({ code: "unavailable", message: /\S/ });
  });
});

describe("the wire", () => {
  it("writes what JSON has, also for half a character", () => {
    expect(new TextDecoder().decode(encodeRestCommand(["a\n", "\ud800"]))).toBe('["a\\n","\\ud800"]');
  });

  it("reads integers and lists within lists", () => {
    const body = new TextEncoder().encode('[{"result":[["MS0w",[7,null,["YQ=="]]],"OK"]}]');
    expect(readOutcome({ status: 200, body }, [false])).toEqual({
      kind: "replies",
      replies: [[["1-0", [7, null, ["a"]]], "OK"]],
    });
  });
});

function matching(expected: object): object {
  return Object.fromEntries(
    Object.entries(expected).map(([key, value]) => [
      key,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]),
  );
}
