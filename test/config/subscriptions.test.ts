import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { configOf, faultPaths, subscriptionOf } from "./parsing.ts";

const TARGET = "target: { url: https://a.example }";

describe("subscriptions", () => {
  it("keep their order and their names", () => {
    const text = `subscriptions: { b: { ${TARGET} }, constructor: { ${TARGET} }, A.1_-x: { ${TARGET}, start: latest } }`;
    const { subscriptions } = configOf(text);
    expect(subscriptions.map(({ name, start }) => [name, start])).toEqual([
      ["b", "earliest"],
      ["constructor", "earliest"],
      ["A.1_-x", "latest"],
    ]);
  });

  it.each(["-a", ".a", "_a", "__proto__", "a b", "ä", "'a/b'", "''", "a".repeat(65)])("cannot be named %s", (name) => {
    expect(faultPaths(`subscriptions: { ${name}: { ${TARGET} } }`)).toHaveLength(1);
  });

  it("can have a name of 64 characters", () => {
    expect(configOf(`subscriptions: { ${"a".repeat(64)}: { ${TARGET} } }`).subscriptions).toHaveLength(1);
  });

  it("quote names with dots in paths", () => {
    expect(faultPaths("subscriptions: { a.b: { target: {} } }")).toEqual(['subscriptions["a.b"].target']);
  });

  it.each([
    ["{}", "subscriptions.crm.target"],
    ["null", "subscriptions.crm"],
    ["https://a.example", "subscriptions.crm"],
    [`{ ${TARGET}, start: now }`, "subscriptions.crm.start"],
    [`{ ${TARGET}, filter: [] }`, "subscriptions.crm.filter"],
    [`{ ${TARGET}, delivery: 5 }`, "subscriptions.crm.delivery"],
    [`{ ${TARGET}, privacy: null }`, "subscriptions.crm.privacy"],
  ])("refuse %s", (subscription, path) => {
    expect(faultPaths(`subscriptions: { crm: ${subscription} }`)).toEqual([path]);
  });
});

describe("delivery", () => {
  it("takes every key", () => {
    const { delivery } = subscriptionOf(`{ ${TARGET}, delivery: {
      retry: 0, backoffPolicy: linear, backoffDelay: PT0S, backoffMax: PT1M, timeout: PT1H, maxAge: PT1S, ordering: key,
      concurrency: 1000, rate: 0.5, profile: knative, deadLetterURL: https://dead.example } }`);
    expect(delivery).toStrictEqual({
      retry: 0,
      backoffPolicy: "linear",
      backoffDelayMs: 0,
      backoffMaxMs: 60_000,
      timeoutMs: 3_600_000,
      maxAgeMs: 1000,
      ordering: "key",
      concurrency: 1000,
      rate: 0.5,
      profile: "knative",
      deadLetter: { kind: "http", url: "https://dead.example" },
    });
  });

  it.each([
    ["redis://r:6379?stream=dead", { kind: "redis", url: "redis://r:6379", stream: "dead" }],
    [
      "rediss://u:p%40@r/3?stream=a%20b&maxLen=500",
      { kind: "redis", url: "rediss://u:p%40@r/3", stream: "a b", maxLen: 500 },
    ],
    [
      "https://:t%2Fo@a.upstash.io?stream=dead&maxLen=5",
      { kind: "redis", url: "https://:t%2Fo@a.upstash.io", stream: "dead", maxLen: 5 },
    ],
    ["https://a.upstash.io?stream=dead", { kind: "http", url: "https://a.upstash.io?stream=dead" }],
    ["http://127.0.0.1:1/dead?x=1", { kind: "http", url: "http://127.0.0.1:1/dead?x=1" }],
  ])("takes a dead-letter target in one text: %s", (url, deadLetter) => {
    const { delivery } = subscriptionOf(`{ ${TARGET}, delivery: { deadLetterURL: "${url}" } }`);
    expect(delivery.deadLetter).toStrictEqual(deadLetter);
  });

  it("does not let dead letters come back by the stream of the broker", () => {
    const paths = (url: string, brokerUrl = "redis://r:6379") => {
      const broker = `broker: { kind: redis, url: ${brokerUrl}, password: t, stream: events }`;
      const result = parseConfig(
        `${broker}\nsubscriptions: { crm: { ${TARGET}, delivery: { deadLetterURL: "${url}" } } }`,
        {},
      );
      return result.ok ? [] : result.error.map(({ path }) => path);
    };
    expect(paths("redis://u:p@r/0?stream=events")).toEqual(["subscriptions.crm.delivery.deadLetterURL"]);
    for (const other of ["redis://r?stream=dead", "redis://r/1?stream=events", "redis://s?stream=events"]) {
      expect(paths(other)).toEqual([]);
    }
    const rest = "https://r.upstash.io";
    expect(paths("https://:t@r.upstash.io/?stream=events", rest)).toEqual(["subscriptions.crm.delivery.deadLetterURL"]);
    for (const other of ["https://:t@r.upstash.io?stream=dead", "https://:t@s.upstash.io?stream=events"]) {
      expect(paths(other, rest)).toEqual([]);
    }
  });

  it.each([
    ["retry: -1", "retry"],
    ["retry: 1.5", "retry"],
    ["backoffPolicy: none", "backoffPolicy"],
    ["backoffDelay: 1s", "backoffDelay"],
    ["backoffMax: PT0.5S", "backoffMax"],
    ["backoffDelay: PT2M, backoffMax: PT1M", "backoffMax"],
    ["timeout: PT0S", "timeout"],
    ["timeout: P1D", "timeout"],
    ["maxAge: P1Y", "maxAge"],
    ["ordering: strict", "ordering"],
    ["concurrency: 0", "concurrency"],
    ["concurrency: 1001", "concurrency"],
    ["rate: -1", "rate"],
    ["rate: .nan", "rate"],
    ["profile: triggermesh", "profile"],
    ["deadLetterURL: 'redis://a'", "deadLetterURL"],
    ["deadLetterURL: 'redis://a?stream='", "deadLetterURL"],
    ["deadLetterURL: 'redis://a?stream=s&stream=t'", "deadLetterURL"],
    ["deadLetterURL: 'redis://a?stream=s&db=1'", "deadLetterURL"],
    ["deadLetterURL: 'redis://a?stream=s&maxLen=0'", "deadLetterURL"],
    ["deadLetterURL: 'redis://a/x?stream=s'", "deadLetterURL"],
    ["deadLetterURL: 'redis://a?stream=s?stream=t'", "deadLetterURL"],
    ["deadLetterURL: 'redis://a?stream=s#t'", "deadLetterURL"],
    ["deadLetterURL: 'https://user:pass@a.example'", "deadLetterURL"],
    ["deadLetterURL: 'https://:t@a.example'", "deadLetterURL"],
    ["deadLetterURL: 'https://u:t@a.example?stream=s'", "deadLetterURL"],
    ["deadLetterURL: 'https://:t@a.example/x?stream=s'", "deadLetterURL"],
    ["deadLetterUrl: https://a.example", "deadLetterUrl"],
  ])("refuses %s", (option, key) => {
    const paths = faultPaths(`subscriptions: { crm: { ${TARGET}, delivery: { ${option} } } }`);
    expect(paths).toEqual([`subscriptions.crm.delivery.${key}`]);
  });

  it("compares backoffMax with backoffDelay also beside other faults", () => {
    const paths = faultPaths(`subscriptions: { crm: { ${TARGET}, delivery: { backoffMax: PT0.1S, retry: x } } }`);
    expect(paths).toEqual(["subscriptions.crm.delivery.backoffMax", "subscriptions.crm.delivery.retry"]);
  });
});

describe("privacy", () => {
  it("takes every key", () => {
    const privacy = "{ email: hash, phone: mask, ip: drop, username: keep, attributes: [locale, custom:tier], key: k }";
    expect(subscriptionOf(`{ ${TARGET}, privacy: ${privacy} }`).privacy).toStrictEqual({
      email: "hash",
      phone: "mask",
      ip: "drop",
      username: "keep",
      attributes: ["locale", "custom:tier"],
      key: "k",
    });
    expect(subscriptionOf(`{ ${TARGET}, privacy: { attributes: drop } }`).privacy?.attributes).toBe("drop");
    expect(subscriptionOf(`{ ${TARGET}, privacy: { attributes: [] } }`).privacy?.attributes).toEqual([]);
  });

  it.each([
    ["email: hide", ["email"]],
    ["attributes: email", ["attributes"]],
    ["attributes: ['']", ["attributes[0]"]],
    ["attributes: [5]", ["attributes[0]"]],
    ["ip: hash", ["key"]],
    ["attributes: hash", ["key"]],
    ["username: hash, key: ''", ["key"]],
    ["username: hash, phone: x", ["key", "phone"]],
    ["mail: keep", ["mail"]],
  ])("refuses %s", (privacy, keys) => {
    const paths = faultPaths(`subscriptions: { crm: { ${TARGET}, privacy: { ${privacy} } } }`);
    expect(paths).toEqual(keys.map((key) => `subscriptions.crm.privacy.${key}`));
  });
});
