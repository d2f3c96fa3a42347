import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { cloudTrailRecord, eventBridgeEvent } from "../support/records.ts";
import { openTestGateway, post } from "../support/test-gateway.ts";

const PREFIX = "com.amazon.cognito-idp.";

async function take(path: string, body: unknown) {
  const gateway = await openTestGateway();
  const response = await gateway.request(path, post(typeof body === "string" ? body : JSON.stringify(body)));
  const counts: unknown = await response.json();
  const committed = await gateway.committed();
  return { status: response.status, counts, types: committed.map(({ attributes }) => attributes.type), committed };
}

describe("POST /ingest/eventbridge", () => {
  it.each([
    ["an EventBridge event", eventBridgeEvent()],
    ["a bare detail", cloudTrailRecord()],
    ["an array with one event", [eventBridgeEvent()]],
    [
      "a CloudEvent around the event",
      { specversion: "1.0", id: "1", source: "/x", type: "t", data: eventBridgeEvent() },
    ],
    [
      "a CloudEvent around the record as text",
      { specversion: "1.0", id: "1", source: "/x", type: "t", data: JSON.stringify(cloudTrailRecord()) },
    ],
    [
      "a CloudEvent around the record as bytes",
      { specversion: "1.0", id: "1", source: "/x", type: "t", data_base64: btoa(JSON.stringify(cloudTrailRecord())) },
    ],
    [
      "a CloudEvent around the record",
      { specversion: "1.0", id: "1", source: "/x", type: "t", data: cloudTrailRecord() },
    ],
    ["an event with members nobody knows", { ...eventBridgeEvent(), "replay-name": "r", tenant: { a: 1 } }],
  ])("takes %s", async (_name, body) => {
    const { status, counts, types } = await take("/ingest/eventbridge", body);
    expect([status, counts, types]).toEqual([
      202,
      { accepted: 1, duplicates: 0, ignored: 0 },
      [`${PREFIX}user.signed_up`],
    ]);
  });

  it("fills in what the record lacks from the envelope", async () => {
    const record = cloudTrailRecord("e1", {
      awsRegion: undefined,
      recipientAccountId: undefined,
      eventTime: undefined,
    });
    const { committed } = await take("/ingest/eventbridge", eventBridgeEvent(record));
    expect(committed[0]?.attributes).toMatchObject({
      source: "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/unknown",
      time: "2026-05-04T07:31:09Z",
      road: "eventbridge",
    });
  });

  it("makes one event of records with one eventID, in one request or several, by either road", async () => {
    const gateway = await openTestGateway();
    const record = cloudTrailRecord("same");
    const counts = [];
    for (const [path, body] of [
      ["/ingest/eventbridge", [eventBridgeEvent(record), eventBridgeEvent(record)]],
      ["/ingest/cloudtrail", { Records: [record, cloudTrailRecord("other")] }],
    ] as const) {
      counts.push(await (await gateway.request(path, post(JSON.stringify(body)))).json());
    }
    expect(counts).toEqual([
      { accepted: 1, duplicates: 1, ignored: 0 },
      { accepted: 1, duplicates: 1, ignored: 0 },
    ]);
    expect((await gateway.committed()).map(({ attributes }) => attributes.id)).toEqual(["same", "other"]);
  });

  it("passes a valid traceparent on and leaves an invalid one out", async () => {
    const gateway = await openTestGateway();
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent()), { traceparent }));
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent()), { traceparent: "nonsense" }));
    expect((await gateway.committed()).map(({ attributes }) => attributes.traceparent)).toEqual([
      traceparent,
      undefined,
    ]);
  });

  it("names the schema where a public URL is configured", async () => {
    const gateway = await openTestGateway("publicUrl: https://events.example.com/");
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    expect((await gateway.committed())[0]?.attributes.dataschema).toBe(
      "https://events.example.com/schemas/com.amazon.cognito-idp.user.signed_up",
    );
  });

  it("takes a record without an eventID once, by the id of its envelope or by its content", async () => {
    const gateway = await openTestGateway();
    const record = cloudTrailRecord("", { eventID: undefined });
    const event = eventBridgeEvent(record);
    for (const body of [event, event, record, record])
      await gateway.request("/ingest/eventbridge", post(JSON.stringify(body)));
    const ids = (await gateway.committed()).map(({ attributes }) => attributes.id);
    expect(ids).toEqual([event.id, expect.stringMatching(/^sha256_[0-9a-f]{64}$/)]);
  });
});

describe("an exported activity log", () => {
  it("becomes its event, once, whatever carried it", async () => {
    const log = {
      eventTimestamp: "1777879869000",
      eventSource: "USER_ACTIVITY",
      logLevel: "INFO",
      message: {
        eventId: "0b9f5f0e-94f6-4be9-8f6c-0b0f6d3a7c55",
        eventType: "SignIn",
        eventResponse: "Fail",
        userSub: "c1f0a7de-3b52-4a56-9a5e-2f6b7f0d8e11",
        userName: "ada",
        creationDate: "Mon May 04 07:31:09 UTC 2026",
      },
      logSourceId: { userPoolId: "eu-central-1_Kq3vX9TzP" },
    };
    const gateway = await openTestGateway();
    const counts = [];
    for (const path of ["/ingest/cloudtrail", "/ingest/eventbridge"]) {
      counts.push(await (await gateway.request(path, post(JSON.stringify(log)))).json());
    }
    expect(counts).toMatchObject([{ accepted: 1 }, { duplicates: 1 }]);
    expect((await gateway.committed()).map(({ attributes }) => attributes)).toMatchObject([
      { type: `${PREFIX}activity.sign_in_failed`, road: "log", outcome: "failure", time: "2026-05-04T07:31:09Z" },
    ]);
  });
});

describe("what is no record", () => {
  it.each([
    ["null", null],
    ["a number", 7],
    ["a string", "hello"],
    ["an empty object", {}],
    ["a list in a list in a list", [[[{}]]]],
    ["another service's record", cloudTrailRecord("x", { eventSource: "s3.amazonaws.com" })],
    [
      "another service's event",
      {
        ...eventBridgeEvent(),
        source: "aws.ec2",
        "detail-type": "EC2 Instance State-change Notification",
        detail: { state: "running" },
      },
    ],
    ["an event whose detail is a list", { ...eventBridgeEvent(), detail: [] }],
    ["a notice of a log file", { s3Bucket: "b", s3ObjectKey: ["k"] }],
    ["an S3 event", { Records: [{ eventSource: "aws:s3", eventName: "ObjectCreated:Put", s3: {} }] }],
    ["an S3 test event", { Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "b" }],
    ["a read", cloudTrailRecord("x", { eventName: "ListUsers", readOnly: true })],
    [
      "a call of our own",
      cloudTrailRecord("x", { eventName: "AdminGetUser", userAgent: "aws-sdk-js/3 poolcast/0.1.0" }),
    ],
  ])("acknowledges and ignores %s, with a reason in the metrics", async (_name, body) => {
    const gateway = await openTestGateway();
    const response = await gateway.request("/ingest/cloudtrail", post(JSON.stringify(body)));
    expect([response.status, await response.json()]).toEqual([202, { accepted: 0, duplicates: 0, ignored: 1 }]);
    const metrics = await (await gateway.request("/metrics")).text();
    expect(metrics).toMatch(/poolcast_ingest_ignored_total\{road="cloudtrail",reason="\w+"\} 1/);
  });

  it.each(["/ingest/eventbridge", "/ingest/cloudtrail"])("answers 400 to what is not JSON on %s", async (path) => {
    for (const body of ["", "{", "<xml/>", '{\n  "a": 1,\n', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])]) {
      const gateway = await openTestGateway();
      const response = await gateway.request(path, post(body as BodyInit));
      expect([response.status, response.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
      expect(await response.json()).toMatchObject({ status: 400, code: "invalid_json" });
    }
  });
});

describe("POST /ingest/cloudtrail", () => {
  it("takes a log file, with foreign records and rubbish between the good ones", async () => {
    const records = [
      null,
      cloudTrailRecord(),
      [],
      cloudTrailRecord("f", { eventSource: "ec2.amazonaws.com" }),
      "x",
      cloudTrailRecord(),
    ];
    const { status, counts, types } = await take("/ingest/cloudtrail", { Records: records });
    expect([status, counts]).toEqual([202, { accepted: 2, duplicates: 0, ignored: 4 }]);
    expect(types).toHaveLength(2);
  });

  it("takes NDJSON, and names the line that is no JSON", async () => {
    const lines = [JSON.stringify(cloudTrailRecord()), "{broken", "", JSON.stringify(cloudTrailRecord())].join("\n");
    const { status, counts } = await take("/ingest/cloudtrail", lines);
    expect([status, counts]).toEqual([
      202,
      { accepted: 2, duplicates: 0, ignored: 0, rejected: [{ index: 1, code: "invalid_json" }] },
    ]);
  });

  it.each([{ "content-encoding": "gzip" }, {}])("takes gzip, said by a header or not (%o)", async (headers) => {
    const gateway = await openTestGateway();
    const body = gzipSync(JSON.stringify({ Records: [cloudTrailRecord()] }));
    const response = await gateway.request(
      "/ingest/cloudtrail",
      post(body as BodyInit, headers as Record<string, string>),
    );
    expect([response.status, await response.json()]).toEqual([202, { accepted: 1, duplicates: 0, ignored: 0 }]);
  });

  it("takes gzip of several members, as tools join them", async () => {
    const lines = [cloudTrailRecord(), cloudTrailRecord()].map((record) => gzipSync(`${JSON.stringify(record)}\n`));
    const gateway = await openTestGateway();
    const response = await gateway.request("/ingest/cloudtrail", post(Buffer.concat(lines) as BodyInit));
    expect([response.status, await response.json()]).toEqual([202, { accepted: 2, duplicates: 0, ignored: 0 }]);
  });

  it("takes a line of NDJSON that holds very many records", async () => {
    const many = JSON.stringify({ Records: Array.from({ length: 300_000 }, () => 0) });
    const { status, counts } = await take("/ingest/cloudtrail", `${many}\n${JSON.stringify(cloudTrailRecord())}`);
    expect([status, counts]).toEqual([202, { accepted: 1, duplicates: 0, ignored: 300_000 }]);
  });
});
