/** The broker over a REST API as Upstash has it: the whole suite, and what it has in common with one by a socket. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { brokerFailureCode } from "../../src/broker/broker.ts";
import { testBroker } from "../suites/broker/index.ts";
import { append, claimIds, DELIVERED, settleAll, subscribe } from "../suites/broker/steps.ts";
import { redisBackend } from "../support/redis-backend.ts";
import { openRedisStage, type RedisStage } from "../support/redis-broker.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { BY_REST } from "../support/redis-suite.ts";
import { type RestProxy, startRestProxy } from "../support/rest-proxy.ts";
import { waitUntil } from "../support/wait.ts";

let server: RedisServer;
let proxy: RestProxy;

beforeAll(async () => {
  server = await startRedisServer({ appendonly: "always" });
  proxy = await startRestProxy(server.port);
});
afterAll(async () => {
  await proxy.close();
  await server.remove();
});

const restConfig = () => ({ url: proxy.url, password: proxy.token });

testBroker("redis by REST", redisBackend(restConfig, 3, BY_REST));

describe("a broker by REST and one by a socket on one stream", () => {
  let stage: RedisStage;
  beforeEach(() => {
    stage = openRedisStage(server);
  });
  afterEach(() => stage.close());

  it("know each other's records, and keep the same keys of them", async () => {
    const rest = stage.open({ config: restConfig() });
    expect(await append(stage.broker, "a", "b")).toEqual(["stored", "stored"]);
    expect(await append(rest, "b", "c", "d")).toEqual(["duplicate", "stored", "stored"]);
    expect(await append(stage.broker, "d", "e")).toEqual(["duplicate", "stored"]);
    const [bucket] = Object(await stage.command("KEYS", `{${stage.stream}}:dedupe:*`));
    const script =
      "local all = {}; for at, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do all[at] = #key end; return all";
    expect(await stage.command("EVAL", script, 1, bucket)).toEqual([16, 16, 16, 16, 16]);
  });

  it("share what is to be delivered, each event once", async () => {
    const rest = stage.open({ config: restConfig() });
    await subscribe(rest);
    const ids = Array.from({ length: 200 }, (_, at) => `e${at}`);
    await Promise.all(ids.map((id, at) => append(at % 2 === 0 ? rest : stage.broker, id)));
    const claimed = await Promise.all(
      Array.from({ length: 10 }, (_, at) => claimIds(at % 2 === 0 ? rest : stage.broker, { limit: 30 })),
    );
    expect(claimed.flat().toSorted()).toEqual(ids.toSorted());
  });

  it("go by one stream of ids, whoever is ahead", async () => {
    const rest = stage.open({ config: restConfig() });
    await subscribe(rest);
    await stage.xadd("ce", "no JSON");
    await append(rest, "a", "b");
    await append(stage.broker, "c");
    await append(rest, "d");
    expect(await claimIds(rest)).toEqual(["a", "b", "c", "d"]);
  });

  it("refuse alike what a key of a wrong type keeps out", async () => {
    const rest = stage.open({ config: restConfig() });
    await stage.command("SET", stage.stream, "no stream");
    expect(await append(rest, "a").catch(brokerFailureCode)).toBe("broker_incompatible");
    await stage.command("DEL", stage.stream);
    expect(await append(rest, "a")).toEqual(["stored"]);
  });

  it("count events, of which no command tells the bytes, and say who knows how durable they are", async () => {
    const rest = stage.open({ config: restConfig() });
    const before = proxy.commands.length;
    await append(rest, "a", "b");
    expect(await rest.stats()).toMatchObject({ events: 2, bytes: 0 });
    expect(await rest.check()).toEqual({ writable: true, persistence: expect.stringContaining("its service") });
    const others = proxy.commands.slice(before).filter((name) => !["XLEN", "EVALSHA", "EVAL"].includes(name));
    expect(others).toEqual([]);
    expect(rest.capabilities.longestPollMs).toBe(30_000);
    expect(stage.broker.capabilities.longestPollMs).toBeUndefined();
  });
});

describe("an append that the API never takes", () => {
  it("is refused alone, whatever waits behind it", async () => {
    const stage = openRedisStage(server);
    const rest = stage.open({ config: restConfig() });
    const data = JSON.stringify("x".repeat(10_000_000));
    const large = ["a", "b", "c", "d"].map((id) => append(rest, { id, data }).catch(brokerFailureCode));
    const others = ["e", "f"].map((id) => append(rest, id));
    expect(await Promise.all(others)).toEqual([["stored"], ["stored"]]);
    expect(new Set(await Promise.all(large))).toEqual(new Set(["broker_unavailable"]));
    await stage.close();
  });
});

describe("a broker by REST whose database is away", () => {
  it("refuses, and goes on where it was", async () => {
    const stage = openRedisStage(server, {});
    const rest = stage.open({ config: restConfig() });
    await subscribe(rest);
    await append(rest, "a");
    await server.kill();
    expect(await append(rest, "b").catch(brokerFailureCode)).toBe("broker_unavailable");
    expect(await rest.check()).toMatchObject({ writable: false, code: "broker_unavailable" });
    await server.restart();
    await waitUntil(async () => (await rest.check()).writable, "it is writable again");
    expect(await append(rest, "a", "b")).toEqual(["duplicate", "stored"]);
    expect(await claimIds(rest)).toEqual(["a", "b"]);
    await settleAll(rest, DELIVERED);
    await stage.close();
  });

  it("does not take what may have been stored for what was not", async () => {
    const stage = openRedisStage(server);
    const rest = stage.open({ config: restConfig() });
    await append(rest, "a");
    proxy.disturb("lose");
    expect(await append(rest, "b").catch(brokerFailureCode)).toBe("broker_unavailable");
    proxy.disturb(undefined);
    await waitUntil(async () => (await rest.check()).writable, "it is writable again");
    expect(await append(rest, "a", "b")).toEqual(["duplicate", "duplicate"]);
    await stage.close();
  });

  it("says that a token is refused", async () => {
    const stage = openRedisStage(server);
    const rest = stage.open({ config: { url: proxy.url, password: "hunter2" } });
    const health = await rest.check();
    expect(health).toMatchObject({
      writable: false,
      code: "broker_unavailable",
      persistence: expect.stringMatching(/401/),
    });
    expect(JSON.stringify(health)).not.toContain("hunter2");
    await stage.close();
  });
});
