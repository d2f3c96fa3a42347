import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openTestGateway, post, type TestGateway } from "../support/test-gateway.ts";
import { NEW_SECRET, SECRET, type Signing, signedHeaders, triggerEvent } from "../support/webhooks.ts";

const SIGNED = `ingest: { cognito: { secrets: ["${SECRET}", "${NEW_SECRET}"] } }`;
const BARE = JSON.stringify(triggerEvent());
const CONTEXT = { requestId: "6c1f7f4e-0000-4000-8000-3f1d2c5b6a70", time: "2026-05-04T07:31:09Z" };

function send(gateway: TestGateway, body: unknown, signing: Signing = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return gateway.request("/ingest/cognito", post(text, signedHeaders(text, signing)));
}

async function answerOf(response: Response): Promise<readonly unknown[]> {
  return [response.status, await response.json()];
}

describe("POST /ingest/cognito", () => {
  it("takes what the forwarder sends: 202, with the id, time and account that it tells", async () => {
    const gateway = await openTestGateway(SIGNED);
    const body = { event: triggerEvent(), context: { ...CONTEXT, accountId: "210987654321" } };
    const response = await send(gateway, body, { id: "msg_1" });
    expect(await answerOf(response)).toEqual([202, { accepted: 1, duplicates: 0, ignored: 0 }]);
    const [event] = await gateway.committed();
    expect(event?.attributes).toMatchObject({
      id: "msg_1",
      type: "com.amazon.cognito-idp.lambda_trigger.post_confirmation_confirm_sign_up",
      source: "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP",
      subject: "user/c0a8f5d2-5b1e-4f37-9a6d-2e7b41d09c83",
      time: CONTEXT.time,
      road: "trigger",
    });
    expect(event?.json).toContain(CONTEXT.requestId);
  });

  it("takes the bare event, which has no time and account", async () => {
    const gateway = await openTestGateway(SIGNED);
    expect((await send(gateway, BARE)).status).toBe(202);
    const [event] = await gateway.committed();
    expect(event?.attributes.source).toContain("arn:aws:cognito-idp:eu-central-1::userpool/");
    expect(event?.attributes.time).toBeUndefined();
  });

  it("knows an id again, also within another signature", async () => {
    const gateway = await openTestGateway(SIGNED);
    await send(gateway, BARE, { id: "msg_1" });
    const again = await send(gateway, BARE, { id: "msg_1", secret: NEW_SECRET, at: new Date(Date.now() - 60_000) });
    expect(await answerOf(again)).toEqual([202, { accepted: 0, duplicates: 1, ignored: 0 }]);
  });

  it("keeps the trace of the request", async () => {
    const gateway = await openTestGateway(SIGNED);
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await gateway.request("/ingest/cognito", post(BARE, { ...signedHeaders(BARE), traceparent }));
    expect((await gateway.committed())[0]?.attributes.traceparent).toBe(traceparent);
  });

  it.each(fixtures())("takes the fixture %s", async (_name, text) => {
    const gateway = await openTestGateway(SIGNED);
    const counts = JSON.parse(text).triggerSource ? { accepted: 1, ignored: 0 } : { accepted: 0, ignored: 1 };
    expect(await answerOf(await send(gateway, text))).toMatchObject([202, counts]);
  });

  it.each([
    ["an event without a triggerSource", { event: triggerEvent(null) }],
    ["an event whose triggerSource is empty", { event: triggerEvent("") }],
    ["another object", { hello: "world" }],
    ["a list of events", [triggerEvent()]],
    ["null", null],
    ["a number", 7],
  ])("acknowledges and ignores %s", async (_name, body) => {
    const gateway = await openTestGateway(SIGNED);
    expect(await answerOf(await send(gateway, body))).toEqual([202, { accepted: 0, duplicates: 0, ignored: 1 }]);
  });

  it("makes an event of a trigger that nobody knew", async () => {
    const gateway = await openTestGateway(SIGNED);
    await send(gateway, triggerEvent("PreHeat_Oven"));
    expect((await gateway.committed())[0]?.attributes.type).toBe("com.amazon.cognito-idp.lambda_trigger.pre_heat_oven");
  });

  it.each(["", "{", '{"event":', "\u0000"])("answers 400 to what is not JSON: %j", async (body) => {
    const gateway = await openTestGateway(SIGNED);
    expect(await answerOf(await send(gateway, body))).toMatchObject([400, { code: "invalid_json" }]);
  });

  it("does not believe what the context tells wrongly", async () => {
    const gateway = await openTestGateway(SIGNED);
    const context = { requestId: 7, time: "soon", accountId: { a: 1 } };
    expect((await send(gateway, { event: triggerEvent(), context })).status).toBe(202);
    expect((await gateway.committed())[0]?.attributes.time).toBeUndefined();
  });

  it("answers 202 to whatever is JSON, also where it is nested deep", async () => {
    const gateway = await openTestGateway();
    const text = fc.oneof(fc.constant("PreSignUp_SignUp"), fc.string());
    const event = fc.record({
      triggerSource: text,
      userPoolId: text,
      request: fc.jsonValue(),
      response: fc.jsonValue(),
    });
    const wrapped = fc.record({ event: fc.oneof(event, fc.jsonValue()), context: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(fc.oneof(event, wrapped, fc.jsonValue()), async (body) => {
        expect((await gateway.request("/ingest/cognito", post(JSON.stringify(body)))).status).toBe(202);
      }),
    );
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const body = `{"triggerSource":"PreSignUp_SignUp","request":{"userAttributes":${deep},"session":${deep}}}`;
    expect((await gateway.request("/ingest/cognito", post(body))).status).toBe(202);
  });

  it.each([405, 404])("answers %s", async (status) => {
    const gateway = await openTestGateway(status === 405 ? SIGNED : "ingest: { events: { apiKeys: k } }");
    const init = status === 405 ? {} : post(BARE, signedHeaders(BARE));
    expect((await gateway.request("/ingest/cognito", init)).status).toBe(status);
  });

  it("is off where the list of secrets is empty", async () => {
    const gateway = await openTestGateway("ingest: { cognito: {}, events: { apiKeys: k } }");
    expect((await send(gateway, BARE)).status).toBe(404);
  });

  it("answers 503 with Retry-After when the broker cannot commit", async () => {
    const { broker } = await openTestGateway();
    const down = await openTestGateway(SIGNED, {
      broker: { ...broker, append: () => Promise.reject(new Error("gone")) },
    });
    const response = await send(down, BARE);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  });
});

describe("the signature", () => {
  it.each([
    ["is missing", "bad_signature", {}],
    ["is of another secret", "bad_signature", signedHeaders(BARE, { secret: `whsec_${btoa("x".repeat(24))}` })],
    ["is of another body", "bad_signature", signedHeaders(`${BARE} `)],
    ["is truncated", "bad_signature", { ...signedHeaders(BARE), "webhook-signature": "v1," }],
    ["is too old", "stale_timestamp", signedHeaders(BARE, { at: new Date(Date.now() - 302_000) })],
    ["is of the future", "stale_timestamp", signedHeaders(BARE, { at: new Date(Date.now() + 310_000) })],
    ["has no id", "bad_signature", { ...signedHeaders(BARE), "webhook-id": "" }],
  ])("that %s is answered with 401 and %s", async (_name, code, headers) => {
    const gateway = await openTestGateway(SIGNED);
    const response = await gateway.request("/ingest/cognito", post(BARE, headers as Record<string, string>));
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await answerOf(response)).toMatchObject([401, { code }]);
    expect(await gateway.committed()).toEqual([]);
  });

  it("is no reason to read a body without end: 413", async () => {
    const gateway = await openTestGateway(SIGNED);
    const large = JSON.stringify({ event: triggerEvent("PreSignUp_SignUp", { x: "x".repeat(256 * 1024) }) });
    expect(await answerOf(await send(gateway, large))).toMatchObject([413, { code: "body_too_large" }]);
    const fits = JSON.stringify(triggerEvent()).padEnd(256 * 1024, " ");
    expect((await send(gateway, fits)).status).toBe(202);
  });

  it("is asked for on a loopback listener too, where there is an ingest section", async () => {
    const gateway = await openTestGateway(SIGNED);
    expect((await gateway.request("/ingest/cognito", post(BARE))).status).toBe(401);
  });
});

describe("a loopback listener without an ingest section", () => {
  it("takes events unsigned, by the id in the header or one of its own", async () => {
    const gateway = await openTestGateway();
    await gateway.request("/ingest/cognito", post(BARE, { "webhook-id": "msg_1" }));
    await gateway.request("/ingest/cognito", post(BARE));
    await gateway.request("/ingest/cognito", post(BARE));
    const ids = (await gateway.committed()).map(({ attributes }) => attributes.id);
    expect(ids[0]).toBe("msg_1");
    expect(ids[1]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(3);
  });

  it.each([
    ["a web page", { origin: "http://localhost:3000" }],
    ["a name that was rebound to this machine", { host: "attacker.example:8080" }],
  ])("refuses %s", async (_name, headers) => {
    const gateway = await openTestGateway();
    const response = await gateway.request("/ingest/cognito", post(BARE, headers as Record<string, string>));
    expect(await answerOf(response)).toMatchObject([403, { code: "foreign_origin" }]);
  });
});

describe("secrets of a trigger", () => {
  it("reach no event, log line or metric", async () => {
    const gateway = await openTestGateway();
    const c = "c4n4ry";
    const secrets = {
      ...{ password: c, code: c, challengeAnswer: c, privateChallengeParameters: { a: c } },
      ...{ publicChallengeParameters: { a: c }, validationData: { a: c }, clientMetadata: { a: c } },
      attributes: { tokenResponse: { a: c }, idToken: { a: c }, samlResponse: { a: c } },
    };
    for (const [, text] of fixtures()) {
      const event = JSON.parse(text);
      await gateway.request(
        "/ingest/cognito",
        post(JSON.stringify({ ...event, request: { ...event.request, ...secrets } })),
      );
    }
    const events = await gateway.committed();
    expect(events.length).toBeGreaterThan(30);
    const metrics = await (await gateway.request("/metrics")).text();
    expect(events.map(({ json }) => json).join("\n") + gateway.log() + metrics).not.toContain(c);
  });
});

function fixtures(): readonly (readonly [string, string])[] {
  const folder = join(import.meta.dirname, "../fixtures/lambda-trigger");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".in.json"))
    .map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
}
