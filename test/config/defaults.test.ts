import { describe, expect, it } from "vitest";
import { configOf, POOL, SECRET, subscriptionOf } from "./parsing.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const DELIVERY = {
  retry: 20,
  backoffPolicy: "exponential",
  backoffDelayMs: 1000,
  backoffMaxMs: 60 * MINUTE,
  timeoutMs: 15_000,
  maxAgeMs: 3 * DAY,
  ordering: "none",
  concurrency: 16,
  rate: 0,
  profile: "default",
};

const DEFAULTS = {
  listen: { host: "127.0.0.1", port: 8080 },
  broker: {
    kind: "sqlite",
    path: "./data/poolcast.db",
    dedupeWindowMs: 7 * DAY,
    retentionMs: 7 * DAY,
    deadRetentionMs: 30 * DAY,
    maxBytes: 10 * 1024 ** 3,
  },
  onlyConfiguredPools: false,
  includeReads: false,
  pools: [],
  adminKeys: [],
  egress: { allowCidrs: [], allowHttp: false },
  subscriptions: [
    {
      name: "stdout",
      start: "earliest",
      filters: [],
      target: { kind: "stdout" },
      delivery: { ...DELIVERY, retry: 1_000_000 },
    },
  ],
};

describe("without a word", () => {
  it.each([undefined, "", "# only a comment\n", "---\n", "{}", "null"])("%j is all defaults", (text) => {
    expect(configOf(text)).toStrictEqual(DEFAULTS);
  });

  it("has no ingest section, which is not the same as an empty one", () => {
    expect(Object.hasOwn(configOf(undefined), "ingest")).toBe(false);
    expect(configOf("ingest: {}").ingest).toStrictEqual({});
    expect(configOf("ingest:\n").ingest).toStrictEqual({});
    expect(configOf("ingest: null").ingest).toStrictEqual({});
  });

  it.each(["listen", "broker", "pools", "adminKeys", "egress", "subscriptions", "triggers"])(
    "takes an empty %s section as left out",
    (section) => {
      expect(configOf(`${section}:\n`)).toStrictEqual(DEFAULTS);
    },
  );

  it("implies stdout for an empty map of subscriptions too", () => {
    expect(configOf("subscriptions: {}").subscriptions).toStrictEqual(DEFAULTS.subscriptions);
  });
});

describe("defaults of sections", () => {
  it("redis", () => {
    expect(configOf("broker: { kind: redis }").broker).toStrictEqual({
      kind: "redis",
      url: "redis://127.0.0.1:6379",
      stream: "triggermesh",
      group: "default",
      dedupeWindowMs: DAY,
      retentionMs: 7 * DAY,
      deadRetentionMs: 30 * DAY,
      trackingId: false,
      keepGroups: [],
    });
  });

  it("memory", () => {
    expect(configOf("broker: { kind: memory }").broker).toStrictEqual({
      kind: "memory",
      dedupeWindowMs: 7 * DAY,
      retentionMs: 7 * DAY,
      deadRetentionMs: 30 * DAY,
      maxBytes: 256 * 1024 ** 2,
    });
  });

  it("a pool", () => {
    expect(configOf(`pools: [{ arn: "${POOL}" }]`).pools).toEqual([
      {
        arn: POOL,
        poll: {},
        overlapMs: 30 * MINUTE,
        backfill: false,
        listUsersRate: 5,
        identify: "username",
        identifyBudgetMs: 500,
      },
    ]);
  });

  it("ingest routes", () => {
    const routes = ["eventbridge", "cloudtrail", "events", "sns", "firehose", "cognito", "lambda", "s3"];
    const config = configOf(`ingest: { ${routes.map((route) => `${route}: {}`).join(", ")} }`);
    expect(config.ingest).toStrictEqual({
      eventbridge: { apiKeys: [], maxBytes: 2 * 1024 ** 2 },
      cloudtrail: { apiKeys: [], maxBytes: 16 * 1024 ** 2 },
      events: { apiKeys: [], maxBytes: 1024 ** 2 },
      sns: { topicArns: [], confirm: "auto", allowSignatureV1: false, rawKeys: [] },
      firehose: { accessKeys: [], maxBytes: 64 * 1024 ** 2 },
      cognito: { secrets: [] },
      lambda: {},
      s3: { buckets: [] },
    });
    expect(configOf(`ingest: { ${routes.map((route) => `${route}: `).join(", ")} }`)).toStrictEqual(config);
  });

  it("a subscription by HTTP", () => {
    expect(subscriptionOf("{ target: { url: https://crm.example.com/hook } }")).toStrictEqual({
      name: "crm",
      start: "earliest",
      filters: [],
      target: {
        kind: "http",
        url: "https://crm.example.com/hook",
        mode: "binary",
        secrets: [],
        headers: {},
        batch: { maxEvents: 100, maxBytes: 256 * 1024, lingerMs: 200 },
        handshake: false,
      },
      delivery: DELIVERY,
    });
  });

  it("a subscription to Redis", () => {
    expect(subscriptionOf('{ target: { redis: { url: "redis://r" } } }').target).toStrictEqual({
      kind: "redis",
      url: "redis://r",
      stream: "triggermesh",
    });
  });

  it("privacy keeps what it does not name", () => {
    expect(subscriptionOf("{ target: { url: https://a.example }, privacy: {} }").privacy).toStrictEqual({
      email: "keep",
      phone: "keep",
      ip: "keep",
      username: "keep",
      attributes: "keep",
    });
  });

  it("structured is the mode of a signed target, unless another is asked for", () => {
    const target = (more: string) => subscriptionOf(`{ target: { url: https://a.example, ${more} } }`).target;
    expect(target(`secret: ${SECRET}`)).toMatchObject({ mode: "structured", secrets: [SECRET] });
    expect(target(`secret: ${SECRET}, mode: binary`)).toMatchObject({ mode: "binary" });
    expect(target("mode: batch")).toMatchObject({ mode: "batch", secrets: [] });
  });

  it("a first pause above the usual ceiling lifts the ceiling", () => {
    const { delivery } = subscriptionOf("{ target: { url: https://a.example }, delivery: { backoffDelay: PT2H } }");
    expect(delivery).toMatchObject({ backoffDelayMs: 120 * MINUTE, backoffMaxMs: 120 * MINUTE });
  });
});
