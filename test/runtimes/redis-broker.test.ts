/** The real process on a real Redis: what is wired, and what an operator sees of it. */
import { afterEach, describe, expect, it } from "vitest";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { eventBridgeEvent, postJson } from "../support/records.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { startRestProxy } from "../support/rest-proxy.ts";
import { DENO, NODE } from "../support/runtimes.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp() {
  const server = await startRedisServer({ appendonly: "everysec" });
  const sink = await startRecordingSink();
  const place = makePlace();
  cleanups.push(server.remove, sink.close, place.remove);
  place.writeConfig(`
broker: { kind: redis, url: "${server.url}", stream: cognito, keepGroups: [other] }
subscriptions:
  crm: { target: { url: "${sink.url}" } }
  operator: { target: { url: "${sink.url}" }, filters: [{ prefix: { type: dev.poolcast. } }] }
`);
  return { server, sink, place };
}

describe("a gateway whose broker is Redis", () => {
  it("commits to the stream, delivers, and says how durable that is and what is amiss", async () => {
    const { server, sink, place } = await setUp();
    const gateway = await place.start();
    await waitUntil(() => gateway.stderr().includes("the Redis stream cognito"), "it says where its events are");
    expect((await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent())).status).toBe(202);
    await waitUntil(() => sink.received.length === 1, "it was delivered");
    expect(await server.command("XLEN", "cognito")).toBe(1);
    expect(String(await server.command("XINFO", "GROUPS", "cognito"))).toContain("default.crm");

    const ready = await fetch(`${gateway.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      {
        broker: {
          kind: "redis",
          writable: true,
          persistence: expect.stringContaining("synced every second"),
          warnings: [expect.stringContaining("other")],
        },
        subscriptions: [{ subscription: "crm" }, { subscription: "operator" }],
      },
    ]);
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain("poolcast_broker_foreign_trims 0");
    expect(await gateway.kill("SIGTERM")).toBe(0);
  });

  it.each([NODE, DENO])(
    "is one that a REST API stands before, on $name: few commands for each event, and no word of the token",
    async (runtime) => {
      const server = await startRedisServer();
      const proxy = await startRestProxy(server.port);
      const sink = await startRecordingSink(({ headers }) => (headers["x-refuse"] === undefined ? 204 : 400));
      const place = makePlace(runtime);
      cleanups.push(server.remove, sink.close, proxy.close, place.remove);
      place.writeConfig(`
broker: { kind: redis, url: "${proxy.url}", password: "${proxy.token}", stream: cognito }
subscriptions:
  crm: { target: { url: "${sink.url}" } }
  dead:
    target: { url: "${sink.url}", headers: { x-refuse: please } }
    delivery: { retry: 0, deadLetterURL: "${proxy.url.replace("//", `//:${proxy.token}@`)}?stream=dead" }
`);
      const gateway = await place.start();
      const post = async () => (await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent())).status;
      expect(await post()).toBe(202);
      await waitUntil(() => sink.received.length === 2, "it was delivered to both");
      const before = proxy.commands.length;
      const startMs = Date.now();
      for (let at = 1; at <= 10; at++) {
        expect(await post()).toBe(202);
        await waitUntil(() => sink.received.length === 2 * (at + 1), "it was delivered to both");
      }
      await waitUntil(
        async () => (await server.command("XLEN", "dead")) === 11,
        "the dead letters are where they belong",
      );
      expect((proxy.commands.length - before) / 10).toBeLessThan(40);
      // Controls, replays and erasures of others are looked for each half minute.
      await new Promise((done) => setTimeout(done, Math.max(0, startMs + 4000 - Date.now())));
      const looks = proxy.commands.slice(before).filter((name) => name === "HMGET" || name === "HSCAN").length;
      expect(looks).toBeLessThanOrEqual(3 * Math.ceil((Date.now() - startMs) / 30_000));
      const ready = await fetch(`${gateway.url}/readyz`);
      expect([ready.status, await ready.json()]).toMatchObject([200, { broker: { kind: "redis", writable: true } }]);
      expect(await gateway.kill("SIGTERM")).toBe(0);
      expect(gateway.stderr() + gateway.stdout()).not.toContain(proxy.token);
    },
  );

  it("starts while Redis is away, refuses what it cannot store, and begins when Redis is there", async () => {
    const { server, sink, place } = await setUp();
    await server.stop();
    const gateway = await place.start();
    const refused = await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent());
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([503, true]);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    await server.restart();
    await waitUntil(async () => (await fetch(`${gateway.url}/readyz`)).status === 200, "it is ready");
    expect((await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent())).status).toBe(202);
    await waitUntil(() => sink.received.length === 1, "it was delivered");
  });

  it("tells as an event that its store was lost, makes a dead letter of what is no event, and goes on", async () => {
    const { server, sink, place } = await setUp();
    const gateway = await place.start();
    await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent());
    await waitUntil(() => sink.received.length === 1, "it was delivered");
    await server.command("FLUSHALL");
    await waitUntil(() => sink.received.length === 2, "the loss was told");
    expect(sink.received[1]?.headers).toMatchObject({ "ce-type": "dev.poolcast.store_lost" });
    expect(String(sink.received[1]?.body)).toContain("cognito");

    await server.command("XADD", "cognito", "*", "ce", "no JSON");
    await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent());
    await waitUntil(() => sink.received.length === 3, "what came behind it was delivered");
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain('poolcast_dead_total{subscription="crm",reason="invalid_event"} 1');
    expect(metrics).toMatch(/poolcast_dead_letters\{subscription="crm"\} 1/);
    await waitUntil(() => gateway.stderr().includes("store was lost"), "the loss was logged");
  });
});
