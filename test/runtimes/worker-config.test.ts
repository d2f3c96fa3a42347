/** What of the one configuration Workers take, and what they make of it. */
import { describe, expect, it } from "vitest";
import { readWorkerConfig } from "../../src/runtimes/worker-config.ts";

const POOL = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";
const KEYS = { AWS_ACCESS_KEY_ID: "AKIDWORKER", AWS_SECRET_ACCESS_KEY: "not-a-secret" };
const INGEST = "ingest: { events: { apiKeys: [k] } }\n";

function faultsOf(yaml: string, env: object = {}) {
  const read = readWorkerConfig({ ...env, POOLCAST_CONFIG: INGEST + yaml });
  return read.ok ? [] : read.error.map(({ path, message }) => `${path}: ${message}`);
}

function configOf(yaml: string, env: object = {}, ingest = INGEST) {
  const read = readWorkerConfig({ ...env, POOLCAST_CONFIG: ingest + yaml });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

describe("a Worker's configuration", () => {
  it("has the Durable Object for its broker, whose limits can be set without naming it", () => {
    expect(configOf("").broker).toMatchObject({ kind: "durable-object", maxBytes: 4 * 1024 ** 3 });
    expect(configOf("broker: { retention: P1D, maxBytes: 1GiB }").broker).toEqual({
      kind: "durable-object",
      dedupeWindowMs: 7 * 86_400_000,
      retentionMs: 86_400_000,
      deadRetentionMs: 30 * 86_400_000,
      maxBytes: 1024 ** 3,
    });
  });

  it("is that of a place that everybody reaches, whatever it says of listening", () => {
    const config = configOf("listen: { host: 127.0.0.1, port: 1234 }", { HOST: "localhost", PORT: "no port" });
    expect(config.listen.host).toBe("0.0.0.0");
    expect(faultsOf("subscriptions: { s: { target: { url: 'http://127.0.0.1:8080/' } } }")).toEqual([
      expect.stringContaining("subscriptions.s.target.url: is plain http"),
    ]);
  });

  it.each([
    ["broker: { kind: sqlite }", /^broker\.kind: sqlite does not work on Workers/],
    ["broker: { kind: redis, tls: { skipVerify: true } }", /^broker\.tls: does not work on Workers/],
    [
      "broker: { kind: redis, url: 'https://a', password: t, tls: {} }",
      /^broker\.tls: has no meaning for the REST API/,
    ],
    ["broker: { kind: memory }", /^broker\.kind: memory does not work on Workers/],
    ["broker: { path: x }", /^broker\.path: is not a known key/],
    [
      "subscriptions: { s: { target: { url: 'https://a.example', tls: { ca: C } } } }",
      /^subscriptions\.s\.target\.tls: does not work on Workers/,
    ],
    [`pools: [{ arn: '${POOL}', poll: { listUsers: PT5M } }]`, /^pools\[0\]\.auth: .*AWS_ACCESS_KEY_ID/],
    [`pools: [{ arn: '${POOL}', auth: { iam: {} }, poll: { lookupEvents: PT5M } }]`, /^pools\[0\]\.auth: /],
    ["ingest: { s3: { buckets: [b] }, events: { apiKeys: [k] } }", /^ingest\.s3\.auth: /],
  ])("refuses %s", (yaml, expected) => {
    const faults = yaml.startsWith("ingest") ? readWorkerConfig({ POOLCAST_CONFIG: yaml }) : undefined;
    const lines =
      faults && !faults.ok ? faults.error.map(({ path, message }) => `${path}: ${message}`) : faultsOf(yaml);
    expect(lines).toEqual([expect.stringMatching(expected)]);
  });

  it("takes AWS credentials from itself or from secrets, and asks about no pool without", () => {
    const pool = (more: string) => `pools: [{ arn: '${POOL}', ${more} }]`;
    const credentials = "auth: { credentials: { accessKeyID: a, secretAccessKey: b } }";
    expect(faultsOf(pool(`${credentials}, poll: { listUsers: PT5M }`))).toEqual([]);
    expect(faultsOf(pool("poll: { listUsers: PT5M }"), KEYS)).toEqual([]);
    expect(configOf(pool("identify: attributes"), KEYS).pools[0]?.identify).toBe("attributes");
    expect(configOf(pool("identify: username")).pools[0]?.identify).toBe("none");
    expect(faultsOf(pool("identify: attributes"))).toEqual([expect.stringMatching(/^pools\[0\]\.auth: /)]);
  });

  it("asks AWS where the variables of AWS say, unless it says where itself", () => {
    const env = {
      ...KEYS,
      AWS_ENDPOINT_URL: "https://aws.example",
      AWS_ENDPOINT_URL_CLOUDTRAIL: "https://trail.example",
    };
    const endpoints = (more: string) => {
      const [pool] = configOf(`pools: [{ arn: '${POOL}'${more} }]`, env).pools;
      return [pool?.endpoint, pool?.cloudtrailEndpoint];
    };
    expect(endpoints("")).toEqual(["https://aws.example", "https://trail.example"]);
    expect(endpoints(", endpoint: 'https://own.example'")).toEqual(["https://own.example", "https://trail.example"]);
  });

  it("takes bodies that fit into an isolate", () => {
    const { ingest } = configOf(
      "",
      {},
      "ingest: { firehose: { accessKeys: [k] }, events: { apiKeys: [k], maxBytes: 1KiB } }\n",
    );
    expect(ingest?.firehose?.maxBytes).toBe(8 * 1024 ** 2);
    expect(ingest?.events?.maxBytes).toBe(1024);
  });

  it.each([
    ["1 target", [1, 0], "", [5]],
    ["2 targets", [2, 0], "", [2, 2]],
    ["9 targets", [9, 0], "", [1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ["a target beside one in Redis", [1, 1], "", [4, 16]],
    ["the same, the broker by REST", [1, 1], "broker: { kind: redis, url: 'https://:t@a.example' }", [3, 16]],
    ["the same, the broker in Redis too", [1, 1], "broker: { kind: redis }", [3, 16]],
  ] as const)("shares its connections: %s", (_name, [byHttp, inRedis], broker, each) => {
    const http = Array.from({ length: byHttp }, (_, at) => `s${at}: { target: { url: 'https://a.example' } }`);
    const redis = Array.from({ length: inRedis }, (_, at) => `r${at}: { target: { redis: { url: 'redis://a' } } }`);
    const { subscriptions } = configOf(`${broker}\nsubscriptions: { ${[...http, ...redis].join(", ")} }`);
    expect(subscriptions.map(({ delivery }) => delivery.concurrency)).toEqual(each);
  });
});
