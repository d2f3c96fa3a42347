/** One CloudTrail record is one event, on whatever roads and however often it comes. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FILES } from "../../src/ingest/s3/work.ts";
import { unpack } from "../../src/runtimes/unpack.ts";
import { cloudTrailRecord, eventBridgeEvent } from "../support/records.ts";
import { s3Event, s3Record } from "../support/s3-notices.ts";
import { type S3Server, s3Store, startS3Server } from "../support/s3-server.ts";
import { openTestGateway, post, type TestGateway } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const ON = `
ingest:
  eventbridge: { apiKeys: [k] }
  cloudtrail: { apiKeys: [k] }
  sns: { topicArns: ["arn:aws:sns:eu-central-1:210987654321:records"], rawKeys: [k] }
  firehose: { accessKeys: [k] }
  s3: { buckets: [trail] }
`;

let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3Server();
});
afterAll(() => s3.close());

function open(): Promise<TestGateway> {
  const store = s3Store(s3.url);
  return openTestGateway(ON, { objects: { store, unpack } });
}

type Fact = Readonly<Record<string, unknown>>;

const base64 = (bytes: string | Uint8Array) => Buffer.from(bytes).toString("base64");

function firehose(...records: readonly (string | Uint8Array)[]): [string, RequestInit] {
  const requestId = randomUUID();
  const body = { requestId, timestamp: 1777879869000, records: records.map((data) => ({ data: base64(data) })) };
  const headers = { "x-amz-firehose-access-key": "k", "x-amz-firehose-request-id": requestId };
  return ["/ingest/firehose", post(JSON.stringify(body), headers)];
}

function logsData(record: Fact): Uint8Array {
  const logEvents = [{ id: "1", timestamp: 1777879869000, message: JSON.stringify(record) }];
  const payload = { messageType: "DATA_MESSAGE", owner: "210987654321", logGroup: "trail", logStream: "s", logEvents };
  return gzipSync(JSON.stringify(payload));
}

const KEY = { "x-api-key": "k" };

/** Writes a log file with the record, among others and twice; answers its key. */
function logFile(record: Fact): string {
  const key = `AWSLogs/210987654321/CloudTrail/eu-central-1/2026/05/04/${randomUUID()}.json.gz`;
  const foreign = cloudTrailRecord(randomUUID(), { eventSource: "ec2.amazonaws.com" });
  s3.put("trail", key, gzipSync(JSON.stringify({ Records: [foreign, record, record] })));
  return key;
}

/** Every way in which a record can reach the gateway. */
const ROADS: Readonly<Record<string, (record: Fact) => [string, RequestInit]>> = {
  eventbridge: (record) => ["/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent(record)), KEY)],
  "eventbridge, a batch with itself": (record) => [
    "/ingest/eventbridge",
    post(JSON.stringify([eventBridgeEvent(record), record]), KEY),
  ],
  "a log file": (record) => ["/ingest/cloudtrail", post(JSON.stringify({ Records: [record] }), KEY)],
  "a packed log file": (record) => [
    "/ingest/cloudtrail",
    post(gzipSync(JSON.stringify({ Records: [record, record] })) as BodyInit, KEY),
  ],
  sns: (record) => [
    "/ingest/sns",
    post(JSON.stringify(eventBridgeEvent(record)), { ...KEY, "x-amz-sns-rawdelivery": "true" }),
  ],
  "firehose from EventBridge": (record) => firehose(JSON.stringify(eventBridgeEvent(record)), ""),
  "firehose from CloudWatch Logs": (record) => firehose(logsData(record)),
  "a file in S3, by CloudTrail's notice": (record) => [
    "/ingest/sns",
    post(JSON.stringify({ s3Bucket: "trail", s3ObjectKey: [logFile(record)] }), {
      ...KEY,
      "x-amz-sns-rawdelivery": "true",
    }),
  ],
  "a file in S3, by an S3 event": (record) => [
    "/ingest/cloudtrail",
    post(JSON.stringify({ Records: [s3Record("trail", logFile(record))] }), KEY),
  ],
  "a file in S3, by EventBridge": (record) => [
    "/ingest/eventbridge",
    post(JSON.stringify(s3Event("trail", logFile(record))), KEY),
  ],
  "firehose, extracted": (record) => firehose(`${JSON.stringify(record)}\n${JSON.stringify(record)}\n`),
};

async function send(gateway: TestGateway, road: string, record: Fact): Promise<void> {
  const [path, init] = ROADS[road]?.(record) ?? expect.fail(`no road ${road}`);
  const response = await gateway.request(path, init);
  expect([road, response.ok]).toEqual([road, true]);
  // A file is read after the answer; here each arrival shall be over before the next one.
  if (road.includes("S3")) await waitUntil(() => isIdle(gateway), "the file was read");
}

async function isIdle({ broker }: TestGateway): Promise<boolean> {
  return (await broker.scanState({ collection: FILES, limit: 1 })).entries.length === 0;
}

describe("one fact", () => {
  it("is one event by any mix of roads, in any order, with repetitions", async () => {
    const arrivals = fc.array(fc.tuple(fc.nat(3), fc.constantFrom(...Object.keys(ROADS))), {
      minLength: 1,
      maxLength: 24,
    });
    await fc.assert(
      fc.asyncProperty(arrivals, async (mix) => {
        const gateway = await open();
        // Without a pool to be found in them, as sign-ins are.
        const records = [0, 1, 2, 3].map(() => cloudTrailRecord(randomUUID(), { eventName: "InitiateAuth" }));
        for (const [which, road] of mix) await send(gateway, road, records[which] ?? {});
        const expected = [...new Set(mix.map(([which]) => records[which]?.eventID))];
        expect((await gateway.committed()).map(({ attributes }) => attributes.id)).toEqual(expected);
        await gateway.gateway.stop(1000);
      }),
      { numRuns: 60 },
    );
  });

  it("is one event also when all roads bring it at once", async () => {
    const gateway = await open();
    const record = cloudTrailRecord("at-once");
    await Promise.all(Object.keys(ROADS).map((road) => send(gateway, road, record)));
    expect((await gateway.committed()).map(({ attributes }) => attributes.id)).toEqual(["at-once"]);
    await gateway.gateway.stop(1000);
  });
});
