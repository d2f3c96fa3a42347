import { describe, expect, it } from "vitest";
import { eventBridgeEvent } from "../support/records.ts";
import { openTestGateway, post } from "../support/test-gateway.ts";

const BODY = JSON.stringify(eventBridgeEvent());
const KEYED = "ingest: { eventbridge: { apiKeys: [old-key, new-key] } }\nadminKeys: [admin-key]";
const basic = (password: string) => `Basic ${btoa(`user:${password}`)}`;

describe("a route with keys", () => {
  it.each([
    ["x-api-key", { "x-api-key": "old-key" }],
    ["another key during rotation", { "x-api-key": "new-key" }],
    ["a bearer token", { authorization: "Bearer new-key" }],
    ["a bearer token in lower case", { authorization: "bearer new-key" }],
    ["a Basic password", { authorization: basic("old-key") }],
    ["one right of two", { "x-api-key": "wrong", authorization: "Bearer old-key" }],
  ])("takes %s", async (_name, headers) => {
    const gateway = await openTestGateway(KEYED);
    expect((await gateway.request("/ingest/eventbridge", post(BODY, headers as Record<string, string>))).status).toBe(
      202,
    );
  });

  it.each([
    ["nothing", {}],
    ["a wrong key", { "x-api-key": "old-kez" }],
    ["the beginning of a key", { "x-api-key": "old" }],
    ["a key and more", { "x-api-key": "old-key " + "x" }],
    ["an empty key", { "x-api-key": "" }],
    ["both keys in one", { "x-api-key": "old-key, new-key" }],
    ["the key as Basic user name", { authorization: `Basic ${btoa("old-key:")}` }],
    ["Basic that is no base64", { authorization: "Basic ***" }],
    ["an admin key", { "x-api-key": "admin-key" }],
    ["a key in another scheme", { authorization: "Digest old-key" }],
  ])("answers 401 to %s", async (_name, headers) => {
    const gateway = await openTestGateway(KEYED);
    const response = await gateway.request("/ingest/eventbridge", post(BODY, headers as Record<string, string>));
    expect([response.status, await response.json()]).toMatchObject([401, { code: "unauthorized" }]);
    expect(await gateway.committed()).toEqual([]);
  });

  it("judges the key before it reads the body", async () => {
    const gateway = await openTestGateway(KEYED);
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull() {
          pulled += 1;
        },
      },
      { highWaterMark: 0 },
    );
    const init = {
      ...post(body, { "x-api-key": "wrong", "content-length": "999999999" }),
      duplex: "half",
    } as RequestInit;
    expect((await gateway.request("/ingest/eventbridge", init)).status).toBe(401);
    expect(pulled).toBe(0);
  });

  it("leaves the routes without keys off: 404 for every method", async () => {
    const gateway = await openTestGateway(KEYED);
    for (const path of ["/ingest/cloudtrail", "/ingest/events"]) {
      expect((await gateway.request(path, post(BODY, { "x-api-key": "old-key" }))).status).toBe(404);
      expect((await gateway.request(path, { method: "OPTIONS" })).status).toBe(404);
    }
  });

  it("answers 405 with Allow to the wrong method", async () => {
    const gateway = await openTestGateway(KEYED);
    const response = await gateway.request("/ingest/eventbridge");
    expect([response.status, response.headers.get("allow"), await response.json()]).toMatchObject([
      405,
      "POST",
      { code: "method_not_allowed" },
    ]);
  });
});

describe("a loopback listener without an ingest section", () => {
  it.each(["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "127.9.9.9"])(
    "is open to programs that call it %s",
    async (host) => {
      const gateway = await openTestGateway();
      expect((await gateway.request("/ingest/eventbridge", post(BODY, { host }))).status).toBe(202);
    },
  );

  it.each([
    ["a web page", { origin: "http://localhost:3000" }],
    ["a page with no origin of its own", { origin: "null" }],
    ["a name that was rebound to this machine", { host: "attacker.example:8080" }],
    ["a name that only begins like ours", { host: "localhost.attacker.example" }],
    ["an address that only begins like ours", { host: "127.0.0.1.attacker.example" }],
  ])("refuses %s", async (_name, headers) => {
    const gateway = await openTestGateway();
    for (const path of ["/ingest/eventbridge", "/ingest/cloudtrail", "/ingest/events"]) {
      const response = await gateway.request(path, post(BODY, headers as Record<string, string>));
      expect([response.status, await response.json()]).toMatchObject([403, { code: "foreign_origin" }]);
    }
    expect((await gateway.request("/metrics", { headers: headers as Record<string, string> })).status).toBe(403);
  });
});

describe("a listener for others", () => {
  const PUBLIC = `listen: { host: 0.0.0.0 }\n${KEYED}`;

  it("shows metrics and the detail of /readyz only with an admin key", async () => {
    const gateway = await openTestGateway(PUBLIC);
    const admin = { headers: { authorization: "Bearer admin-key" } };
    expect((await gateway.request("/metrics")).status).toBe(401);
    expect((await gateway.request("/metrics", { headers: { "x-api-key": "old-key" } })).status).toBe(401);
    expect((await gateway.request("/metrics", admin)).status).toBe(200);
    expect(await (await gateway.request("/readyz")).json()).toEqual({ status: "ready" });
    expect(await (await gateway.request("/readyz", admin)).json()).toMatchObject({
      broker: { kind: "memory", writable: true },
    });
    expect(await (await gateway.request("/healthz")).json()).toEqual({ status: "live" });
  });
});

describe("health", () => {
  it("answers 503 where the broker cannot be written, and says why to those who may know", async () => {
    const { broker } = await openTestGateway();
    const check = async () => ({ writable: false, persistence: "none", code: "broker_full" }) as const;
    const gateway = await openTestGateway("", { broker: { ...broker, check } });
    const response = await gateway.request("/readyz");
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { status: "not_ready", reason: "broker_full" },
    ]);
    expect((await gateway.request("/healthz")).status).toBe(200);
  });

  it("answers 503 while the gateway stops", async () => {
    const gateway = await openTestGateway();
    gateway.gateway.announceStop();
    expect((await gateway.request("/readyz")).status).toBe(503);
  });
});
