import { afterEach, describe, expect, it } from "vitest";
import { createScriptedSink, type ScriptedSink } from "../support/loop-kit.ts";
import { cloudTrailRecord } from "../support/records.ts";
import { openTestGateway, post, type TestGateway } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const target = "target: { url: 'http://127.0.0.1:9/hook' }";
const YAML = `subscriptions: { crm: { ${target}, delivery: { retry: 0 } }, audit: { ${target} } }`;

let gateway: TestGateway;
let sink: ScriptedSink;
let status = 500;
afterEach(() => gateway.gateway.stop(0));

/** A gateway on which crm has this many dead letters, e1 first. */
async function openWithDead(count: number): Promise<void> {
  status = 500;
  sink = createScriptedSink(() => status);
  gateway = await openTestGateway(YAML, { createSink: (name) => (name === "crm" ? sink : createScriptedSink()) });
  await gateway.gateway.start();
  // One by one, so that each is tried: the breaker would hold the others back.
  for (let n = 1; n <= count; n++) {
    await gateway.request("/ingest/cloudtrail", post(JSON.stringify({ Records: [cloudTrailRecord(`e${n}`)] })));
    await waitUntil(async () => (await ask("GET", "")).deadLetters.length === Math.min(n, 50), `e${n} is dead`);
  }
}

async function call(method: string, path: string, body?: unknown): Promise<[number, Record<string, unknown>]> {
  const init =
    body === undefined ? { method } : { ...post(typeof body === "string" ? body : JSON.stringify(body)), method };
  const response = await gateway.request(`/api/subscriptions/crm/dead${path}`, init);
  return [response.status, await response.json()];
}

// biome-ignore lint/suspicious/noExplicitAny: what is asked of it is a test's business
async function ask(method: string, path: string, body?: unknown): Promise<any> {
  return (await call(method, path, body))[1];
}

describe("/api/subscriptions/:name/dead", () => {
  it("lists dead letters without their events, page by page, by reason", async () => {
    await openWithDead(5);
    const first = await ask("GET", "?limit=2");
    expect(first.deadLetters).toEqual(
      ["e1", "e2"].map((id) => ({
        position: expect.any(String),
        id,
        source: expect.stringContaining("arn:aws:cognito-idp:"),
        type: "com.amazon.cognito-idp.user.signed_up",
        reason: "retries_exhausted",
        detail: "status_500",
        attempts: 1,
        diedAt: expect.stringMatching(/Z$/),
        recordedAt: expect.stringMatching(/Z$/),
      })),
    );
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await ask("GET", `?limit=2${after === undefined ? "" : `&after=${after}`}`);
      ids.push(...page.deadLetters.map(({ id }: { id: string }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(ids).toEqual(["e1", "e2", "e3", "e4", "e5"]);
    expect((await ask("GET", "?reason=retries_exhausted&limit=3")).deadLetters).toHaveLength(3);
    expect(await ask("GET", "?reason=rejected")).toEqual({ deadLetters: [] });
  });

  it("shows one with its event as it would be sent", async () => {
    await openWithDead(1);
    const [{ position }] = (await ask("GET", "")).deadLetters;
    const [code, letter] = await call("GET", `/${position}`);
    expect([code, letter]).toMatchObject([
      200,
      {
        position,
        reason: "retries_exhausted",
        event: {
          specversion: "1.0",
          id: "e1",
          type: "com.amazon.cognito-idp.user.signed_up",
          data: expect.any(Object),
        },
      },
    ]);
    expect(await call("GET", "/99999")).toMatchObject([404, { code: "not_found" }]);
    expect(await call("GET", "/nowhere")).toMatchObject([404, { code: "not_found" }]);
  });

  it("delivers chosen ones once more, and they are dead no longer", async () => {
    await openWithDead(3);
    const [first, , third] = (await ask("GET", "")).deadLetters;
    status = 204;
    const positions = [first.position, third.position, "99999"];
    expect(await call("POST", "/replay", { positions })).toEqual([200, { count: 2 }]);
    await waitUntil(() => sink.sent.length === 5, "both were sent again");
    expect(sink.ids().slice(3)).toEqual(["e1", "e3"]);
    expect((await ask("GET", "")).deadLetters.map(({ id }: { id: string }) => id)).toEqual(["e2"]);
    expect(await (await gateway.request("/metrics")).text()).toContain('poolcast_replayed_total{subscription="crm"} 2');
  });

  it("drops one, or all of a reason, for good", async () => {
    await openWithDead(4);
    const [first] = (await ask("GET", "")).deadLetters;
    expect(await call("DELETE", `/${first.position}`)).toEqual([200, { count: 1 }]);
    expect(await call("DELETE", `/${first.position}`)).toMatchObject([404, { code: "not_found" }]);
    expect(await call("POST", "/drop", { all: true, reason: "max_age" })).toEqual([200, { count: 0 }]);
    expect(await call("POST", "/drop", { all: true, reason: "retries_exhausted" })).toEqual([200, { count: 3 }]);
    expect(await ask("GET", "")).toEqual({ deadLetters: [] });
    expect(sink.sent).toHaveLength(4);
  });

  it("refuses what it cannot take, and ends nothing then", async () => {
    await openWithDead(1);
    const wide = `{"positions":["1"]${" ".repeat(70_000)}}`;
    for (const [method, path, body, answer] of [
      ["GET", "?limit=0", undefined, [400, "invalid_request"]],
      ["GET", "?limit=101", undefined, [400, "invalid_request"]],
      ["GET", "?limit=x", undefined, [400, "invalid_request"]],
      ["GET", `?after=${"1".repeat(300)}`, undefined, [400, "invalid_request"]],
      ["GET", "?after=1-1", undefined, [400, "invalid_request"]],
      ["GET", `?reason=${"x".repeat(300)}`, undefined, [400, "invalid_request"]],
      ["POST", "/drop", {}, [400, "invalid_request"]],
      ["POST", "/drop", { positions: [] }, [400, "invalid_request"]],
      ["POST", "/drop", { positions: [1] }, [400, "invalid_request"]],
      ["POST", "/drop", { positions: Array(1001).fill("1") }, [400, "invalid_request"]],
      ["POST", "/drop", { all: "true" }, [400, "invalid_request"]],
      ["POST", "/drop", { all: true, positions: ["1"] }, [400, "invalid_request"]],
      ["POST", "/drop", { all: true, reasons: "max_age" }, [400, "invalid_request"]],
      ["POST", "/drop", { all: true, after: "x" }, [400, "invalid_request"]],
      ["POST", "/drop", [true], [400, "invalid_request"]],
      ["POST", "/drop", "{", [400, "invalid_json"]],
      ["POST", "/drop", wide, [413, "body_too_large"]],
      ["GET", "/drop", undefined, [405, "method_not_allowed"]],
      ["POST", "", {}, [405, "method_not_allowed"]],
    ] as const) {
      const [code, problem] = await call(method, path, body);
      expect([code, problem.code], `${method} ${path} ${JSON.stringify(body)}`.slice(0, 80)).toEqual(answer);
    }
    expect((await ask("GET", "")).deadLetters).toHaveLength(1);
    const nobody = await gateway.request("/api/subscriptions/nobody/dead");
    expect([nobody.status, await nobody.json()]).toMatchObject([404, { code: "not_found" }]);
  });

  it("goes on behind `next` where there are more than one call looks at", async () => {
    const { broker } = await openTestGateway();
    gateway = await openTestGateway(YAML, { broker });
    const letters = Array.from({ length: 2500 }, (_, at) => cloudTrailRecord(`e${at}`));
    await broker.ensureSubscription({ subscription: "crm", start: "earliest" });
    await gateway.request("/ingest/cloudtrail", post(JSON.stringify({ Records: letters })));
    const { deliveries } = await broker.claim({
      subscription: "crm",
      filters: [],
      limit: 2500,
      leaseMs: 1000,
      ordering: "none",
    });
    const verdict = { kind: "dead", reason: "rejected" } as const;
    await broker.settle({ subscription: "crm", settlements: deliveries.map(({ token }) => ({ token, verdict })) });
    const counts: number[] = [];
    let after: string | undefined;
    do {
      const ended = await ask("POST", "/replay", { all: true, ...(after !== undefined && { after }) });
      counts.push(ended.count);
      after = ended.next;
    } while (after !== undefined);
    expect(counts).toEqual([1024, 1024, 452]);
  });
});
