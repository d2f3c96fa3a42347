/** One CloudTrail record is one event, on whatever roads and however often it comes. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cloudTrailRecord, eventBridgeEvent } from "../support/records.ts";
import { openTestGateway, post, type TestGateway } from "../support/test-gateway.ts";

const ON = `
ingest:
  eventbridge: { apiKeys: [k] }
  cloudtrail: { apiKeys: [k] }
  sns: { topicArns: ["arn:aws:sns:eu-central-1:210987654321:records"], rawKeys: [k] }
  firehose: { accessKeys: [k] }
`;

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

/** Every way in which a record can reach the gateway today. */
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
  "firehose, extracted": (record) => firehose(`${JSON.stringify(record)}\n${JSON.stringify(record)}\n`),
};

async function send(gateway: TestGateway, road: string, record: Fact): Promise<void> {
  const [path, init] = ROADS[road]?.(record) ?? expect.fail(`no road ${road}`);
  const response = await gateway.request(path, init);
  expect([road, response.ok]).toEqual([road, true]);
}

describe("one fact", () => {
  it("is one event by any mix of roads, in any order, with repetitions", async () => {
    const arrivals = fc.array(fc.tuple(fc.nat(3), fc.constantFrom(...Object.keys(ROADS))), {
      minLength: 1,
      maxLength: 24,
    });
    await fc.assert(
      fc.asyncProperty(arrivals, async (mix) => {
        const gateway = await openTestGateway(ON);
        // Without a pool to be found in them, as sign-ins are.
        const records = [0, 1, 2, 3].map(() => cloudTrailRecord(randomUUID(), { eventName: "InitiateAuth" }));
        for (const [which, road] of mix) await send(gateway, road, records[which] ?? {});
        const expected = [...new Set(mix.map(([which]) => records[which]?.eventID))];
        expect((await gateway.committed()).map(({ attributes }) => attributes.id)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("is one event also when all roads bring it at once", async () => {
    const gateway = await openTestGateway(ON);
    const record = cloudTrailRecord("at-once");
    await Promise.all(Object.keys(ROADS).map((road) => send(gateway, road, record)));
    expect((await gateway.committed()).map(({ attributes }) => attributes.id)).toEqual(["at-once"]);
  });
});
