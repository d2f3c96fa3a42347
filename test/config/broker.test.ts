import { describe, expect, it } from "vitest";
import { configOf, faultPaths, faultsOf } from "./parsing.ts";

describe("broker", () => {
  it("takes every key of sqlite", () => {
    const broker =
      "{ kind: sqlite, path: x.db, dedupeWindow: PT1H, retention: PT2H, deadRetention: PT3H, maxBytes: 5 }";
    expect(configOf(`broker: ${broker}`).broker).toStrictEqual({
      kind: "sqlite",
      path: "x.db",
      dedupeWindowMs: 3_600_000,
      retentionMs: 7_200_000,
      deadRetentionMs: 10_800_000,
      maxBytes: 5,
    });
  });

  it("takes every key of redis", () => {
    const broker = configOf(`
broker:
  kind: redis
  sentinel: { name: main, urls: ["redis://a:26379", "redis://b:26379"] }
  username: u
  password: p
  database: 3
  tls: { ca: CA, cert: CERT, key: KEY, skipVerify: true }
  stream: s
  group: g
  dedupeWindow: PT1H
  retention: PT2H
  deadRetention: PT3H
  trackingId: true
  keepGroups: [other]
`).broker;
    expect(broker).toStrictEqual({
      kind: "redis",
      sentinel: { name: "main", urls: ["redis://a:26379", "redis://b:26379"] },
      username: "u",
      password: "p",
      database: 3,
      tls: { ca: "CA", cert: "CERT", key: "KEY", skipVerify: true },
      stream: "s",
      group: "g",
      dedupeWindowMs: 3_600_000,
      retentionMs: 7_200_000,
      deadRetentionMs: 10_800_000,
      trackingId: true,
      keepGroups: ["other"],
    });
  });

  it("has no default URL beside a cluster", () => {
    const { broker } = configOf('broker: { kind: redis, clusterUrls: ["rediss://a", "rediss://b"] }');
    expect(broker).toMatchObject({ clusterUrls: ["rediss://a", "rediss://b"] });
    expect(broker).not.toHaveProperty("url");
  });

  it.each([
    ["{ kind: kafka, brokers: [x] }", ["broker.kind"]],
    ["{ kind: 5 }", ["broker.kind"]],
    ["{ kind: null }", ["broker.kind"]],
    ["{ kind: constructor }", ["broker.kind"]],
    ["sqlite", ["broker"]],
    ["[]", ["broker"]],
    ["{ path: '' }", ["broker.path"]],
    ["{ url: 'redis://a' }", ["broker.url"]],
    ["{ kind: memory, path: x }", ["broker.path"]],
    ["{ kind: redis, maxBytes: 5 }", ["broker.maxBytes"]],
    ["{ kind: redis, url: 'ftp://a' }", ["broker.url"]],
    ["{ kind: redis, url: 'https://a.upstash.io' }", ["broker.password"]],
    ["{ kind: redis, url: 'https://a.upstash.io/redis', password: t }", ["broker.url"]],
    ["{ kind: redis, url: 'https://a.upstash.io?x=1', password: t }", ["broker.url"]],
    ["{ kind: redis, url: 'https://a.upstash.io#x', password: t }", ["broker.url"]],
    ["{ kind: redis, url: 'https://user:t@a.upstash.io' }", ["broker.url"]],
    ["{ kind: redis, url: 'https://:%zz@a.upstash.io' }", ["broker.url"]],
    ["{ kind: redis, url: 'https://:a/b@a.upstash.io' }", ["broker.url"]],
    ["{ kind: redis, url: 'https://a', password: t, username: u }", ["broker.username"]],
    ["{ kind: redis, url: 'https://a', password: t, database: 0 }", ["broker.database"]],
    ["{ kind: redis, url: 'http://a', password: t, tls: { ca: CA } }", ["broker.tls"]],
    ["{ kind: redis, clusterUrls: ['https://:t@a'] }", ["broker.clusterUrls[0]"]],
    ["{ kind: redis, sentinel: { name: main, urls: ['https://:t@a'] } }", ["broker.sentinel.urls[0]"]],
    ["{ kind: redis, url: 'localhost:6379' }", ["broker.url"]],
    ["{ kind: redis, url: 'redis://a/events' }", ["broker.url"]],
    ["{ kind: redis, url: 'redis://a?db=3' }", ["broker.url"]],
    ["{ kind: redis, url: 'redis://a/0#x' }", ["broker.url"]],
    ["{ kind: redis, url: 'redis:///3' }", ["broker.url"]],
    ["{ kind: redis, url: 'redis://a:%zz@b' }", ["broker.url"]],
    ["{ kind: redis, clusterUrls: [] }", ["broker.clusterUrls"]],
    ["{ kind: redis, clusterUrls: ['redis://a', b] }", ["broker.clusterUrls[1]"]],
    ["{ kind: redis, sentinel: { urls: ['redis://a'] } }", ["broker.sentinel.name"]],
    ["{ kind: redis, sentinel: { name: main } }", ["broker.sentinel.urls"]],
    ["{ kind: redis, database: -1 }", ["broker.database"]],
    ["{ kind: redis, tls: { cert: CERT } }", ["broker.tls.cert"]],
    ["{ kind: redis, tls: { key: KEY } }", ["broker.tls.key"]],
    ["{ kind: redis, tls: true }", ["broker.tls"]],
    ["{ kind: redis, trackingId: 1, keepGroups: [''] }", ["broker.trackingId", "broker.keepGroups[0]"]],
    [
      "{ kind: redis, url: 'redis://a', clusterUrls: ['redis://b'], sentinel: { name: c, urls: ['redis://d'] } }",
      ["broker.clusterUrls", "broker.sentinel"],
    ],
  ])("refuses %s", (broker, paths) => {
    expect(faultPaths(`broker: ${broker}`)).toEqual(paths);
  });

  it("takes a REST API with its token, as a key or in the URL", () => {
    expect(configOf("broker: { kind: redis, url: 'https://a.upstash.io', password: t }").broker).toMatchObject({
      url: "https://a.upstash.io",
      password: "t",
    });
    expect(configOf("broker: { kind: redis, url: 'http://:to%2Fken@127.0.0.1:8080/' }").broker).toMatchObject({
      url: "http://:to%2Fken@127.0.0.1:8080/",
    });
  });

  it("says what a REST API has no use for, and what it needs", () => {
    const [fault] = faultsOf("broker: { kind: redis, url: 'https://a', database: 3, password: hunter2 }");
    expect(fault?.message).toMatch(/no meaning for the REST API/);
    expect(faultsOf("broker: { kind: redis, url: 'https://a' }")).toEqual([
      { path: "broker.password", message: "is required: the token of the REST API that the URL names" },
    ]);
    expect(JSON.stringify(faultsOf("broker: { kind: redis, url: 'https://:hunter2@a/x' }"))).not.toContain("hunter2");
  });

  it("names the kinds there are", () => {
    expect(faultsOf("broker: { kind: kafka }")).toEqual([
      { path: "broker.kind", message: "must be one of sqlite, redis, durable-object or memory" },
    ]);
  });
});
