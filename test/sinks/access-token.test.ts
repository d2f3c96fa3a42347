/** Against a real token endpoint and a real target, over HTTP. */
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { TokenOptions } from "../../src/sinks/access-token.ts";
import {
  type AnsweringServer,
  type Asked,
  createSteppedClock,
  openTargetSink,
  startAnsweringServer,
} from "../support/target-kit.ts";
import { waitUntil } from "../support/wait.ts";

const CLIENT_SECRET = "s3cr3t-canary";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Respond = (response: ServerResponse, before: number, request: Asked) => void;

async function server(respond: Respond): Promise<AnsweringServer> {
  const one = await startAnsweringServer((request, response, before) => respond(response, before, request));
  cleanups.push(one.close);
  return one;
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** t0, t1, t2, ... */
const numbered: Respond = (response, before) =>
  json(response, 200, { access_token: `t${before}`, token_type: "Bearer", expires_in: 3600 });

interface Setting {
  readonly tokens?: Respond;
  readonly target?: Respond;
  readonly oauth2?: Partial<TokenOptions>;
}

async function open({ tokens = numbered, target = (response) => response.writeHead(204).end(), oauth2 }: Setting = {}) {
  const clock = createSteppedClock();
  const login = await server(tokens);
  const crm = await server(target);
  const auth = {
    oauth2: { tokenUrl: `${login.url}/token`, clientId: "poolcast", clientSecret: CLIENT_SECRET, ...oauth2 },
  };
  const { send, sink } = openTargetSink({ url: `${crm.url}/hook`, auth, headers: { "x-tenant": "acme" } }, clock);
  cleanups.push(sink.close);
  const bearers = () => crm.asked.map(({ headers }) => headers.authorization);
  return { clock, login, crm, send, bearers };
}

describe("a target with oauth2", () => {
  it("is sent a token got by client credentials, with the client's name and secret in Basic", async () => {
    const { login, send, bearers } = await open();
    expect(await send()).toMatchObject({ kind: "answer", status: 204 });
    expect(bearers()).toEqual(["Bearer t0"]);
    const [{ method, path, headers, body } = {}] = login.asked;
    expect([method, path, body]).toEqual(["POST", "/token", "grant_type=client_credentials"]);
    expect(headers).toMatchObject({
      authorization: `Basic ${Buffer.from(`poolcast:${CLIENT_SECRET}`).toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
    });
  });

  it("has its client's name and secret form-encoded, and its scope, as RFC 6749 says", async () => {
    const { login, send } = await open({
      oauth2: { clientId: "a:b c", clientSecret: "ü%&=+/~*", scope: "events.write a&b" },
    });
    await send();
    const [{ headers, body } = {}] = login.asked;
    const basic = Buffer.from(String(headers?.authorization).slice("Basic ".length), "base64").toString();
    expect(basic).toBe("a%3Ab+c:%C3%BC%25%26%3D%2B%2F%7E*");
    expect(body).toBe("grant_type=client_credentials&scope=events.write+a%26b");
  });

  it("tells nothing of itself to the token endpoint: no header, and no event", async () => {
    const { login, send } = await open();
    await send();
    expect(JSON.stringify(login.asked)).not.toMatch(/acme|com\.example|webhook-id|ce-/);
  });

  it("is sent the same token until shortly before it expires", async () => {
    const { clock, login, send, bearers } = await open();
    await send();
    clock.advance(3_539_000);
    await send();
    expect(login.asked).toHaveLength(1);
    clock.advance(2000);
    await send();
    expect(bearers()).toEqual(["Bearer t0", "Bearer t0", "Bearer t1"]);
  });

  it.each([
    ["that lives ten seconds is used for eight", { expires_in: 10 }, 7999, 8001],
    ["that lives for an unknown time is used for four minutes", {}, 239_999, 240_001],
    ["whose life is a text", { expires_in: "100" }, 79_999, 80_001],
    ["whose life makes no sense", { expires_in: -5 }, 239_999, 240_001],
  ])("is sent a token %s", async (_, life, goodMs, lateMs) => {
    const { clock, login, send } = await open({
      tokens: (response) => json(response, 200, { access_token: "t", token_type: "bearer", ...life }),
    });
    await send();
    clock.advance(goodMs);
    await send();
    expect(login.asked).toHaveLength(1);
    clock.advance(lateMs - goodMs);
    await send();
    expect(login.asked).toHaveLength(2);
  });

  it("makes one request for a token, however many tries wait for it", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { login, send, crm } = await open({
      tokens: (response, before, request) => void promise.then(() => numbered(response, before, request)),
    });
    const tries = Promise.all(Array.from({ length: 50 }, () => send()));
    await waitUntil(() => login.asked.length > 0, "a token was asked for");
    resolve();
    expect(await tries).toMatchObject(Array(50).fill({ status: 204 }));
    expect([login.asked.length, crm.asked.length]).toEqual([1, 50]);
  });

  it("is sent a new token, once and at once, when it refuses the one it knew", async () => {
    const { login, send, bearers } = await open({
      target: (response, _, { headers }) => response.writeHead(headers.authorization === "Bearer t0" ? 401 : 204).end(),
    });
    expect(await send()).toMatchObject({ kind: "answer", status: 204 });
    expect(bearers()).toEqual(["Bearer t0", "Bearer t1"]);
    await send();
    expect(login.asked).toHaveLength(2);
  });

  it("keeps its webhook-id, and is signed anew, when the token is renewed", async () => {
    const { crm, send } = await open({
      target: (response, before) => response.writeHead(before === 0 ? 401 : 204).end(),
    });
    await send();
    const ids = crm.asked.map(({ headers }) => headers["webhook-id"]);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it("has one new token for all the tries that were refused with the old one", async () => {
    const { login, send } = await open({
      target: (response, _, { headers }) => response.writeHead(headers.authorization === "Bearer t0" ? 401 : 204).end(),
    });
    const tries = await Promise.all(Array.from({ length: 16 }, () => send()));
    expect(tries).toMatchObject(Array(16).fill({ status: 204 }));
    expect(login.asked).toHaveLength(2);
  });

  it("does not cost a token for each of its answers, where it refuses every one", async () => {
    const { clock, login, crm, send } = await open({ target: (response) => response.writeHead(401).end() });
    expect(await send()).toMatchObject({ kind: "answer", status: 401 });
    expect(await send()).toMatchObject({ kind: "answer", status: 401 });
    expect(await send()).toMatchObject({ kind: "answer", status: 401 });
    expect([login.asked.length, crm.asked.length]).toEqual([2, 4]);
    clock.advance(30_000);
    await send();
    expect(login.asked).toHaveLength(3);
  });

  it("is not sent the token of a basic or bearer target", async () => {
    const clock = createSteppedClock();
    const crm = await server((response) => response.writeHead(401).end());
    const { send, sink } = openTargetSink({ url: crm.url, auth: { bearer: "fixed" } }, clock);
    cleanups.push(sink.close);
    expect(await send()).toMatchObject({ status: 401 });
    expect(crm.asked).toHaveLength(1);
  });
});

describe("a token that is not to be had", () => {
  const failed = (message: string) => ({ kind: "failure", reason: "token_failed", message });

  it.each<[string, Respond, string]>([
    [
      "refused",
      (response) => json(response, 401, { error: "invalid_client", error_description: CLIENT_SECRET }),
      "status_401 invalid_client",
    ],
    ["refused with a code nobody knows", (response) => json(response, 400, { error: CLIENT_SECRET }), "status_400"],
    ["refused in HTML", (response) => response.writeHead(500).end(`<html>${CLIENT_SECRET}`), "status_500"],
    ["elsewhere", (response) => response.writeHead(307, { location: "/other" }).end(), "status_307"],
    ["no JSON", (response) => response.end(`{"access_token":"${CLIENT_SECRET}`), "answer_without_token"],
    ["missing", (response) => json(response, 200, { token_type: "Bearer" }), "answer_without_token"],
    ["no text", (response) => json(response, 200, { access_token: 5, token_type: "Bearer" }), "answer_without_token"],
    [
      "no header could hold",
      (response) => json(response, 200, { access_token: "a\r\nx: y", token_type: "Bearer" }),
      "answer_without_token",
    ],
    [
      "of another type",
      (response) => json(response, 200, { access_token: "t", token_type: "mac" }),
      "unknown_token_type",
    ],
    ["without a type", (response) => json(response, 200, { access_token: "t" }), "unknown_token_type"],
    [
      "too long",
      (response) => json(response, 200, { access_token: "t".repeat(20_000), token_type: "Bearer" }),
      "answer_without_token",
    ],
    ["broken off", (response) => response.socket?.destroy(), "connection_failed"],
  ])("because it is %s is a failure with a reason, and the target is not asked", async (_, tokens, message) => {
    const { crm, login, send } = await open({ tokens });
    const result = await send();
    expect(result).toEqual(failed(message));
    expect(JSON.stringify(result)).not.toContain(CLIENT_SECRET);
    expect(crm.asked).toEqual([]);
    expect(login.asked.map(({ path }) => path)).toEqual(["/token"]);
  });

  it("is not asked for again within a second, and then is", async () => {
    const { clock, login, send } = await open({
      tokens: (response, before, request) =>
        before === 0 ? response.writeHead(503).end() : numbered(response, before, request),
    });
    expect(await send()).toEqual(failed("status_503"));
    expect(await send()).toEqual(failed("status_503"));
    expect(login.asked).toHaveLength(1);
    clock.advance(1000);
    expect(await send()).toMatchObject({ status: 204 });
  });

  it("is a failure where its endpoint may not be reached, as that of a target is", async () => {
    const { send } = await open({ oauth2: { tokenUrl: "http://169.254.169.254/token" } });
    expect(await send()).toEqual(failed("address_refused"));
  });

  it("while it is waited for, does not hold up a try that is over", async () => {
    const { send, login } = await open({ tokens: () => {} });
    const controller = new AbortController();
    const sending = send(controller.signal);
    await waitUntil(() => login.asked.length === 1, "a token was asked for");
    controller.abort();
    expect(await sending).toMatchObject({ kind: "failure", reason: "aborted" });
  });
});
