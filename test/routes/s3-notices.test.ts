/** Notices of files in S3, on every road that can bring them. */
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BrokerFailure } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import type { ObjectAccess } from "../../src/gateway/s3.ts";
import { unpack } from "../../src/runtimes/unpack.ts";
import { DEFAULT_LIMITS } from "../suites/broker/harness.ts";
import { cloudTrailRecord, eventBridgeEvent } from "../support/records.ts";
import { s3Event, s3Record } from "../support/s3-notices.ts";
import { answerError, type S3Server, s3Store, startS3Server } from "../support/s3-server.ts";
import { openTestGateway, post, type TestGateway } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const CONFIG = `
ingest:
  eventbridge: { apiKeys: [k] }
  cloudtrail: { apiKeys: [k] }
  sns: { rawKeys: [k] }
  firehose: { accessKeys: [k] }
  s3: { buckets: [trail, logs] }
`;
const KEY = "AWSLogs/210987654321/CloudTrail/eu-central-1/2026/05/04/x + y.json.gz";
const NOTICE = { s3Bucket: "trail", s3ObjectKey: [KEY] };
const QUEUED = { accepted: 0, duplicates: 0, ignored: 0, queued: 1 };

let s3: S3Server;
let gateway: TestGateway;
let objects: ObjectAccess;

beforeEach(async () => {
  s3 = await startS3Server();
  const store = s3Store(s3.url);
  objects = { store, unpack };
  gateway = await openTestGateway(CONFIG, { objects });
});
afterEach(async () => {
  await gateway.gateway.stop(1000);
  await s3.close();
});

const send = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await gateway.request(path, post(JSON.stringify(body), { "x-api-key": "k", ...headers }));
  return [response.status, await response.json()];
};

const committedIds = async () => (await gateway.committed()).map(({ attributes }) => attributes.id);
const metrics = async () => (await gateway.request("/metrics")).text();
const detail = async () => (await (await gateway.request("/readyz")).json()).files;
const fetched = (files: number) =>
  waitUntil(async () => (await metrics()).includes(`poolcast_files_fetched_total ${files}`), "the files were fetched");

describe("a notice of a file in an expected bucket", () => {
  it.each<[string, string, unknown, Record<string, string>?]>([
    ["CloudTrail's own", "/ingest/cloudtrail", NOTICE],
    ["CloudTrail's own, by EventBridge's route", "/ingest/eventbridge", NOTICE],
    ["an S3 event", "/ingest/cloudtrail", { Records: [s3Record("trail", KEY)] }],
    ["an S3 event by EventBridge", "/ingest/eventbridge", s3Event("trail", KEY)],
    ["CloudTrail's own by SNS", "/ingest/sns", NOTICE, { "x-amz-sns-rawdelivery": "true" }],
    ["an S3 event by SNS", "/ingest/sns", { Records: [s3Record("trail", KEY)] }, { "x-amz-sns-rawdelivery": "true" }],
  ])("is queued, and its file becomes events: %s", async (_name, path, notice, headers) => {
    s3.put("trail", KEY, gzipSync(JSON.stringify({ Records: [cloudTrailRecord("1"), cloudTrailRecord("2")] })));
    expect(await send(path, notice, headers)).toEqual([path === "/ingest/sns" ? 200 : 202, QUEUED]);
    await fetched(1);
    const committed = await gateway.committed();
    expect(committed.map(({ attributes }) => [attributes.id, attributes.road])).toEqual([
      ["1", "s3"],
      ["2", "s3"],
    ]);
  });

  it("is queued by Firehose too, whose answer says nothing of it", async () => {
    s3.put("trail", KEY, JSON.stringify({ Records: [cloudTrailRecord("1")] }));
    const records = [{ data: btoa(JSON.stringify(NOTICE)) }];
    const headers = { "x-amz-firehose-access-key": "k", "x-amz-firehose-request-id": "r" };
    const [status] = await send("/ingest/firehose", { requestId: "r", timestamp: 1777879869000, records }, headers);
    expect(status).toBe(200);
    await fetched(1);
    expect(await committedIds()).toEqual(["1"]);
  });

  it("stands beside records and other notices, each counted", async () => {
    for (const key of ["a", "b"]) s3.put("trail", key, JSON.stringify([cloudTrailRecord(key)]));
    const foreign = { s3Bucket: "foreign", s3ObjectKey: ["c"] };
    const digest = { s3Bucket: "trail", s3ObjectKey: ["AWSLogs/1/CloudTrail-Digest/x.json.gz"] };
    const notice = { s3Bucket: "trail", s3ObjectKey: ["a", "b", "a"] };
    const body = [notice, foreign, digest, eventBridgeEvent(cloudTrailRecord("d"))];
    expect(await send("/ingest/eventbridge", body)).toEqual([
      202,
      { accepted: 1, duplicates: 0, ignored: 2, queued: 2 },
    ]);
    await fetched(2);
    expect((await committedIds()).sort()).toEqual(["a", "b", "d"]);
    expect(s3.asked()).toHaveLength(2);
    for (const reason of ["foreign_bucket", "not_a_log_file"]) {
      expect(await metrics()).toContain(`poolcast_ingest_ignored_total{road="eventbridge",reason="${reason}"} 1`);
    }
  });

  it("brings exported activity logs", async () => {
    const log = {
      eventTimestamp: "1777879869000",
      eventSource: "USER_ACTIVITY",
      logLevel: "INFO",
      message: { eventId: "e1", eventType: "SignIn", eventResponse: "Pass", userPoolId: "eu-central-1_Kq3vX9TzP" },
      logSourceId: { userPoolId: "eu-central-1_Kq3vX9TzP" },
    };
    s3.put("logs", "AWSLogs/210987654321/userpool/x.gz", gzipSync(`${JSON.stringify(log)}\n`));
    await send("/ingest/eventbridge", s3Event("logs", "AWSLogs/210987654321/userpool/x.gz"));
    await fetched(1);
    expect((await gateway.committed()).map(({ attributes }) => attributes)).toMatchObject([
      {
        type: "com.amazon.cognito-idp.activity.sign_in_passed",
        road: "log",
        id: "e1:Pass",
        source: "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP",
      },
    ]);
  });

  it("counts foreign records of the file as ignored", async () => {
    const foreign = cloudTrailRecord("2", { eventSource: "ec2.amazonaws.com" });
    s3.put("trail", KEY, JSON.stringify({ Records: [cloudTrailRecord("1"), foreign, foreign] }));
    await send("/ingest/cloudtrail", NOTICE);
    await fetched(1);
    expect(await metrics()).toContain('poolcast_ingest_ignored_total{road="s3",reason="foreign_event_source"} 2');
  });

  it("shows in /readyz and the metrics as long as its file cannot be had", async () => {
    expect(await detail()).toEqual({ waiting: 0, failing: 0, reasons: {} });
    s3.put("trail", "other", "");
    s3.behave("trail", KEY, (response) => answerError(response, 403, "AccessDenied"));
    await send("/ingest/cloudtrail", NOTICE);
    await waitUntil(async () => (await detail()).failing === 1, "it failed");
    expect(await detail()).toEqual({
      waiting: 1,
      failing: 1,
      reasons: { AccessDenied: 1 },
      oldest: expect.stringMatching(/^20..-.*Z$/),
    });
    const text = await metrics();
    expect(text).toContain('poolcast_file_failures_total{reason="forbidden"} 1\n');
    expect(text).toContain("poolcast_files_waiting 1\n");
    expect(text).toContain("poolcast_files_failing 1\n");
    expect((await gateway.request("/readyz")).status).toBe(200);
  });
});

describe("a notice that is not followed", () => {
  it("is of a bucket that nobody named: nothing is fetched", async () => {
    s3.put("trail.evil", "k", JSON.stringify([cloudTrailRecord("1")]));
    for (const bucket of ["trail.evil", "TRAIL", "trai", "../trail", "trail/x"]) {
      expect(await send("/ingest/cloudtrail", { s3Bucket: bucket, s3ObjectKey: ["k"] })).toEqual([
        202,
        { accepted: 0, duplicates: 0, ignored: 1 },
      ]);
    }
    expect(await detail()).toMatchObject({ waiting: 0 });
    expect(s3.asked()).toEqual([]);
  });

  it("comes where no buckets are configured, and the log says what to do, once a minute at most", async () => {
    for (const yaml of ["", "ingest: { cloudtrail: { apiKeys: [k] }, s3: {} }"]) {
      const other = await openTestGateway(yaml, { objects });
      for (let n = 0; n < 3; n++) {
        const response = await other.request("/ingest/cloudtrail", post(JSON.stringify(NOTICE), { "x-api-key": "k" }));
        expect([response.status, await response.json()]).toEqual([202, { accepted: 0, duplicates: 0, ignored: 1 }]);
      }
      expect(other.log().match(/ingest\.s3\.buckets/g)).toHaveLength(1);
      expect(await (await other.request("/metrics")).text()).toContain(
        'poolcast_ingest_ignored_total{road="cloudtrail",reason="file_notice"} 3',
      );
      await other.gateway.stop(1000);
    }
  });

  it("is answered 503 where the work cannot be committed", async () => {
    const memory = createMemoryBroker({ clock: Date.now, ...DEFAULT_LIMITS });
    for (const code of ["broker_unavailable", "state_conflict"] as const) {
      const broker = {
        ...memory,
        append: async () => {
          throw new BrokerFailure(code, "no");
        },
      };
      const other = await openTestGateway(CONFIG, { broker });
      const withFiles = await openTestGateway(CONFIG, { objects, broker });
      for (const one of [other, withFiles]) {
        const response = await one.request("/ingest/cloudtrail", post(JSON.stringify(NOTICE), { "x-api-key": "k" }));
        expect([response.status, response.headers.has("retry-after")]).toEqual([503, true]);
        await one.gateway.stop(1000);
      }
    }
  });

  it("is taken all the same where the broker is full of events", async () => {
    const broker = createMemoryBroker({ clock: Date.now, ...DEFAULT_LIMITS, maxBytes: 100 });
    const full = await openTestGateway(CONFIG, { objects, broker });
    s3.behave("trail", KEY, (response) => answerError(response, 503, "SlowDown"));
    const response = await full.request("/ingest/cloudtrail", post(JSON.stringify(NOTICE), { "x-api-key": "k" }));
    expect([response.status, await response.json()]).toEqual([202, QUEUED]);
    await full.gateway.stop(1000);
  });
});
