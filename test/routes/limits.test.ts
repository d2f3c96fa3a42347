import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { cloudTrailRecord, eventBridgeEvent } from "../support/records.ts";
import { openTestGateway, post } from "../support/test-gateway.ts";

const SMALL =
  "ingest: { eventbridge: { apiKeys: [k1], maxBytes: 2000 }, cloudtrail: { apiKeys: [k1], maxBytes: 2000 } }";
const KEY = { "x-api-key": "k1" };

describe("body limits", () => {
  it("takes a body of the limit and refuses one byte more with 413", async () => {
    const gateway = await openTestGateway(SMALL);
    const body = JSON.stringify(cloudTrailRecord()).padEnd(2000, " ");
    expect((await gateway.request("/ingest/eventbridge", post(body, KEY))).status).toBe(202);
    const refused = await gateway.request("/ingest/eventbridge", post(`${body} `, KEY));
    expect([refused.status, await refused.json()]).toMatchObject([413, { code: "body_too_large" }]);
  });

  it("stops reading a body without a length at the limit", async () => {
    const gateway = await openTestGateway(SMALL);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1000;
        controller.enqueue(new Uint8Array(1000).fill(0x20));
      },
    });
    const init = { ...post(endless, KEY), duplex: "half" } as RequestInit;
    expect((await gateway.request("/ingest/eventbridge", init)).status).toBe(413);
    expect(sent).toBeLessThan(10_000);
  });

  it("refuses a gzip bomb with 413", async () => {
    const gateway = await openTestGateway("ingest: { cloudtrail: { apiKeys: [k1] } }");
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    const before = process.memoryUsage.rss();
    const response = await gateway.request("/ingest/cloudtrail", post(bomb as BodyInit, KEY));
    expect([response.status, await response.json()]).toMatchObject([413, { code: "body_too_large" }]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 * 1024);
  });

  it("answers 400 to gzip that is none, and 415 to another encoding", async () => {
    const gateway = await openTestGateway(SMALL);
    const broken = await gateway.request("/ingest/cloudtrail", post("{}", { ...KEY, "content-encoding": "gzip" }));
    expect([broken.status, await broken.json()]).toMatchObject([400, { code: "invalid_encoding" }]);
    const foreign = await gateway.request("/ingest/cloudtrail", post("{}", { ...KEY, "content-encoding": "br" }));
    expect([foreign.status, await foreign.json()]).toMatchObject([415, { code: "unsupported_encoding" }]);
  });

  it("takes a record that is nested 200 levels deep, or has __proto__ for a key", async () => {
    const gateway = await openTestGateway();
    const deep = `${"[".repeat(200)}${"]".repeat(200)}`;
    const record = JSON.stringify(cloudTrailRecord("deep")).slice(0, -1);
    const body = `${record},"requestParameters":{"clientMetadata":${deep}},"__proto__":{"eventName":"Evil"},"constructor":7}`;
    const response = await gateway.request("/ingest/eventbridge", post(body));
    expect([response.status, await response.json()]).toEqual([202, { accepted: 1, duplicates: 0, ignored: 0 }]);
  });

  it("takes a record without an eventID that is nested a million levels deep", async () => {
    const gateway = await openTestGateway();
    const deep = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
    const record = JSON.stringify(cloudTrailRecord("x", { eventID: undefined })).slice(0, -1);
    const response = await gateway.request("/ingest/eventbridge", post(`${record},"deep":${deep}}`));
    expect(response.status).toBe(202);
    expect(await gateway.committed()).toHaveLength(1);
  });
});

describe("when the broker cannot commit", () => {
  it("answers 503 with Retry-After, never 4xx, when it is full", async () => {
    const gateway = await openTestGateway();
    const full = await openTestGateway("", {
      broker: { ...gateway.broker, append: () => Promise.reject(Object.assign(new Error(), { code: "broker_full" })) },
    });
    const response = await full.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "30"]);
    expect(await response.json()).toMatchObject({ code: "broker_full" });
    const ready = await full.request("/readyz");
    expect([ready.status, await ready.json()]).toMatchObject([503, { reason: "broker_full" }]);
  });

  it("answers 503 with Retry-After when it is out of reach, and counts it", async () => {
    const { broker } = await openTestGateway();
    const down = await openTestGateway("", { broker: { ...broker, append: () => Promise.reject(new Error("gone")) } });
    const response = await down.request(
      "/ingest/events",
      post("{}", { "ce-id": "1", "ce-source": "/s", "ce-type": "t", "ce-specversion": "1.0" }),
    );
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await (await down.request("/metrics")).text()).toContain(
      'poolcast_ingest_failures_total{road="events",code="broker_unavailable"} 1',
    );
  });
});
