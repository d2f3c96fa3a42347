/** The connection over TLS, with rights, through a Sentinel and in a Cluster, each of them real. */
import { afterEach, describe, expect, it } from "vitest";
import type { RedisConnectionConfig } from "../../src/config/config.ts";
import { openRedis } from "../../src/redis/connection.ts";
import type { Redis } from "../../src/redis/redis.ts";
import { defineScript } from "../../src/redis/script.ts";
import { connectRedisNode } from "../../src/runtimes/redis-client.ts";
import { type RedisServer, type RedisServerOptions, startRedisServer } from "../support/redis-server.ts";
import { startRedisCluster, startRedisWithSentinel } from "../support/redis-topology.ts";
import { makeSelfSigned } from "../support/self-signed.ts";
import { waitUntil } from "../support/wait.ts";

const KEY = "events";
const cleanups: (() => unknown)[] = [];
let lines: string[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  lines = [];
});

async function own(options: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedisServer(options);
  cleanups.push(() => server.remove());
  return server;
}

function open(config: RedisConnectionConfig, key = KEY): Redis {
  const redis = openRedis({
    config,
    key,
    connect: connectRedisNode,
    random: Math.random,
    log: (_level, message, fields) => lines.push(JSON.stringify({ message, ...fields })),
    name: "test",
  });
  cleanups.push(() => redis.close());
  return redis;
}

const untilReady = (redis: Redis) => waitUntil(() => redis.status().state === "ready", "it is ready");
const failureOf = (redis: Redis) => redis.command(["GET", KEY]).then(String, (error) => error);

describe("TLS", () => {
  it("trusts the authority of the configuration, and nobody else without it", async () => {
    const server = await own({ tls: true });
    const url = `rediss://localhost:${server.port}`;
    const tls = { ca: server.ca, skipVerify: false };
    expect(await open({ url, tls }).command(["GET", KEY])).toBeNull();
    // The key `tls` alone is enough to ask for it.
    expect(await open({ url: `redis://localhost:${server.port}`, tls }).command(["GET", KEY])).toBeNull();
    expect(await failureOf(open({ url }))).toMatchObject({ code: "unavailable", message: /self.signed/ });
    const other = makeSelfSigned("localhost").cert;
    expect(await failureOf(open({ url, tls: { ca: other, skipVerify: false } }))).toMatchObject({
      code: "unavailable",
    });
    expect(await open({ url, tls: { skipVerify: true } }).command(["GET", KEY])).toBeNull();
  });

  it("wants the name that was asked for", async () => {
    const server = await own({ tls: true });
    const tls = { ca: server.ca, skipVerify: false };
    expect(await failureOf(open({ url: server.url, tls }))).toMatchObject({ message: /127\.0\.0\.1/ });
    expect(await open({ url: server.url, tls: { ...tls, skipVerify: true } }).command(["GET", KEY])).toBeNull();
  });

  it("shows a client certificate where the server asks for one", async () => {
    const client = makeSelfSigned("client");
    const server = await own({ tls: true, clientCertificate: client });
    const url = `rediss://localhost:${server.port}`;
    const tls = { ca: server.ca, skipVerify: false };
    expect(await open({ url, tls: { ...tls, ...client } }).command(["GET", KEY])).toBeNull();
    expect(await failureOf(open({ url, tls }))).toMatchObject({ code: "unavailable" });
  });

  it("is not spoken to a server that speaks it not, nor the other way round", async () => {
    const [plain, secure] = [await own({}), await own({ tls: true })];
    const wrong = open({ url: plain.url.replace("redis:", "rediss:"), tls: { skipVerify: true } });
    expect(await failureOf(wrong)).toMatchObject({ code: "unavailable" });
    expect(await failureOf(open({ url: secure.url.replace("rediss:", "redis:") }))).toMatchObject({
      code: "unavailable",
    });
  });
});

describe("rights", () => {
  it("user, password and database come from the URL, or from the keys that win over it", async () => {
    const server = await own({
      acl: ["user default off", "user crm on >p@ss/w ~* +@all", "user admin on >pw ~* +@all"],
      admin: { username: "admin", password: "pw" },
    });
    const at = (rest: string) => server.url.replace("//", `//${rest}`);
    await open({ url: `${at("crm:p%40ss%2Fw@")}/3` }).command(["SET", KEY, "three"]);
    const keys = open({ url: `${at("crm:wrong@")}/7`, password: "p@ss/w", database: 3 });
    expect(await keys.command(["GET", KEY])).toBe("three");
    expect(await open({ url: server.url, username: "crm", password: "p@ss/w" }).command(["GET", KEY])).toBeNull();
  });

  it("what a user may not do is denied by name and changes nothing; a user that is gone must come again", async () => {
    const server = await own({});
    await server.command("ACL", "SETUSER", "crm", "on", ">pw", "resetkeys", `~${KEY}`, "+@stream");
    const redis = open({ url: server.url, username: "crm", password: "pw" });
    await redis.command(["XADD", KEY, "*", "a", "b"]);
    await expect(redis.command(["SET", KEY, "x"])).rejects.toMatchObject({ code: "denied", reply: "NOPERM" });
    await expect(redis.command(["XADD", "other", "*", "a", "b"])).rejects.toMatchObject({ reply: "NOPERM" });
    expect(redis.status().state).toBe("ready");

    await server.command("ACL", "DELUSER", "crm");
    await waitUntil(() => redis.status().state === "down", "it is down");
    expect(await redis.command(["XLEN", KEY]).catch((error) => error)).toMatchObject({
      code: "denied",
      reply: "WRONGPASS",
    });
    await server.command("ACL", "SETUSER", "crm", "on", ">pw", `~${KEY}`, "+@stream");
    await untilReady(redis);
    expect(await redis.command(["XLEN", KEY])).toBe(1);
  });

  it("a password that is asked for later is missed at the next connection only", async () => {
    const server = await own({});
    const redis = open({ url: server.url });
    await redis.command(["SET", KEY, "x"]);
    await server.command("CONFIG", "SET", "requirepass", "later");
    expect(await redis.command(["GET", KEY])).toBe("x");
  });
});

describe("a replica", () => {
  it("is not written to; the connection finds out when a primary is demoted, and when it is promoted again", async () => {
    const primary = await own({});
    const server = await own({});
    const redis = open({ url: server.url });
    expect(await redis.command(["SET", "mine", "1"])).toBe("OK");
    await server.command("REPLICAOF", "127.0.0.1", primary.port);
    expect(await redis.command(["SET", "mine", "2"]).catch((error) => error)).toMatchObject({ code: "unavailable" });
    await waitUntil(() => redis.status().state === "down", "it is down");
    const before = lines.length;
    const states = new Set<string>();
    redis.onStatus(({ state }) => states.add(state));
    await new Promise((done) => setTimeout(done, 1500));
    expect(lines.length - before).toBeLessThanOrEqual(1);
    // It connects well enough, and is not taken for what it is not.
    expect([...states]).toEqual(["down"]);
    await server.command("REPLICAOF", "NO", "ONE");
    await untilReady(redis);
    expect(await redis.command(["SET", "mine", "3"])).toBe("OK");
  });
});

describe("Sentinel", () => {
  it("finds the primary, and the next one after a failover", async () => {
    const group = await startRedisWithSentinel();
    cleanups.push(() => group.remove());
    // A sentinel that is gone is passed over.
    const urls = ["redis://127.0.0.1:1", group.sentinelUrl];
    const redis = open({ sentinel: { name: group.name, urls } });
    expect(await redis.command(["SET", KEY, "kept"])).toBe("OK");
    expect(redis.status()).toMatchObject({ address: `127.0.0.1:${group.primary.port}` });
    await group.waitForSync();
    await group.primary.kill();
    await waitUntil(async () => (await redis.command(["SET", "after", "1"]).catch(() => "")) === "OK", "it is back");
    expect(redis.status()).toMatchObject({ address: `127.0.0.1:${group.replica.port}` });
    expect(await redis.command(["GET", KEY])).toBe("kept");

    // The old primary comes back; nothing is written there.
    await group.primary.restart();
    expect(await redis.command(["SET", "after", "2"])).toBe("OK");
    expect(await group.replica.command("GET", "after")).toBe("2");
  });

  it("says so where the sentinel does not know the name", async () => {
    const sentinel = await own({ sentinel: true });
    const redis = open({ sentinel: { name: "nobody", urls: [sentinel.url] } });
    expect(await failureOf(redis)).toMatchObject({ code: "unavailable", message: /knows no primary/ });
  });

  it("gives the password to the primary, not to the sentinel", async () => {
    const group = await startRedisWithSentinel({ requirepass: "pw", config: ["masterauth pw"] });
    cleanups.push(() => group.remove());
    const redis = open({ sentinel: { name: group.name, urls: [group.sentinelUrl] }, password: "pw", database: 2 });
    expect(await redis.command(["SET", KEY, "x"])).toBe("OK");
  });
});

describe("Cluster", () => {
  it("serves any slot from any node, follows a slot that moves, and outlasts a node", async () => {
    const cluster = await startRedisCluster({ appendonly: "always" });
    cleanups.push(() => cluster.remove());

    for (const key of ["a", "b", "c", "{a}:more", KEY]) {
      for (const url of cluster.urls) {
        expect(await open({ clusterUrls: [url] }, key).command(["XADD", key, "*", "a", "b"])).toMatch(/^\d+-\d+$/);
      }
    }
    const script = defineScript("redis.call('SET', KEYS[1], ARGV[1]); return redis.call('XLEN', KEYS[2])");
    const redis = open({ clusterUrls: ["redis://127.0.0.1:1", ...cluster.urls] });
    expect(await redis.eval(script, [`{${KEY}}:x`, KEY], ["1"])).toBe(3);
    await expect(redis.command(["MGET", KEY, "a"])).rejects.toMatchObject({ code: "rejected", reply: "CROSSSLOT" });

    // A slot on the move: what is still here, what is there already, and after all of it has gone.
    const owner = await cluster.ownerOf(KEY);
    const target = cluster.nodes.find((node) => node !== owner);
    if (!target) throw new Error("no other node");
    await cluster.beginMove(KEY, target);
    expect(await redis.command(["XLEN", KEY])).toBe(3);
    expect(await redis.command(["SET", `{${KEY}}:new`, "asked"])).toBe("OK");
    expect(await redis.command(["GET", `{${KEY}}:new`])).toBe("asked");
    await expect(redis.command(["MGET", KEY, `{${KEY}}:new`])).rejects.toMatchObject({ reply: "TRYAGAIN" });
    await cluster.finishMove(KEY, target);
    const moved = await Promise.all([
      redis.command(["XLEN", KEY]),
      redis.command(["GET", `{${KEY}}:new`]),
      redis.eval(script, [`{${KEY}}:x`, KEY], ["2"]),
    ]);
    expect(moved).toEqual([3, "asked", 3]);
    expect(redis.status()).toMatchObject({ state: "ready", address: `127.0.0.1:${target.port}` });
    expect(lines).toEqual([]);

    await target.kill();
    await waitUntil(() => redis.status().state === "down", "it is down");
    await expect(redis.command(["XLEN", KEY])).rejects.toMatchObject({ code: "unavailable" });
    await target.restart();
    await waitUntil(async () => (await redis.command(["XLEN", KEY]).catch(() => 0)) === 3, "it is back");
  });

  it("gives the password to every node", async () => {
    const cluster = await startRedisCluster({ requirepass: "pw" });
    cleanups.push(() => cluster.remove());
    for (const key of ["a", "b", "c"]) {
      const redis = open({ clusterUrls: cluster.urls, password: "pw" }, key);
      expect(await redis.command(["SET", key, "x"])).toBe("OK");
    }
  });
});
