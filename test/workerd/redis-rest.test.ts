/** Redis by a REST API and the `fetch` of Workers; the proxy is that of the test that started this process. */
import { createHash } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { createRedisBroker } from "../../src/broker/redis.ts";
import { openRedis } from "../../src/redis/connection.ts";
import type { NodeConnection } from "../../src/redis/node.ts";
import { connectRedis } from "../../src/runtimes/redis-connect.ts";
import { connectRedisSocket } from "../../src/runtimes/worker-redis.ts";
import { testBroker } from "../suites/broker/index.ts";
import { BY_REST, redisSuite } from "../support/redis-suite.ts";

const sha256 = (text: string) => new Uint8Array(createHash("sha256").update(text).digest());
const ports = inject("ports");
const password = inject("password");
const connect = connectRedis(connectRedisSocket);

testBroker(
  "redis by REST",
  redisSuite(
    (store) => {
      // Not those of the suite by sockets, which has the same server.
      const stream = `rest-${store.stream}`;
      const redis = openRedis({
        config: { url: `http://127.0.0.1:${ports.rest}`, password },
        key: stream,
        connect,
        random: Math.random,
        log: () => {},
        name: "broker",
        timeoutMs: 10_000,
      });
      const names = { stream, group: "default", trackingId: false, keepGroups: [] };
      return createRedisBroker({ ...store, ...names, redis, sha256 });
    },
    2,
    BY_REST,
  ),
);

describe("a connection by REST", () => {
  async function using<T>(port: number, work: (connection: NodeConnection) => Promise<T>): Promise<T> {
    const connection = await connect({ host: "127.0.0.1", port, rest: "http", password }, 1000);
    try {
      return await work(connection);
    } finally {
      connection.destroy();
    }
  }

  it("sends text, gives back text and bytes, and carries megabytes", async () => {
    const large = "0123456789abcdef".repeat(250_000);
    await using(ports.rest, async ({ send }) => {
      expect(await Promise.all([send(["SET", "rest", "Grüße"]), send(["GET", "rest"])])).toEqual(["OK", "Grüße"]);
      expect(await send(["GET", "rest"], { bytes: true })).toEqual(new TextEncoder().encode("Grüße"));
      expect((await send(["ECHO", large])) === large).toBe(true);
      expect(await send(["DEL", "rest"])).toBe(1);
    });
  });

  it.each([
    ["nobody listens", 1],
    ["another server answers", ports.http],
  ])("is lost where %s", async (_name, port) => {
    await using(port, async ({ send }) => {
      await expect(send(["PING"])).rejects.toMatchObject({ code: "unavailable" });
    });
  });

  it("ends what is under way when it is let go", async () => {
    const connection = await connect({ host: "127.0.0.1", port: ports.silent, rest: "http", password }, 1000);
    const waiting = connection.send(["PING"]);
    const refused = expect(waiting).rejects.toMatchObject({ code: "unavailable" });
    connection.destroy();
    await refused;
  });
});
