/** A gateway that is several objects: wrangler's bundle in real workerd, with storage on disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Response as MiniflareResponse } from "miniflare";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { startFakeCloudTrail } from "../support/fake-cloudtrail.ts";
import { firehosePost } from "../support/firehose.ts";
import { makePlace } from "../support/gateway-process.ts";
import { changeStoreWith, objectStores } from "../support/object-stores.ts";
import { type Received, type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { runCommand } from "../support/run-command.ts";
import { s3Event } from "../support/s3-notices.ts";
import { startS3Server } from "../support/s3-server.ts";
import { makeCertificate, signedMessage, TOPIC } from "../support/sns.ts";
import { waitUntil } from "../support/wait.ts";
import { SECRET, signedHeaders } from "../support/webhooks.ts";
import { bundleWorker, loseAlarms, startWorker, type WorkerBundle, type WorkerOptions } from "../support/worker.ts";

let bundle: WorkerBundle;
beforeAll(async () => {
  bundle = await bundleWorker();
}, 120_000);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const HOME = "210987654321.eu-central-1";
const AWAY = "333344445555.us-west-2";
const KEY = { "x-api-key": "k" };
const ADMIN = { headers: { authorization: "Bearer admin" } };
const QUICK = "{ backoffDelay: PT0.1S, backoffMax: PT0.1S }";
const GONE = "http://127.0.0.1:9/gone";

const here = (id?: string) => cloudTrailRecord(id);
const away = (id?: string) => cloudTrailRecord(id, { recipientAccountId: "333344445555", awsRegion: "us-west-2" });

async function sink(answer?: (request: Received) => number | Promise<number>): Promise<RecordingSink> {
  const opened = await startRecordingSink(answer);
  cleanups.push(opened.close);
  return opened;
}

function place(): string {
  const directory = mkdtempSync(join(tmpdir(), "poolcast-shards-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const ROADS = `
adminKeys: [admin]
egress: { allowHttp: true, allowCidrs: ["127.0.0.0/8"] }
ingest:
  eventbridge: { apiKeys: [k] }
  cloudtrail: { apiKeys: [k] }
  events: { apiKeys: [k] }
  firehose: { accessKeys: [k] }
  cognito: { secrets: ["${SECRET}"] }
  sns: { topicArns: ["${TOPIC}"] }
`;
const SHARDED = "broker: { shardBy: account-region }\n";
const delivering = (url: string, delivery = "{}") =>
  `${ROADS}\nsubscriptions: { crm: { target: { url: "${url}" }, delivery: ${delivery} } }\n`;

async function start(yaml: string, { env, ...options }: Partial<WorkerOptions> = {}) {
  const worker = await startWorker({ script: bundle.script, env: { POOLCAST_CONFIG: yaml, ...env }, ...options });
  cleanups.push(worker.stop);
  return worker;
}

const idsOf = ({ received }: RecordingSink) => received.map(({ headers }) => String(headers["webhook-id"]));

async function get(url: string) {
  const response = await fetch(url, ADMIN);
  return { status: response.status, body: await response.json() };
}

async function namesAt(url: string): Promise<readonly string[]> {
  const { body } = await get(`${url}/shards`);
  return body.shards.map(({ name }: { name: string }) => name);
}

async function sample(url: string, name: string): Promise<string | undefined> {
  const text = await (await fetch(`${url}/metrics`, ADMIN)).text();
  return text.split("\n").find((line) => line.startsWith(name));
}

describe("records of two accounts", () => {
  it("are committed in two objects, whatever road they come by, each once, and delivered", async () => {
    const target = await sink();
    const { url } = await start(SHARDED + delivering(target.url));
    const [a, b, c] = [here("a"), away("b"), here("c")];
    const batch = firehosePost([JSON.stringify(eventBridgeEvent(a)), gzipSync(JSON.stringify(b))], "k");
    const answer = await fetch(`${url}/ingest/firehose`, batch);
    expect([answer.status, await answer.json()]).toMatchObject([200, { requestId: expect.any(String) }]);
    const again = await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(b), KEY);
    expect([again.status, await again.json()]).toEqual([202, { accepted: 0, duplicates: 1, ignored: 0 }]);
    const file = await postJson(`${url}/ingest/cloudtrail`, { Records: [c, b, a, { eventSource: "s3" }] }, KEY);
    expect(await file.json()).toEqual({ accepted: 1, duplicates: 2, ignored: 1 });
    await waitUntil(() => target.received.length === 3, "all are delivered");
    expect(idsOf(target).toSorted()).toEqual(["a", "b", "c"]);
    expect(await namesAt(url)).toEqual(["gateway", HOME, AWAY]);
    expect(await sample(url, `poolcast_ingest_accepted_total{shard="${HOME}",road="cloudtrail"}`)).toMatch(/ 1$/);
    expect(await sample(url, `poolcast_ingest_accepted_total{shard="${AWAY}",road="firehose"}`)).toMatch(/ 1$/);
  });

  it("outlive the process, and each object goes on by its own alarm", async () => {
    const directory = place();
    const target = await sink();
    const first = await start(SHARDED + delivering(GONE, QUICK), { directory });
    expect((await postJson(`${first.url}/ingest/cloudtrail`, { Records: [here("a"), away("b")] }, KEY)).status).toBe(
      202,
    );
    await first.stop();
    const second = await start(SHARDED + delivering(target.url, QUICK), { directory });
    await waitUntil(() => new Set(idsOf(target)).size === 2, "both are delivered", 60_000);
    const repeated = await postJson(`${second.url}/ingest/cloudtrail`, [here("a"), away("b")], KEY);
    expect(await repeated.json()).toMatchObject({ accepted: 0, duplicates: 2 });
  }, 90_000);

  it("are delivered after the next cron where the alarms were lost", async () => {
    const directory = place();
    const target = await sink();
    const first = await start(SHARDED + delivering(GONE, QUICK), { directory });
    await postJson(`${first.url}/ingest/cloudtrail`, [away("b")], KEY);
    await first.stop();
    expect(loseAlarms(directory)).toBe(2);
    const second = await start(SHARDED + delivering(target.url, QUICK), { directory });
    await new Promise((done) => setTimeout(done, 1000));
    expect(target.received).toEqual([]);
    await second.cron();
    await waitUntil(() => target.received.length > 0, "it is delivered");
    expect(idsOf(target)).toContain("b");
  });

  it("are refused as long as one object fails, and none is lost", async () => {
    const directory = place();
    const yaml = SHARDED + delivering("https://crm.example.com/hook");
    const first = await start(yaml, { directory });
    await postJson(`${first.url}/ingest/cloudtrail`, [here("a"), away("b")], KEY);
    await first.stop();
    changeStoreWith(directory, "333344445555", "UPDATE poolcast_schema SET version = version + 90");
    const second = await start(yaml, { directory });
    const records = [here("c"), away("d")];
    const refused = await postJson(`${second.url}/ingest/cloudtrail`, records, KEY);
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([503, true]);
    const refusedBatch = await fetch(`${second.url}/ingest/firehose`, firehosePost([JSON.stringify(away("e"))], "k"));
    expect([refusedBatch.status, await refusedBatch.json()]).toMatchObject([
      503,
      { errorMessage: expect.stringContaining("broker_unavailable") },
    ]);
    expect((await postJson(`${second.url}/ingest/cloudtrail`, here("f"), KEY)).status).toBe(202);
    const { status, body } = await get(`${second.url}/readyz`);
    expect([status, body.status, body.shards[HOME].status]).toEqual([503, "not_ready", "ready"]);
    expect(body.shards[AWAY].status).not.toBe("ready");
    expect((await fetch(`${second.url}/shards/${HOME}/readyz`)).status).toBe(200);
    expect((await fetch(`${second.url}/shards/${AWAY}/readyz`)).status).toBe(503);
    expect(await sample(second.url, `poolcast_shard_up{shard="${AWAY}"}`)).toMatch(/ 0$/);
    expect(await sample(second.url, `poolcast_shard_up{shard="${HOME}"}`)).toMatch(/ 1$/);
    await second.stop();
    changeStoreWith(directory, "333344445555", "UPDATE poolcast_schema SET version = version - 90");
    const third = await start(yaml, { directory });
    const retried = await postJson(`${third.url}/ingest/cloudtrail`, records, KEY);
    expect([retried.status, await retried.json()]).toEqual([202, { accepted: 1, duplicates: 1, ignored: 0 }]);
  });

  it("are taken in bodies of 8 MiB, several at a time", async () => {
    const { url } = await start(SHARDED + ROADS);
    const padded = (records: readonly Record<string, unknown>[]) =>
      JSON.stringify({ Records: records.map((record) => ({ ...record, tlsDetails: "é".repeat(950_000) })) });
    const bodies = [0, 1, 2].map(() => padded([here(), away(), here(), away()]));
    expect(Math.max(...bodies.map((body) => Buffer.byteLength(body)))).toBeGreaterThan(7 * 1024 ** 2);
    const answers = await Promise.all(bodies.map((body) => postJson(`${url}/ingest/cloudtrail`, body, KEY)));
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual(
      bodies.map(() => ({ accepted: 4, duplicates: 0, ignored: 0 })),
    );
    expect((await postJson(`${url}/ingest/cloudtrail`, `"${"x".repeat(8 * 1024 ** 2)}"`, KEY)).status).toBe(413);
  }, 60_000);
});

describe("what has no shard of its own", () => {
  it("is kept by `gateway`, along with posted events of others", async () => {
    const target = await sink();
    const { url } = await start(SHARDED + delivering(target.url));
    const headers = { ...KEY, "content-type": "application/cloudevents-batch+json" };
    const event = (id: string, source: string) => ({ specversion: "1.0", id, source, type: "own.happened" });
    const pool = "arn:aws:cognito-idp:us-west-2:333344445555:userpool/us-west-2_Fx2wQ8nRt";
    const batch = [event("a", "/own"), { specversion: "1.0" }, event("b", pool)];
    const posted = await postJson(`${url}/ingest/events`, batch, headers);
    expect(await posted.json()).toMatchObject({ accepted: 2, rejected: [{ index: 1 }] });
    const nobody = cloudTrailRecord("c", { recipientAccountId: "none" });
    expect(await (await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(nobody), KEY)).json()).toMatchObject({
      accepted: 1,
    });
    await waitUntil(() => target.received.length === 3, "all are delivered");
    expect(await namesAt(url)).toEqual(["gateway", AWAY]);
    expect(await sample(url, 'poolcast_ingest_accepted_total{shard="gateway",road="events"}')).toMatch(/ 1$/);
    expect(await sample(url, 'poolcast_ingest_accepted_total{shard="gateway",road="eventbridge"}')).toMatch(/ 1$/);
  });
});

describe("signed roads", () => {
  it("are proved by the Worker: SNS by its certificate, a trigger by its secret", async () => {
    const target = await sink();
    const certificate = makeCertificate();
    const { url } = await start(SHARDED + delivering(target.url), {
      async outbound(request) {
        if (request.url.startsWith("http://127.0.0.1")) {
          const body = await request.arrayBuffer();
          const { status } = await fetch(request.url, { method: "POST", headers: [...request.headers], body });
          return new MiniflareResponse(null, { status });
        }
        return new MiniflareResponse(certificate);
      },
    });
    const notification = () => signedMessage("Notification", { Message: JSON.stringify(eventBridgeEvent(away())) });
    const messages = [1, 2, 3].map(notification);
    const answers = await Promise.all(messages.map((message) => postJson(`${url}/ingest/sns`, message)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const forged = { ...notification(), Message: "{}" };
    expect((await postJson(`${url}/ingest/sns`, forged)).status).toBe(401);

    const event = { triggerSource: "PostConfirmation_ConfirmSignUp", region: "us-west-2", userPoolId: "us-west-2_Ab1" };
    const context = { accountId: "333344445555", requestId: "r", time: "2026-05-04T07:31:09Z" };
    const text = JSON.stringify({ event, context });
    const trigger = await postJson(`${url}/ingest/cognito`, text, signedHeaders(text));
    expect([trigger.status, await trigger.json()]).toEqual([202, { accepted: 1, duplicates: 0, ignored: 0 }]);
    expect((await postJson(`${url}/ingest/cognito`, { event })).status).toBe(401);
    await waitUntil(() => target.received.length === 4, "all are delivered");
    expect(await namesAt(url)).toEqual(["gateway", AWAY]);
    const counted = (outcome: string) =>
      sample(url, `poolcast_sns_messages_total{shard="${AWAY}",type="Notification",outcome="${outcome}"}`);
    expect([await counted("taken"), await counted("bad_signature")]).toEqual([
      expect.stringMatching(/ 3$/),
      expect.stringMatching(/ 1$/),
    ]);
  });
});

describe("whoever has no key", () => {
  it("is refused, and no object is called", async () => {
    const directory = place();
    const { url, stop } = await start(SHARDED + ROADS, { directory });
    const wrong = { "x-api-key": "wrong" };
    for (const road of ["eventbridge", "cloudtrail", "events"]) {
      expect((await postJson(`${url}/ingest/${road}`, eventBridgeEvent(), wrong)).status).toBe(401);
    }
    const firehose = await fetch(`${url}/ingest/firehose`, firehosePost(["{}"], "wrong"));
    expect([firehose.status, await firehose.json()]).toMatchObject([401, { errorMessage: expect.any(String) }]);
    for (const path of ["/shards", "/metrics", "/api/subscriptions", `/shards/${HOME}/metrics`, "/shards/x/api/y"]) {
      expect([path, (await fetch(url + path, { headers: wrong })).status]).toEqual([path, 401]);
    }
    for (const path of ["/healthz", "/types", "/openapi.json"]) expect((await fetch(url + path)).status).toBe(200);
    for (const path of ["/shards/", `/shards/${HOME}`, `/shards/${HOME}/ingest/events`, "/nothing"]) {
      expect([path, (await fetch(url + path, { method: "POST", ...ADMIN })).status]).toEqual([path, 404]);
    }
    await stop();
    expect(objectStores(directory)).toEqual([]);
  });
});

describe("operation", () => {
  it("goes by the shard: its own readiness, metrics and API, with the real commands", async () => {
    let status = 500;
    const target = await sink(() => status);
    const { url } = await start(SHARDED + delivering(target.url, "{ retry: 0 }"));
    await postJson(`${url}/ingest/cloudtrail`, [here("a"), away("b")], KEY);
    const at = makePlace();
    cleanups.push(at.remove);
    const dead = (verb: string, shard: string, ...args: readonly string[]) =>
      runCommand(at, ["dead", verb, ...args, "--url", `${url}/shards/${shard}`, "--admin-key", "admin"]);
    await waitUntil(async () => (await dead("list", AWAY)).stdout.includes(" b"), "it is dead");
    const listed = await dead("list", AWAY, "--json");
    expect([listed.status, listed.stdout.includes('"b"'), listed.stdout.includes('"a"')]).toEqual([0, true, false]);
    status = 204;
    expect((await dead("replay", AWAY, "--all")).status).toBe(0);
    await waitUntil(() => idsOf(target).filter((id) => id === "b").length === 2, "it is delivered");

    const { body } = await get(`${url}/shards/${HOME}/api/subscriptions`);
    expect(body.subscriptions).toMatchObject([{ name: "crm" }]);
    expect(await (await fetch(`${url}/shards/${HOME}/metrics`, ADMIN)).text()).toContain("poolcast_backlog_events{sub");
    expect(await get(`${url}/shards/${AWAY}/readyz`)).toMatchObject({
      status: 200,
      body: { broker: { writable: true } },
    });
    expect((await fetch(`${url}/shards/${AWAY}/healthz`)).status).toBe(200);
  }, 60_000);

  it("says where to ask, where the question is about all", async () => {
    const directory = place();
    const { url, stop } = await start(SHARDED + delivering("https://crm.example.com/hook"), { directory });
    await postJson(`${url}/ingest/cloudtrail`, [here("a"), away("b")], KEY);
    const api = await get(`${url}/api/subscriptions`);
    expect(api).toMatchObject({
      status: 404,
      body: { code: "shard_required", detail: expect.stringMatching("/shards") },
    });
    const at = makePlace();
    cleanups.push(at.remove);
    const command = await runCommand(at, ["dead", "list", "--url", url, "--admin-key", "admin"]);
    expect([command.status, command.stderr]).toEqual([1, expect.stringContaining("shard_required")]);

    const ready = await get(`${url}/readyz`);
    expect(ready).toMatchObject({ status: 200, body: { status: "ready" } });
    expect(Object.keys(ready.body.shards)).toEqual(["gateway", HOME, AWAY]);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ready" });
    const metrics = await (await fetch(`${url}/metrics`, ADMIN)).text();
    expect(metrics.match(/^# TYPE poolcast_backlog_events gauge$/gm)).toHaveLength(1);
    const backlog = metrics.split("\n").filter((line) => line.startsWith("poolcast_backlog_events{"));
    expect(backlog.map((line) => /shard="([^"]+)",subscription="crm"/.exec(line)?.[1])).toEqual([
      "gateway",
      HOME,
      AWAY,
    ]);

    for (const path of ["/shards/999999999999.us-east-1/readyz", "/shards/x/metrics"]) {
      expect(await get(url + path)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    expect((await fetch(`${url}/shards`, { method: "POST", ...ADMIN })).status).toBe(405);
    await stop();
    expect(objectStores(directory)).toHaveLength(3);
  });
});

describe("what is looked for", () => {
  const POOL = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";
  const SECRETS = { AWS_ACCESS_KEY_ID: "AKIDWORKER", AWS_SECRET_ACCESS_KEY: "not-a-secret" };

  it("is polled by the shard of its pool alone, which the cron knows", async () => {
    const target = await sink();
    const cloudTrail = await startFakeCloudTrail();
    cleanups.push(cloudTrail.close);
    cloudTrail.key(SECRETS.AWS_ACCESS_KEY_ID, "210987654321");
    const poll = `pools: [{ arn: "${POOL}", identify: none, poll: { lookupEvents: PT1S } }]`;
    const env = { ...SECRETS, AWS_ENDPOINT_URL_CLOUDTRAIL: cloudTrail.url };
    const { url, cron } = await start(`${SHARDED}${delivering(target.url)}\n${poll}`, { env });
    await cron();
    await waitUntil(() => cloudTrail.requests.length > 2, "it was polled three times");
    cloudTrail.history("210987654321", "eu-central-1").add(Date.now());
    await waitUntil(() => target.received.length === 1, "what was found is delivered");
    expect(target.received[0]?.headers["ce-road"]).toBe("lookup");
    await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(away()), KEY);
    expect(await namesAt(url)).toEqual(["gateway", HOME, AWAY]);
    const metrics = await (await fetch(`${url}/metrics`, ADMIN)).text();
    const scans = metrics.split("\n").filter((line) => line.startsWith("poolcast_poll_scans_total{"));
    expect(scans.map((line) => /shard="([^"]+)"/.exec(line)?.[1])).toEqual([HOME]);
  });

  it("in a file is given to the shards that it belongs to, whoever fetches it", async () => {
    const target = await sink();
    const s3 = await startS3Server();
    cleanups.push(s3.close);
    s3.put("trail", "copies/a.json.gz", gzipSync(JSON.stringify({ Records: [here("a"), away("b")] })));
    const yaml = delivering(target.url).replace("ingest:", `ingest:\n  s3: { buckets: [trail], ${s3.yaml} }`);
    const { url } = await start(SHARDED + yaml);
    const notice = await postJson(`${url}/ingest/eventbridge`, s3Event("trail", "copies/a.json.gz"), KEY);
    expect(await notice.json()).toMatchObject({ queued: 1 });
    await waitUntil(() => target.received.length === 2, "both are delivered");
    const again = await postJson(`${url}/ingest/cloudtrail`, [here("a"), away("b")], KEY);
    expect(await again.json()).toMatchObject({ accepted: 0, duplicates: 2 });
    expect(await sample(url, `poolcast_ingest_accepted_total{shard="${AWAY}",road="s3"}`)).toMatch(/ 1$/);
    expect(await sample(url, 'poolcast_ingest_accepted_total{shard="gateway",road="s3"}')).toBeUndefined();
    expect(await sample(url, 'poolcast_files_fetched_total{shard="gateway"}')).toMatch(/ 1$/);
  });
});

describe("a change of `shardBy`", () => {
  it("leaves to the objects what they have, which they deliver by themselves", async () => {
    const directory = place();
    const target = await sink();
    const options = { directory };
    const single = await start(delivering(GONE, QUICK), options);
    expect((await fetch(`${single.url}/shards`, ADMIN)).status).toBe(404);
    await postJson(`${single.url}/ingest/cloudtrail`, [here("a"), away("b")], KEY);
    await single.stop();
    expect(objectStores(directory)).toHaveLength(1);

    const several = await start(SHARDED + delivering(GONE, QUICK), options);
    await postJson(`${several.url}/ingest/cloudtrail`, away("c"), KEY);
    await several.stop();

    const last = await start(delivering(target.url, QUICK), options);
    await last.cron();
    await waitUntil(() => new Set(idsOf(target)).size === 3, "all are delivered", 60_000);
  }, 90_000);

  it("does so too where Redis is the broker from then on, which has one object as ever", async () => {
    const directory = place();
    const redis = await startRedisServer();
    cleanups.push(redis.remove);
    const target = await sink();
    const several = await start(SHARDED + delivering(GONE, QUICK), { directory });
    await postJson(`${several.url}/ingest/cloudtrail`, [here("a"), away("b")], KEY);
    await several.stop();

    const yaml = `broker: { kind: redis, url: "${redis.url}" }\n${delivering(target.url, QUICK)}`;
    const last = await start(yaml, { directory });
    await last.cron();
    await waitUntil(() => new Set(idsOf(target)).size === 2, "both are delivered", 60_000);
    expect((await postJson(`${last.url}/ingest/cloudtrail`, here("c"), KEY)).status).toBe(202);
    await waitUntil(() => idsOf(target).includes("c"), "what Redis has is delivered");
    expect(await redis.command("XLEN", "triggermesh")).toBe(1);
    expect(String(await redis.command("CLIENT", "LIST")).match(/^id=/gm)).toHaveLength(2);
  }, 90_000);
});
