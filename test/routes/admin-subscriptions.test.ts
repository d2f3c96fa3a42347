import { describe, expect, it } from "vitest";
import { BrokerFailure } from "../../src/broker/broker.ts";
import { createScriptedSink } from "../support/loop-kit.ts";
import { eventBridgeEvent } from "../support/records.ts";
import { openTestGateway, post, type TestGateway, type TestGatewayOverrides } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const target = "target: { url: 'http://127.0.0.1:9/hook' }";
const YAML = `subscriptions: { crm: { ${target} }, audit: { ${target} } }`;
const POST = { method: "POST" };

async function open(yaml = YAML, overrides: TestGatewayOverrides = {}): Promise<TestGateway> {
  const gateway = await openTestGateway(yaml, overrides);
  await gateway.gateway.start();
  return gateway;
}

describe("/api/subscriptions", () => {
  it("lists all that are configured, with what waits for them", async () => {
    const gateway = await open();
    const response = await gateway.request("/api/subscriptions");
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        subscriptions: ["crm", "audit"].map((name) => ({
          name,
          state: "running",
          breaker: "closed",
          pending: 0,
          leased: 0,
          dead: 0,
        })),
      },
    ]);
    await gateway.gateway.stop(0);
  });

  it("pauses one subscription, keeps what comes, and delivers it when it is resumed", async () => {
    const sinks = { crm: createScriptedSink(), audit: createScriptedSink() };
    const gateway = await open(YAML, { createSink: (name) => (name === "crm" ? sinks.crm : sinks.audit) });
    const paused = await gateway.request("/api/subscriptions/crm/pause", POST);
    expect([paused.status, await paused.json()]).toMatchObject([200, { name: "crm", state: "paused" }]);
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    await waitUntil(() => sinks.audit.sent.length === 1, "the other one had its event");
    const again = await (await gateway.request("/api/subscriptions/crm/pause", POST)).json();
    expect(again).toMatchObject({ state: "paused", pending: 1, leased: 0, pausedSince: expect.any(String) });
    expect(await (await gateway.request("/readyz")).json()).toMatchObject({
      subscriptions: [
        { subscription: "audit", state: "running" },
        { subscription: "crm", state: "paused" },
      ],
    });
    expect(await (await gateway.request("/metrics")).text()).toContain(
      'poolcast_subscription_state{subscription="crm",state="paused"} 1',
    );
    expect(sinks.crm.sent).toHaveLength(0);
    const resumed = await gateway.request("/api/subscriptions/crm/resume", POST);
    expect(await resumed.json()).toMatchObject({ state: "running" });
    await waitUntil(() => sinks.crm.sent.length === 1, "what had waited was delivered");
    await gateway.gateway.stop(0);
  });

  it("disables with the reason and tells of it, and a resume does not enable", async () => {
    const told = createScriptedSink();
    const own = "filters: [{ prefix: { type: dev.poolcast. } }]";
    const gateway = await open(`subscriptions: { crm: { ${target} }, watch: { ${own}, ${target} } }`, {
      createSink: (name) => (name === "watch" ? told : createScriptedSink()),
    });
    const change = async (path: string) => (await gateway.request(`/api/subscriptions/crm/${path}`, POST)).json();
    expect(await change("disable")).toMatchObject({ state: "disabled", reason: "operator" });
    await waitUntil(() => told.sent.length === 1, "it was told");
    expect(await change("resume")).toMatchObject({ state: "disabled" });
    expect(await change("pause")).toMatchObject({ state: "disabled" });
    expect(await change("enable")).toMatchObject({ state: "paused" });
    expect(await change("resume")).toMatchObject({ state: "running" });
    expect(told.sent).toHaveLength(1);
    await gateway.gateway.stop(0);
  });

  it("shows a dead-letter target that answered 410, and enables it with its subscription", async () => {
    let gone = true;
    const sinkOf = (_: string, place?: string) => createScriptedSink(() => (place && !gone ? 204 : place ? 410 : 400));
    const gateway = await open(
      `subscriptions: { crm: { ${target}, delivery: { retry: 0, deadLetterURL: "http://127.0.0.1:9/dead" } } }`,
      { createSink: sinkOf },
    );
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    const shown = async () => (await (await gateway.request("/api/subscriptions")).json()).subscriptions[0];
    await waitUntil(async () => (await shown()).deadLetterTarget === "disabled", "the 410 is shown");
    expect(await shown()).toMatchObject({ state: "running", dead: 1 });
    expect(await (await gateway.request("/readyz")).json()).toMatchObject({
      subscriptions: [{ subscription: "crm", deadLetterTarget: "disabled" }],
    });
    const metrics = async () => (await gateway.request("/metrics")).text();
    expect(await metrics()).toContain('poolcast_dead_letter_target_state{subscription="crm",state="disabled"} 1');
    gone = false;
    const enabled = await (await gateway.request("/api/subscriptions/crm/enable", POST)).json();
    expect(enabled).toMatchObject({ state: "running", deadLetterTarget: "running" });
    await waitUntil(
      async () => (await metrics()).includes('poolcast_dead_letters_forwarded_total{subscription="crm"} 1'),
      "the dead letter was sent",
    );
    await gateway.gateway.stop(0);
  });

  it("forgets the pause and the replays of a subscription that left the configuration", async () => {
    const first = await open();
    const { broker } = first;
    await first.request("/api/subscriptions/crm/pause", POST);
    await first.request("/api/subscriptions/crm/replays", post('{"fromId":"1"}'));
    await first.gateway.stop(0);
    const without = await open(`subscriptions: { audit: { ${target} } }`, { broker });
    await without.gateway.stop(0);
    const again = await open(YAML, { broker });
    expect(await (await again.request("/api/subscriptions")).json()).toMatchObject({
      subscriptions: [{ name: "crm", state: "running" }, { name: "audit" }],
    });
    expect(await (await again.request("/api/subscriptions/crm/replays")).json()).toEqual({ replays: [] });
    await again.gateway.stop(0);
  });

  it("answers with stable codes to what it does not know", async () => {
    const gateway = await open();
    const answers = await Promise.all(
      [
        ["GET", "/api/nothing"],
        ["POST", "/api/subscriptions/nobody/pause"],
        ["GET", "/api/subscriptions/crm/pause"],
        ["PUT", "/api/subscriptions"],
      ].map(async ([method = "", path = ""]) => {
        const response = await gateway.request(path, { method });
        const { code } = await response.json();
        return [response.status, code, response.headers.get("allow")];
      }),
    );
    expect(answers).toEqual([
      [404, "not_found", null],
      [404, "not_found", null],
      [405, "method_not_allowed", "POST"],
      [405, "method_not_allowed", "GET, HEAD"],
    ]);
    await gateway.gateway.stop(0);
  });

  it("answers 503 where the broker is away, and 500 to a fault of its own", async () => {
    const { broker } = await openTestGateway();
    for (const [failure, status, code] of [
      [new BrokerFailure("broker_unavailable", "away"), 503, "broker_unavailable"],
      [new TypeError("a bug"), 500, "internal_error"],
      [Object.assign(new Error("another"), { code: "ERR_INVALID_ARG_TYPE" }), 500, "internal_error"],
    ] as const) {
      const gateway = await openTestGateway(YAML, { broker: { ...broker, stats: () => Promise.reject(failure) } });
      const response = await gateway.request("/api/subscriptions");
      expect([response.status, await response.json()]).toMatchObject([status, { code }]);
    }
  });
});

describe("who may call /api", () => {
  it("is anybody on this machine at a loopback listener, and no web page", async () => {
    const gateway = await open();
    for (const headers of [{ origin: "http://localhost:3000" }, { host: "attacker.example" }]) {
      const response = await gateway.request("/api/subscriptions/crm/pause", { method: "POST", headers });
      expect([response.status, await response.json()]).toMatchObject([403, { code: "foreign_origin" }]);
    }
    expect(await (await gateway.request("/api/subscriptions")).json()).toMatchObject({
      subscriptions: [{ state: "running" }, { state: "running" }],
    });
    await gateway.gateway.stop(0);
  });

  it("is whoever has an admin key elsewhere; the key is judged before anything else", async () => {
    const keys = "ingest: { eventbridge: { apiKeys: [ingest-key] } }\nadminKeys: [admin-key]";
    const gateway = await open(
      `listen: { host: 0.0.0.0 }\n${keys}\n${YAML.replaceAll("http://127.0.0.1:9", "https://hooks.example.com")}`,
    );
    for (const path of ["/api/subscriptions", "/api/subscriptions/crm/pause", "/api/nothing"]) {
      const method = path.endsWith("pause") ? "POST" : "GET";
      for (const key of ["", "ingest-key", "admin-kez"]) {
        const response = await gateway.request(path, { method, headers: { "x-api-key": key } });
        expect([response.status, await response.json()]).toMatchObject([401, { code: "unauthorized" }]);
      }
    }
    const headers = { authorization: "Bearer admin-key" };
    expect((await gateway.request("/api/subscriptions", { headers })).status).toBe(200);
    await gateway.gateway.stop(0);
  });
});
