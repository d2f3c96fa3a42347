/** Redis by the sockets of Workers; the servers are those of the test that started this process. */
import { describe, expect, inject, it } from "vitest";
import { createRedisBroker } from "../../src/broker/redis.ts";
import { openRedis } from "../../src/redis/connection.ts";
import type { NodeConnection, RedisNode } from "../../src/redis/node.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { connectRedisSocket } from "../../src/runtimes/worker-redis.ts";
import { testBroker } from "../suites/broker/index.ts";
import { redisSuite } from "../support/redis-suite.ts";

const ports = inject("ports");
const PASSWORD = inject("password");

testBroker(
  "redis",
  redisSuite((store) => {
    const { stream } = store;
    const redis = openRedis({
      config: { url: `redis://127.0.0.1:${ports.redis}` },
      key: stream,
      connect: connectRedisSocket,
      random: Math.random,
      log: () => {},
      name: "broker",
      timeoutMs: 10_000,
    });
    return createRedisBroker({ ...store, redis, sha256, group: "default", trackingId: false, keepGroups: [] });
  }, 5),
);

describe("a connection by a socket", () => {
  const open = (port: number, more: Partial<RedisNode> = {}, timeoutMs = 5000) =>
    connectRedisSocket({ host: "127.0.0.1", port, ...more }, timeoutMs);

  async function using<T>(opening: Promise<NodeConnection>, work: (connection: NodeConnection) => Promise<T>) {
    const connection = await opening;
    try {
      return await work(connection);
    } finally {
      connection.destroy();
    }
  }

  it("sends text and bytes, and gives both back", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    await using(open(ports.redis), async ({ send }) => {
      expect(await Promise.all([send(["SET", "socket", bytes]), send(["STRLEN", "socket"])])).toEqual(["OK", 256]);
      expect(await send(["GET", "socket"], { bytes: true })).toEqual(bytes);
      expect(await send(["GET", "socket-of-nobody"])).toBeNull();
      expect(await send(["ECHO", "Grüße"])).toBe("Grüße");
      await expect(send(["LPUSH", "socket", "a"])).rejects.toMatchObject({ code: "rejected", reply: "WRONGTYPE" });
      expect(await send(["DEL", "socket"])).toBe(1);
    });
  });

  it("carries megabytes in both directions", async () => {
    const large = "0123456789abcdef".repeat(500_000);
    await using(open(ports.redis), async ({ send }) => expect((await send(["ECHO", large])) === large).toBe(true));
  });

  it("proves who it is, and uses the database that is asked for", async () => {
    const username = "default";
    await using(open(ports.locked, { password: PASSWORD, username, database: 3 }), async ({ send }) => {
      expect(await send(["CLIENT", "INFO"])).toContain(" db=3 ");
    });
    await expect(open(ports.locked, { password: "wrong" })).rejects.toMatchObject({
      code: "denied",
      reply: "WRONGPASS",
    });
    await expect(open(ports.locked)).rejects.toMatchObject({ code: "denied", reply: "NOAUTH" });
  });

  it("is lost when the server ends it, and rejects what has no answer", async () => {
    const connection = await open(ports.redis);
    const lost = new Promise((done) => connection.onLost(done));
    const id = await connection.send(["CLIENT", "ID"]);
    const waiting = connection.send(["BLPOP", "a-list-of-nobody", "0"]);
    const refused = expect(waiting).rejects.toMatchObject({ code: "unavailable" });
    await using(open(ports.redis), ({ send }) => send(["CLIENT", "KILL", "ID", String(id)]));
    await refused;
    await lost;
    await expect(connection.send(["PING"])).rejects.toMatchObject({ code: "unavailable" });
  });

  it("lets go when it is told to, without calling that a loss", async () => {
    const connection = await open(ports.redis);
    let lost = false;
    connection.onLost(() => {
      lost = true;
    });
    const waiting = connection.send(["BLPOP", "a-list-of-nobody", "0"]);
    const refused = expect(waiting).rejects.toMatchObject({ code: "unavailable" });
    connection.destroy();
    await refused;
    expect(lost).toBe(false);
  });

  it.each([
    ["nobody listens", 1],
    ["a server answers that is none of Redis", ports.http],
    ["nobody answers", ports.silent],
    ["TLS is wanted and not there", ports.redis],
  ])("is not to be had where %s", async (name, port) => {
    const tls = name.startsWith("TLS") ? { tls: { skipVerify: false } } : {};
    await expect(open(port, tls, 1000)).rejects.toMatchObject({ code: "unavailable" });
  });
});
