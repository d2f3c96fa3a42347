import { describe, expect, it } from "vitest";
import { faultPaths, faultsOf, httpTargetOf, SECRET, subscriptionOf } from "./parsing.ts";

const SEED = `whsk_${Buffer.alloc(32, 7).toString("base64")}`;
const KEY_PAIR = `whsk_${Buffer.alloc(64, 7).toString("base64")}`;

function pathsOf(more: string): string[] {
  return faultPaths(`subscriptions: { crm: { target: { url: https://a.example, ${more} } } }`).map((path) =>
    path.replace("subscriptions.crm.target.", ""),
  );
}

describe("an HTTP target", () => {
  it("takes every key", () => {
    const target = httpTargetOf(`{
      url: "https://a.example/hook?x=1", mode: structured, secret: ["${SECRET}", "${SEED}", "${KEY_PAIR}"],
      headers: { x-tenant: acme, X-Empty: "" }, auth: { bearer: t }, tls: { ca: CA, cert: CERT, key: KEY },
      batch: { maxEvents: 1, maxBytes: 1KiB, linger: PT0S }, handshake: true }`);
    expect(target).toStrictEqual({
      kind: "http",
      url: "https://a.example/hook?x=1",
      mode: "structured",
      secrets: [SECRET, SEED, KEY_PAIR],
      headers: { "x-tenant": "acme", "X-Empty": "" },
      auth: { bearer: "t" },
      tls: { ca: "CA", cert: "CERT", key: "KEY" },
      batch: { maxEvents: 1, maxBytes: 1024, lingerMs: 0 },
      handshake: true,
    });
  });

  it("takes each kind of auth", () => {
    const auth = (text: string) => httpTargetOf(`{ url: https://a.example, auth: ${text} }`).auth;
    expect(auth("{ basic: { username: u, password: p } }")).toStrictEqual({ basic: { username: "u", password: "p" } });
    const oauth2 = { tokenUrl: "https://l.example/token", clientId: "i", clientSecret: "s", scope: "a b" };
    expect(auth(JSON.stringify({ oauth2 }))).toStrictEqual({ oauth2 });
  });

  it.each([
    "a.example",
    "ftp://a.example",
    "https://",
    "https://user@a.example",
    "https://user:pass@a.example",
    "https://a.example/a b",
    " https://a.example",
    "redis://a",
  ])("refuses the URL %j", (url) => {
    expect(faultPaths(`subscriptions: { crm: { target: { url: "${url}" } } }`)).toEqual([
      "subscriptions.crm.target.url",
    ]);
  });

  it.each([
    ["mode: push", ["mode"]],
    ["secret: ''", ["secret"]],
    ["secret: []", ["secret"]],
    ["secret: null", ["secret"]],
    ["secret: hunter2", ["secret"]],
    [`secret: ["${SECRET}", whsk_AAAA]`, ["secret[1]"]],
    ["auth: {}", ["auth"]],
    ["auth: null", ["auth"]],
    ["auth: { bearer: t, basic: { username: u, password: p } }", ["auth"]],
    ["auth: { bearer: 'a b' }", ["auth.bearer"]],
    ["auth: { bearer: '' }", ["auth.bearer"]],
    ["auth: { basic: { username: 'a:b', password: p } }", ["auth.basic.username"]],
    ["auth: { basic: { username: u } }", ["auth.basic.password"]],
    ["auth: { oauth2: { tokenUrl: x, clientId: i } }", ["auth.oauth2.tokenUrl", "auth.oauth2.clientSecret"]],
    ["auth: { digest: x }", ["auth", "auth.digest"]],
    ["tls: { cert: C }", ["tls.cert"]],
    ["tls: { skipVerify: true }", ["tls.skipVerify"]],
    ["batch: { maxEvents: 0 }", ["batch.maxEvents"]],
    ["batch: { maxBytes: 0, linger: PT2M }", ["batch.maxBytes", "batch.linger"]],
    ["handshake: perhaps", ["handshake"]],
    ["method: PUT", ["method"]],
  ])("refuses %s", (more, paths) => {
    expect(pathsOf(more)).toEqual(paths);
  });
});

describe("a signing secret", () => {
  const messageOf = (secret: string) =>
    faultsOf(`subscriptions: { crm: { target: { url: https://a.example, secret: ${secret} } } }`)[0]?.message;
  const base64 = (length: number) => Buffer.alloc(length, 7).toString("base64");

  it.each([
    [`whpk_${base64(32)}`, /^is a public key/],
    [`whsk_${base64(33)}`, /^must be whsk_ and the base64 of an Ed25519 key: 32 bytes/],
    ["whsk_not-base64", /^must be whsk_/],
    [`whsec_${base64(23)}`, /^must be a Standard Webhooks secret: whsec_/],
    [`whsec_${base64(65)}`, /^must be a Standard Webhooks secret: whsec_/],
    ["5", /^must be a Standard Webhooks secret/],
  ])("%s is refused with what is wrong with that kind of key, and is not quoted", (secret, message) => {
    expect(messageOf(secret)).toMatch(message);
    expect(messageOf(secret)).not.toContain("BwcHBw");
  });
});

describe("headers", () => {
  it.each([
    "ce-type",
    "CE-Anything",
    "Content-Type",
    "content-length",
    "Host",
    "webhook-id",
    "Webhook-Signature",
    "Transfer-Encoding",
    "connection",
    "'a b'",
    "'a:b'",
    "ä",
    "''",
    "__proto__",
  ])("cannot be %s", (name) => {
    expect(pathsOf(`headers: { ${name}: x }`)).toHaveLength(1);
  });

  it.each(['"a\\r\\nx: y"', '"a\\n"', '"\\0"', '"é€"', "5", "true", "null", "[a]"])("cannot hold %s", (value) => {
    expect(pathsOf(`headers: { x-a: ${value} }`)).toEqual(["headers.x-a"]);
  });

  it("can authorize, but not beside auth", () => {
    expect(httpTargetOf("{ url: https://a.example, headers: { Authorization: Basic x } }").headers).toEqual({
      Authorization: "Basic x",
    });
    expect(pathsOf("headers: { AUTHORIZATION: x }, auth: { bearer: t }")).toEqual(["headers.AUTHORIZATION"]);
  });

  it("are there once, in whatever case", () => {
    expect(pathsOf("headers: { x-a: b, X-A: c }")).toEqual(["headers.X-A"]);
  });

  it("may be called as an inherited member", () => {
    expect(httpTargetOf("{ url: https://a.example, headers: { constructor: x } }").headers).toStrictEqual(
      Object.fromEntries([["constructor", "x"]]),
    );
  });
});

describe("the kind of a target", () => {
  it("takes the REST API of a Redis with its token", () => {
    const { target } = subscriptionOf('{ target: { redis: { url: "https://:token@a.upstash.io" } } }');
    expect(target).toStrictEqual({ kind: "redis", url: "https://:token@a.upstash.io", stream: "triggermesh" });
  });

  it("takes every key of redis", () => {
    const { target } = subscriptionOf('{ target: { redis: { url: "rediss://u:p@r:1/2", stream: s, maxLen: 10 } } }');
    expect(target).toStrictEqual({ kind: "redis", url: "rediss://u:p@r:1/2", stream: "s", maxLen: 10 });
  });

  it.each([
    ["{ redis: {} }", ["redis.url"]],
    ["{ redis: { url: https://a.example } }", ["redis.url"]],
    ["{ redis: { url: 'https://:t@a.example/x' } }", ["redis.url"]],
    ["{ redis: { url: 'https://u:t@a.example' } }", ["redis.url"]],
    ["{ redis: { url: 'redis://a', maxLen: 0, stream: '' } }", ["redis.stream", "redis.maxLen"]],
    ["{ redis: 'redis://a' }", ["redis"]],
    ["{ redis: { url: 'redis://a' }, mode: batch }", ["mode"]],
  ])("refuses %s", (target, paths) => {
    expect(faultPaths(`subscriptions: { crm: { target: ${target} } }`)).toEqual(
      paths.map((path) => `subscriptions.crm.target.${path}`),
    );
  });

  it("says that Redis needs no batch", () => {
    const faults = faultsOf(`subscriptions: { crm: { target: { redis: { url: 'redis://a' }, batch: {}, modes: x } } }`);
    expect(faults.map(({ path }) => path).sort()).toEqual([
      "subscriptions.crm.target.batch",
      "subscriptions.crm.target.modes",
    ]);
    expect(faults.find(({ path }) => path.endsWith("batch"))?.message).toMatch(
      /is for HTTP targets: .*none needs a batch/,
    );
  });

  it("must be clear", () => {
    const message = "needs exactly one of url and redis";
    for (const target of [
      "{}",
      "null",
      "[]",
      "https://a.example",
      "{ url: https://a.example, redis: { url: 'redis://a' } }",
    ]) {
      expect(faultsOf(`subscriptions: { crm: { target: ${target} } }`)).toEqual([
        { path: "subscriptions.crm.target", message },
      ]);
    }
  });

  it("does not hide other faults where it is not", () => {
    expect(faultPaths("subscriptions: { crm: { target: { mode: x, redis: { maxLen: y }, url: z } } }")).toEqual([
      "subscriptions.crm.target.url",
      "subscriptions.crm.target.redis.url",
      "subscriptions.crm.target.redis.maxLen",
      "subscriptions.crm.target.mode",
      "subscriptions.crm.target",
    ]);
  });
});
