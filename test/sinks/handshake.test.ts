/** Against a real target, over HTTP. */
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpSinkOptions } from "../../src/sinks/http.ts";
import { type Asked, createSteppedClock, openTargetSink, startAnsweringServer } from "../support/target-kit.ts";
import { waitUntil } from "../support/wait.ts";

const ORIGIN = "events.example.com";
const HANDSHAKE = { origin: ORIGIN, patienceMs: 5000 };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Headers = Readonly<Record<string, string>>;
const GRANTED: Headers = { "WebHook-Allowed-Origin": ORIGIN, "WebHook-Allowed-Rate": "*" };

interface Setting {
  /** Of the nth handshake: the headers, or what else is to be done. */
  readonly options?: (before: number, response: ServerResponse) => Headers | undefined;
  readonly post?: (request: Asked) => number;
  readonly sink?: Partial<HttpSinkOptions>;
}

async function open({ options = () => GRANTED, post = () => 204, sink }: Setting = {}) {
  const clock = createSteppedClock();
  let handshakes = 0;
  const target = await startAnsweringServer((request, response) => {
    if (request.method !== "OPTIONS") {
      response.writeHead(post(request)).end();
      return;
    }
    const headers = options(handshakes++, response);
    if (headers) response.writeHead(200, headers).end();
  });
  cleanups.push(target.close);
  const kit = openTargetSink({ url: `${target.url}/hook?a=1`, handshake: HANDSHAKE, ...sink }, clock);
  cleanups.push(kit.sink.close);
  const asked = (method: string) => target.asked.filter((one) => one.method === method);
  return { clock, target, send: kit.send, asked };
}

const refusedWith = (message: string) => ({ kind: "failure", reason: "handshake_refused", message });

describe("a target with handshake", () => {
  it("is asked before the first event, once, and named the sender with each event", async () => {
    const { target, send } = await open({ sink: { headers: { "x-tenant": "acme" }, auth: { bearer: "t" } } });
    expect(await send()).toMatchObject({ kind: "answer", status: 204 });
    expect(await send()).toMatchObject({ kind: "answer", status: 204 });
    expect(target.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "OPTIONS /hook?a=1",
      "POST /hook?a=1",
      "POST /hook?a=1",
    ]);
    for (const { headers } of target.asked) {
      expect(headers).toMatchObject({
        "webhook-request-origin": ORIGIN,
        "x-tenant": "acme",
        authorization: "Bearer t",
      });
    }
    expect(target.asked[0]?.headers).not.toHaveProperty("webhook-request-rate");
    expect(target.asked[0]?.body).toBe("");
  });

  it("is asked for the rate that events will come at, where there is a limit", async () => {
    const { asked, send } = await open({ sink: { handshake: { ...HANDSHAKE, ratePerMinute: 120 } } });
    await send();
    expect(asked("OPTIONS")[0]?.headers).toMatchObject({ "webhook-request-rate": "120" });
    expect(asked("POST")[0]?.headers).not.toHaveProperty("webhook-request-rate");
  });

  it("is asked once for all the events that wait for its answer", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { asked, send } = await open({
      options: (_, response) => void promise.then(() => response.writeHead(200, GRANTED).end()),
    });
    const sending = Promise.all(Array.from({ length: 20 }, () => send()));
    await waitUntil(() => asked("OPTIONS").length > 0, "the target was asked");
    expect(asked("POST")).toEqual([]);
    resolve();
    expect(await sending).toMatchObject(Array(20).fill({ status: 204 }));
    expect(asked("OPTIONS")).toHaveLength(1);
  });

  it.each<[string, Headers]>([
    ["for all", { "WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*" }],
    ["in capitals", { "WebHook-Allowed-Origin": "EVENTS.example.COM" }],
    ["without a rate", { "WebHook-Allowed-Origin": ORIGIN }],
  ])("agrees %s", async (_, headers) => {
    const { send } = await open({ options: () => headers });
    expect(await send()).toMatchObject({ kind: "answer", status: 204 });
  });

  it.each<[string, Headers, string]>([
    ["says nothing", { Allow: "POST" }, "status_200, no WebHook-Allowed-Origin"],
    [
      "names another",
      { "WebHook-Allowed-Origin": "example.com" },
      "status_200, WebHook-Allowed-Origin names somebody else",
    ],
    [
      "names several",
      { "WebHook-Allowed-Origin": `${ORIGIN}, *` },
      "status_200, WebHook-Allowed-Origin names somebody else",
    ],
    ["allows no rate", { ...GRANTED, "WebHook-Allowed-Rate": "0" }, "WebHook-Allowed-Rate is neither * nor a number"],
    [
      "allows what is no rate",
      { ...GRANTED, "WebHook-Allowed-Rate": "many" },
      "WebHook-Allowed-Rate is neither * nor a number",
    ],
  ])("that %s is sent nothing", async (_, headers, message) => {
    const { asked, send } = await open({ options: () => headers });
    expect(await send()).toEqual(refusedWith(message));
    expect(asked("POST")).toEqual([]);
  });

  it.each([405, 307, 500])("that answers %i is sent nothing, and followed nowhere", async (status) => {
    const { target, send } = await open({
      options: (_, response) => void response.writeHead(status, { location: "/elsewhere" }).end(),
    });
    expect(await send()).toEqual(refusedWith(`status_${status}, no WebHook-Allowed-Origin`));
    expect(target.asked).toHaveLength(1);
  });

  it("that cannot be reached fails as it would without", async () => {
    const { asked, send } = await open({ options: (_, response) => void response.socket?.destroy() });
    expect(await send()).toMatchObject({ kind: "failure", reason: "connection_failed" });
    expect(asked("POST")).toEqual([]);
  });

  it("that refuses is asked again after ten seconds, and not before", async () => {
    const { clock, asked, send } = await open({ options: (before) => (before === 0 ? {} : GRANTED) });
    for (let count = 0; count < 5; count++) expect(await send()).toMatchObject({ reason: "handshake_refused" });
    expect(asked("OPTIONS")).toHaveLength(1);
    clock.advance(10_000);
    expect(await send()).toMatchObject({ status: 204 });
    expect(asked("OPTIONS")).toHaveLength(2);
  });

  it("that agreed is asked again after an hour", async () => {
    const { clock, asked, send } = await open({ options: (before) => (before === 0 ? GRANTED : {}) });
    await send();
    clock.advance(3_599_999);
    await send();
    expect(asked("OPTIONS")).toHaveLength(1);
    clock.advance(1);
    expect(await send()).toMatchObject({ reason: "handshake_refused" });
  });

  it.each([401, 403, 404, 405])(
    "that answers an event with %i is asked again, at most once a minute",
    async (status) => {
      const { clock, asked, send } = await open({ post: () => status });
      await send();
      await send();
      expect(asked("OPTIONS")).toHaveLength(1);
      clock.advance(60_000);
      await send();
      await send();
      await send();
      expect(asked("OPTIONS")).toHaveLength(2);
    },
  );

  it.each([200, 400, 429, 500])("that answers an event with %i is not asked again", async (status) => {
    const { clock, asked, send } = await open({ post: () => status });
    await send();
    clock.advance(60_000);
    await send();
    await send();
    expect(asked("OPTIONS")).toHaveLength(1);
  });

  it("that does not answer does not hold up a try that is over", async () => {
    const { asked, send } = await open({ options: () => undefined });
    const controller = new AbortController();
    const sending = send(controller.signal);
    await waitUntil(() => asked("OPTIONS").length === 1, "the target was asked");
    controller.abort();
    expect(await sending).toMatchObject({ kind: "failure", reason: "aborted" });
    expect(asked("POST")).toEqual([]);
  });

  it("is asked with a token where it wants one, and not at all where there is none", async () => {
    let tokens = 0;
    const login = await startAnsweringServer((_, response) => {
      const token = JSON.stringify({ access_token: "t0", token_type: "Bearer" });
      response.writeHead(tokens++ === 0 ? 503 : 200).end(token);
    });
    cleanups.push(login.close);
    const oauth2 = { tokenUrl: login.url, clientId: "c", clientSecret: "s" };
    const { clock, asked, send } = await open({ sink: { auth: { oauth2 } } });
    expect(await send()).toMatchObject({ reason: "token_failed", message: "status_503" });
    expect(asked("OPTIONS")).toEqual([]);
    clock.advance(1000);
    expect(await send()).toMatchObject({ status: 204 });
    expect(asked("OPTIONS")[0]?.headers).toMatchObject({ authorization: "Bearer t0" });
  });
});

describe("the rate that a target allows", () => {
  it("spaces its events, and gives back uncounted those whose turn does not come", async () => {
    // 600 a minute: one every 100 ms, and nobody waits longer than 250 ms.
    const { asked, send } = await open({
      options: () => ({ ...GRANTED, "WebHook-Allowed-Rate": "600" }),
      sink: { handshake: { ...HANDSHAKE, patienceMs: 250 } },
    });
    const results = await Promise.all(Array.from({ length: 6 }, () => send()));
    const sent = results.filter(({ kind }) => kind === "answer");
    expect(sent).toHaveLength(3);
    expect(results.filter(({ kind }) => kind === "failure")).toMatchObject(Array(3).fill({ reason: "aborted" }));
    expect(asked("POST")).toHaveLength(3);
  });
});
