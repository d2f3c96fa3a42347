/**
 * What is a Worker's own: wrangler's bundle in real workerd, with a real sink, AWS and Redis on loopback, and storage on
 * disk. What all runtimes do is in gateway-worker.test.ts.
 */
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { awsError, startFakeAws } from "../support/fake-aws.ts";
import { startFakeCloudTrail } from "../support/fake-cloudtrail.ts";
import { firehosePost } from "../support/firehose.ts";
import { type Received, type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { startRestProxy } from "../support/rest-proxy.ts";
import { s3Event } from "../support/s3-notices.ts";
import { answerError, startS3Server } from "../support/s3-server.ts";
import { TOPIC } from "../support/sns.ts";
import { waitUntil } from "../support/wait.ts";
import { SECRET } from "../support/webhooks.ts";
import { bundleWorker, loseAlarms, startWorker, type WorkerBundle, type WorkerOptions } from "../support/worker.ts";

let bundle: WorkerBundle;
beforeAll(async () => {
  bundle = await bundleWorker();
}, 120_000);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const ROOT = join(import.meta.dirname, "../..");
const KEY = { "x-api-key": "k" };
const ADMIN = { headers: { authorization: "Bearer admin" } };

async function sink(answer?: (request: Received) => number | Promise<number>): Promise<RecordingSink> {
  const opened = await startRecordingSink(answer);
  cleanups.push(opened.close);
  return opened;
}

function place(): string {
  const directory = mkdtempSync(join(tmpdir(), "poolcast-objects-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function start(yaml: string | undefined, more: Partial<WorkerOptions> = {}) {
  const { env, ...options } = more;
  const variables = yaml === undefined ? env : { POOLCAST_CONFIG: yaml, ...env };
  const worker = await startWorker({ script: bundle.script, ...(variables && { env: variables }), ...options });
  cleanups.push(worker.stop);
  return worker;
}

/** What stands in no configuration of a real Worker: a sink on this machine. */
const LOCAL = 'egress: { allowHttp: true, allowCidrs: ["127.0.0.0/8"] }';
const ROADS = `
adminKeys: [admin]
ingest:
  eventbridge: { apiKeys: [k] }
  cloudtrail: { apiKeys: [k] }
  events: { apiKeys: [k] }
  firehose: { accessKeys: [k] }
  cognito: { secrets: ["${SECRET}"] }
`;

const delivering = (url: string, delivery = "{}") =>
  `${ROADS}\n${LOCAL}\nsubscriptions: { crm: { target: { url: "${url}" }, delivery: ${delivery} } }\n`;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const ASSUMED = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;

const idsOf = ({ received }: RecordingSink) => received.map(({ headers }) => headers["webhook-id"]);

describe("the bundle", () => {
  it("is at most 300 KiB gzipped, as wrangler says before it deploys", () => {
    process.stdout.write(`The Worker has ${bundle.gzipKiB} KiB gzipped.\n`);
    expect(bundle.output).toMatch(/Total Upload: .* gzip: [\d.]+ KiB/);
    expect(bundle.gzipKiB).toBeGreaterThan(50);
    expect(bundle.gzipKiB).toBeLessThanOrEqual(300);
  });
});

describe("a configuration as a text module", () => {
  it("goes with the bundle, its secrets from the environment; POOLCAST_CONFIG wins", async () => {
    const project = place();
    for (const name of ["src", "node_modules", "package.json", "wrangler.toml"]) {
      symlinkSync(join(ROOT, name), join(project, name));
    }
    cpSync(join(ROOT, "deploy/workers"), join(project, "deploy/workers"), { recursive: true });
    writeFileSync(
      join(project, "poolcast.yaml"),
      `# ${"x".repeat(6000)}\ningest: { events: { apiKeys: ["\${KEY}"] } }\nadminKeys: [admin]\n`,
    );
    const { script, texts } = await bundleWorker("deploy/workers/with-file.ts", project);
    const statusOf = async (env: Record<string, string>) => {
      const worker = await startWorker({ script, texts, env });
      cleanups.push(worker.stop);
      const event = { specversion: "1.0", id: "a", source: "/own", type: "own.happened" };
      const headers = { ...KEY, "content-type": "application/cloudevents+json" };
      return (await postJson(`${worker.url}/ingest/events`, event, headers)).status;
    };
    expect(await statusOf({ KEY: "k" })).toBe(202);
    expect(await statusOf({ KEY: "other" })).toBe(401);
    expect(await statusOf({})).toBe(503);
    expect(await statusOf({ KEY: "k", POOLCAST_CONFIG: "ingest: { events: { apiKeys: [n] } }" })).toBe(401);
  }, 120_000);
});

describe("a Secrets Store", () => {
  it("holds the configuration and its secrets; a Worker begins when they are there", async () => {
    const stored = ["POOLCAST_CONFIG", "STORED_KEY"];
    const { url, store } = await start(undefined, { stored });
    const answer = async () => postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(), KEY);
    const refused = await answer();
    expect([refused.status, await refused.text()]).toEqual([
      503,
      expect.stringMatching(/"POOLCAST_CONFIG: the Secrets Store did not give it: .*; see that its store_id/),
    ]);
    await store("POOLCAST_CONFIG", `ingest: { eventbridge: { apiKeys: ["\${STORED_KEY}"] } }`);
    await store("STORED_KEY", "k");
    await waitUntil(async () => (await answer()).status === 202, "it began");
    const wrong = await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(), { "x-api-key": "wrong" });
    expect(wrong.status).toBe(401);
  });
});

describe("a Worker", () => {
  it("keeps its events in its object", async () => {
    const { url } = await start(ROADS);
    const ready = await (await fetch(`${url}/readyz`, ADMIN)).json();
    expect(ready).toMatchObject({ status: "ready", broker: { kind: "durable-object", writable: true } });
  });

  it("takes 8 MiB at most, also where more is configured", async () => {
    const { url } = await start(`${ROADS.replace("cloudtrail: { ", "cloudtrail: { maxBytes: 64MiB, ")}`);
    const post = (bytes: number) => postJson(`${url}/ingest/cloudtrail`, `"${"x".repeat(bytes)}"`, KEY);
    expect((await post(8 * 1024 ** 2)).status).toBe(413);
    const several = await Promise.all([7, 6, 5].map((mebibytes) => post(mebibytes * 1024 ** 2)));
    expect(several.map(({ status }) => status)).toEqual([202, 202, 202]);
  });

  it("lets no stranger who never ends keep large bodies of others waiting", async () => {
    const { url } = await start(`${ROADS}  sns: { topicArns: ["${TOPIC}"] }\n`);
    for (const road of ["sns", "cognito", "firehose", "cloudtrail"]) {
      const stranger = request(`${url}/ingest/${road}`, { method: "POST" }).on("error", () => {});
      cleanups.push(() => stranger.destroy());
      stranger.write("{");
    }
    // They are there when it has answered one who came later.
    expect((await postJson(`${url}/ingest/cloudtrail`, "{}", KEY)).status).toBe(202);
    const large = await postJson(`${url}/ingest/cloudtrail`, `"${"x".repeat(2 * 1024 ** 2)}"`, KEY);
    expect(large.status).toBe(202);
  });

  it("has not more tries under way than a Worker may have connections", async () => {
    let open = 0;
    let most = 0;
    const target = await sink(async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((done) => setTimeout(done, 20));
      open -= 1;
      return 204;
    });
    const { url } = await start(delivering(target.url));
    const records = Array.from({ length: 40 }, () => cloudTrailRecord());
    await postJson(`${url}/ingest/cloudtrail`, { Records: records }, KEY);
    await waitUntil(() => target.received.length === 40, "all are delivered");
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(5);
  });
});

describe("a configuration that cannot be", () => {
  it.each([
    ["there is none", {}, /there is no configuration: run `npx wrangler secret put POOLCAST_CONFIG/],
    ["it is no YAML", { POOLCAST_CONFIG: "a: [" }, /misconfigured/],
    [
      "no ingest credential",
      { POOLCAST_CONFIG: "adminKeys: [sesame]" },
      /ingest: a listener on a non-loopback address/,
    ],
    [
      "a secret is missing",
      { POOLCAST_CONFIG: `ingest: { eventbridge: { apiKeys: ["\${EVENTBRIDGE_KEY}"] } }\nadminKeys: [sesame]` },
      /variable EVENTBRIDGE_KEY is not set/,
    ],
    [
      "a broker of another runtime",
      { POOLCAST_CONFIG: "broker: { kind: sqlite }\ningest: { events: { apiKeys: [sesame] } }" },
      /broker\.kind: sqlite does not work on Workers: leave broker\.kind out/,
    ],
  ])("is answered with 503 and what to do: %s", async (_name, env, expected) => {
    const worker = await startWorker({ script: bundle.script, env });
    cleanups.push(worker.stop);
    for (const path of ["/ingest/eventbridge", "/readyz"]) {
      const response = await fetch(worker.url + path, { method: path === "/readyz" ? "GET" : "POST" });
      const body = await response.text();
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("60");
      expect(JSON.parse(body)).toMatchObject({ code: "misconfigured" });
      expect(body).toMatch(expected);
      expect(body.trim().split("\n")).toHaveLength(1);
      expect(body).not.toContain("sesame");
    }
    const firehose = await fetch(`${worker.url}/ingest/firehose`, firehosePost(["{}"], "k"));
    expect([firehose.status, await firehose.json()]).toMatchObject([
      503,
      { errorMessage: expect.stringMatching(expected) },
    ]);
    await worker.cron();
    expect(worker.log()).toContain('"level":"error","message":"configuration: ');
    expect(worker.log()).not.toContain("sesame");
  });

  it("is told where the object's binding is missing", async () => {
    const env = { POOLCAST_CONFIG: "ingest: { events: { apiKeys: [sesame] } }" };
    const worker = await startWorker({ script: bundle.script, env, withoutObject: true });
    cleanups.push(worker.stop);
    const response = await fetch(`${worker.url}/readyz`);
    expect([response.status, await response.text()]).toEqual([
      503,
      expect.stringContaining("binding GATEWAY is missing"),
    ]);
  });
});

describe("what a Worker acknowledged", () => {
  it("is delivered by the alarm alone: nobody calls the second process", async () => {
    const directory = place();
    const target = await sink();
    const yaml = delivering(target.url, "{ backoffDelay: PT0.1S, backoffMax: PT0.1S }");
    const first = await start(yaml.replace(target.url, "http://127.0.0.1:9/gone"), { directory });
    await postJson(`${first.url}/ingest/eventbridge`, eventBridgeEvent(), KEY);
    await first.stop();
    await start(yaml, { directory });
    // The alarm may be half a minute away.
    await waitUntil(() => target.received.length === 1, "it is delivered", 60_000);
  }, 90_000);

  it("is delivered after the next cron, where the alarm was lost", async () => {
    const directory = place();
    const target = await sink();
    const yaml = delivering(target.url, "{ backoffDelay: PT0.1S, backoffMax: PT0.1S }");
    const first = await start(yaml.replace(target.url, "http://127.0.0.1:9/gone"), { directory });
    await postJson(`${first.url}/ingest/eventbridge`, eventBridgeEvent(), KEY);
    await first.stop();
    expect(loseAlarms(directory)).toBe(1);
    const second = await start(yaml, { directory });
    await new Promise((done) => setTimeout(done, 1000));
    expect(target.received).toEqual([]);
    await second.cron();
    await waitUntil(() => target.received.length === 1, "it is delivered");
  });
});

describe("Redis, as a Worker reaches it", () => {
  it("is the broker, on TriggerMesh's wire, and what it cannot store is refused", async () => {
    const redis = await startRedisServer();
    cleanups.push(redis.remove);
    const target = await sink();
    const { url } = await start(`${delivering(target.url)}\nbroker: { kind: redis, url: "${redis.url}" }`);
    const record = cloudTrailRecord();
    expect((await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(record), KEY)).status).toBe(202);
    await waitUntil(() => target.received.length === 1, "it is delivered");
    expect(idsOf(target)).toEqual([record.eventID]);
    expect(await redis.command("XLEN", "triggermesh")).toBe(1);
    const ready = await (await fetch(`${url}/readyz`, ADMIN)).json();
    expect(ready).toMatchObject({ status: "ready", broker: { kind: "redis", writable: true } });

    await redis.stop();
    const refused = await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(), KEY);
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([503, true]);
    await redis.restart();
    const again = () => postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(), KEY);
    await waitUntil(async () => (await again()).status === 202, "Redis is found again");
    await waitUntil(() => target.received.length > 1, "delivery goes on");
  });

  it("is the broker and a target by a REST API too, with one request at a time for each, and its token is not shown", async () => {
    const redis = await startRedisServer();
    const [proxy, other] = await Promise.all([startRestProxy(redis.port), startRestProxy(redis.port, "to/ken")]);
    cleanups.push(redis.remove, proxy.close, other.close);
    const target = await sink();
    const log = other.url.replace("//", `//:${encodeURIComponent(other.token)}@`);
    const yaml = `${ROADS}\n${LOCAL}
subscriptions:
  crm: { target: { url: "${target.url}" } }
  log: { target: { redis: { url: "${log}", stream: seen } }, delivery: { backoffDelay: PT0.1S, backoffMax: PT0.2S } }
broker: { kind: redis, url: "${proxy.url}", password: "${proxy.token}", stream: events }`;
    const worker = await start(yaml);
    const post = () => postJson(`${worker.url}/ingest/eventbridge`, eventBridgeEvent(), KEY);
    const answers = await Promise.all(Array.from({ length: 20 }, post));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    await waitUntil(async () => (await redis.command("XLEN", "seen")) === 20, "all are in the other stream");
    await waitUntil(() => target.received.length === 20, "all are delivered");
    expect(await redis.command("XLEN", "events")).toBe(20);
    expect([proxy.mostAtOnce(), other.mostAtOnce()]).toEqual([1, 1]);
    const ready = await (await fetch(`${worker.url}/readyz`, ADMIN)).json();
    expect(ready).toMatchObject({ status: "ready", broker: { kind: "redis", writable: true } });

    proxy.disturb({ status: 500 });
    const refused = await post();
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([503, true]);
    proxy.disturb(undefined);
    await waitUntil(async () => (await post()).status === 202, "it is found again");
    await waitUntil(() => target.received.length > 20, "delivery goes on");
    expect(worker.log() + JSON.stringify(ready)).not.toMatch(/AYNgASQgOTk4|to\/ken|to%2Fken/);
  });

  it("is not written to where its token is refused, which /readyz tells", async () => {
    const redis = await startRedisServer();
    const proxy = await startRestProxy(redis.port);
    cleanups.push(redis.remove, proxy.close);
    const { url } = await start(`${ROADS}\nbroker: { kind: redis, url: "${proxy.url}", password: hunter2 }`);
    expect((await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(), KEY)).status).toBe(503);
    const ready = await fetch(`${url}/readyz`, ADMIN);
    const text = await ready.text();
    expect([ready.status, text]).toEqual([503, expect.stringContaining("401")]);
    expect(text).not.toContain("hunter2");
  });

  it("is a target", async () => {
    const redis = await startRedisServer();
    cleanups.push(redis.remove);
    const subscription = `subscriptions: { log: { target: { redis: { url: "${redis.url}", stream: seen } } } }`;
    const { url } = await start(`${ROADS}\n${subscription}`);
    const record = cloudTrailRecord();
    await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(record), KEY);
    await waitUntil(async () => (await redis.command("XLEN", "seen")) === 1, "the event is in the stream");
    expect(JSON.stringify(await redis.command("XRANGE", "seen", "-", "+"))).toContain(String(record.eventID));
  });
});

describe("AWS, as a Worker asks it", () => {
  const POOL = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";
  const FILE = "AWSLogs/210987654321/CloudTrail/eu-central-1/a.json.gz";
  const SECRETS = { AWS_ACCESS_KEY_ID: "AKIDWORKER", AWS_SECRET_ACCESS_KEY: "not-a-secret" };

  it("is polled with the credentials of its secrets, oftener than a cron comes", async () => {
    const target = await sink();
    const cloudTrail = await startFakeCloudTrail();
    cleanups.push(cloudTrail.close);
    cloudTrail.key(SECRETS.AWS_ACCESS_KEY_ID, "210987654321");
    const poll = `pools: [{ arn: "${POOL}", poll: { lookupEvents: PT1S } }]`;
    const env = { ...SECRETS, AWS_ENDPOINT_URL_CLOUDTRAIL: cloudTrail.url };
    const { cron } = await start(`${delivering(target.url)}\n${poll}`, { env });
    await cron();
    await waitUntil(() => cloudTrail.requests.length > 2, "it was polled three times");
    cloudTrail.history("210987654321", "eu-central-1").add(Date.now());
    await waitUntil(() => target.received.length === 1, "what was found is delivered");
    expect(target.received[0]?.headers["ce-road"]).toBe("lookup");
    expect(cloudTrail.requests[0]?.userAgent).toContain("poolcast");
  });

  it("shows the users of a pool to a role that the Worker's keys may take on", async () => {
    const target = await sink();
    const ada = { Name: "email", Value: "ada@example.com" };
    const sub = "c1f0a7de-3b52-4a56-9a5e-2f6b7f0d8e11";
    const aws = await startFakeAws(({ operation, headers }) => {
      if (operation === "AssumeRole") return { body: ASSUMED };
      if (!String(headers.authorization).includes("Credential=ASIAROLE/")) return awsError("AccessDeniedException");
      if (operation !== "ListUsers") return { body: {} };
      const Attributes = [{ Name: "sub", Value: sub }, ada];
      const UserCreateDate = 1777879869;
      return {
        body: { Users: [{ Username: "ada", Enabled: true, UserStatus: "CONFIRMED", UserCreateDate, Attributes }] },
      };
    });
    cleanups.push(aws.close);
    const auth = "auth: { iam: { roleArn: 'arn:aws:iam::210987654321:role/poolcast' } }";
    const pool = `pools: [{ arn: "${POOL}", ${auth}, backfill: true, poll: { listUsers: PT1S }, identifyBudget: PT5S }]`;
    const { url, cron } = await start(`${delivering(target.url)}\n${pool}`, {
      env: { ...SECRETS, AWS_ENDPOINT_URL: aws.url },
    });
    await cron();
    await waitUntil(() => target.received.length === 1, "the user is announced");
    expect(target.received[0]?.headers["ce-type"]).toBe("com.amazon.cognito-idp.user.created");

    const hidden = { userPoolId: "eu-central-1_Kq3vX9TzP", username: "HIDDEN_DUE_TO_SECURITY_REASONS" };
    const record = cloudTrailRecord(undefined, { eventName: "AdminDisableUser", requestParameters: hidden });
    expect((await postJson(`${url}/ingest/cloudtrail`, record, KEY)).status).toBe(202);
    await waitUntil(() => target.received.length === 2, "the record is delivered");
    expect(JSON.parse(String(target.received[1]?.body))).toMatchObject({ user: { sub, username: "ada" } });
  });

  it("gives the files that notices name", async () => {
    const target = await sink();
    const s3 = await startS3Server();
    cleanups.push(s3.close);
    const record = cloudTrailRecord();
    s3.put("trail", FILE, gzipSync(JSON.stringify({ Records: [record] })), { headers: { "content-encoding": "gzip" } });
    s3.behave("trail", FILE, (response, before) => before > 0 || answerError(response, 503, "SlowDown"));
    const yaml = delivering(target.url).replace("ingest:", `ingest:\n  s3: { buckets: [trail], ${s3.yaml} }`);
    const { url, log } = await start(yaml);
    const notice = s3Event("trail", FILE);
    const response = await postJson(`${url}/ingest/eventbridge`, notice, KEY);
    expect(await response.json()).toMatchObject({ queued: 1 });
    await waitUntil(() => target.received.length === 1, "the record is delivered");
    expect(idsOf(target)).toEqual([record.eventID]);
    expect(target.received[0]?.headers["ce-road"]).toBe("s3");
    expect(log()).toContain('"error":"SlowDown"');
  });
});
