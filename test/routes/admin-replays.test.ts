import { afterEach, describe, expect, it } from "vitest";
import { createScriptedSink } from "../support/loop-kit.ts";
import { cloudTrailRecord } from "../support/records.ts";
import { openTestGateway, post, type TestGateway } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const YAML = "subscriptions: { crm: { target: { url: 'http://127.0.0.1:9/hook' } } }";

let gateway: TestGateway;
afterEach(() => gateway.gateway.stop(0));

async function call(method: string, path = "", body?: unknown) {
  const init = body === undefined ? { method } : { ...post(JSON.stringify(body)), method };
  const response = await gateway.request(`/api/subscriptions/crm/replays${path}`, init);
  const answer: Record<string, unknown> = await response.json();
  return { status: response.status, answer };
}

describe("/api/subscriptions/:name/replays", () => {
  it("delivers a range of times again with the same ids, and shows how it went", async () => {
    const sink = createScriptedSink();
    gateway = await openTestGateway(YAML, { createSink: () => sink });
    await gateway.gateway.start();
    const ingest = (...ids: string[]) =>
      gateway.request("/ingest/cloudtrail", post(JSON.stringify({ Records: ids.map((id) => cloudTrailRecord(id)) })));
    await ingest("before");
    await waitUntil(() => sink.sent.length === 1, "the first was delivered");
    await new Promise((done) => setTimeout(done, 20));
    const since = new Date().toISOString();
    await ingest("a", "b");
    await waitUntil(() => sink.sent.length === 3, "all were delivered");

    const started = await call("POST", "", { since, rate: 50 });
    expect(started).toMatchObject({ status: 202, answer: { state: "running", since, rate: 50, replayed: 0 } });
    await waitUntil(() => sink.sent.length === 5, "two were delivered again");
    expect(sink.ids()).toEqual(["before", "a", "b", "a", "b"]);
    const path = `/${started.answer.id}`;
    await waitUntil(async () => (await call("GET", path)).answer.state === "done", "it is done");
    const { answer } = await call("GET", path);
    expect(answer).toMatchObject({ looked: 2, replayed: 2, position: "3", finishedAt: expect.any(String) });
    expect((await call("GET")).answer).toEqual({ replays: [answer] });
    expect(await (await gateway.request("/metrics")).text()).toContain('poolcast_replayed_total{subscription="crm"} 2');

    expect((await call("POST", "", { fromId: "2", toId: "2" })).status).toBe(202);
    await waitUntil(() => sink.sent.length === 6, "one was delivered a third time");
    expect(sink.ids().at(-1)).toBe("a");
  });

  it("runs one at a time, and cancels it", async () => {
    gateway = await openTestGateway(YAML);
    const started = await call("POST", "", { fromId: "1" });
    expect(await call("POST", "", { fromId: "1" })).toMatchObject({ status: 409, answer: { code: "replay_running" } });
    const path = `/${started.answer.id}`;
    expect(await call("DELETE", path)).toMatchObject({ status: 200, answer: { state: "cancelled" } });
    expect(await call("DELETE", "/other")).toMatchObject({ status: 404, answer: { code: "not_found" } });
    expect(await call("GET", "/other")).toMatchObject({ status: 404, answer: { code: "not_found" } });
    expect((await call("POST", "", { fromId: "1" })).status).toBe(202);
  });

  it("refuses a range that it cannot take, and starts nothing", async () => {
    gateway = await openTestGateway(YAML);
    for (const body of [
      {},
      { until: "2026-05-04T07:31:09Z" },
      { since: "yesterday" },
      { since: "2026-05-04T07:31:09" },
      { since: "2026-13-04T07:31:09Z" },
      { since: 1777878669000 },
      { since: "2026-05-04T07:31:09Z", until: "2026-05-04T07:31:08Z" },
      { fromId: "1777878669000-0" },
      { fromId: "-1" },
      { fromId: 1 },
      { fromId: "1", toId: "x" },
      { fromId: "1", rate: 0 },
      { fromId: "1", rate: 10_001 },
      { fromId: "1", rate: "5" },
      { fromId: "1", untill: "2026-05-04T07:31:09Z" },
    ]) {
      const { status, answer } = await call("POST", "", body);
      expect([status, answer.code], JSON.stringify(body)).toEqual([400, "invalid_request"]);
    }
    expect((await call("GET")).answer).toEqual({ replays: [] });
    const nobody = await gateway.request("/api/subscriptions/nobody/replays", {
      method: "POST",
      body: '{"fromId":"1"}',
    });
    expect([nobody.status, await nobody.json()]).toMatchObject([404, { code: "not_found" }]);
  });
});
