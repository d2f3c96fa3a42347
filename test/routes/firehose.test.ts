import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  activityLog,
  CONTROL_MESSAGE,
  firehoseBody,
  firehoseHeaders,
  firehosePost,
  gzipMembers,
  logsPayload,
  records,
} from "../support/firehose.ts";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { cloudTrailRecord } from "../support/records.ts";
import { openTestGateway, post } from "../support/test-gateway.ts";

const PATH = "/ingest/firehose";
const KEYED = "ingest: { firehose: { accessKeys: [old-key, new-key] } }";
const MIB = 1024 ** 2;
const ID = "ed4acda5-034f-9f42-bba1-f29aea6d7d8f";

const text = (value: unknown) => JSON.stringify(value);

function send(body: BodyInit, headers: Record<string, string> = {}): RequestInit {
  return post(body, { ...firehoseHeaders(ID, "old-key"), ...headers });
}

describe("POST /ingest/firehose", () => {
  it("commits the events of all records in one step, and answers as Firehose asks", async () => {
    const gateway = await openTestGateway(KEYED);
    const [one, two, three, four] = records(4);
    const body = firehoseBody(
      [
        gzipMembers(logsPayload([one, two]), CONTROL_MESSAGE),
        text(three),
        "",
        "hello",
        text(activityLog()),
        text(four),
      ],
      ID,
    );
    const before = Date.now();
    const response = await gateway.request(PATH, send(body));
    expect([response.status, [...response.headers]]).toEqual([200, [["content-type", "application/json"]]]);
    const answer = await response.json();
    expect(answer).toEqual({ requestId: ID, timestamp: expect.any(Number) });
    expect(answer.timestamp).toBeGreaterThanOrEqual(before);
    expect(Number.isInteger(answer.timestamp)).toBe(true);
    const committed = await gateway.committed();
    expect(committed.map(({ attributes }) => attributes.road)).toEqual([
      "firehose",
      "firehose",
      "firehose",
      "log",
      "firehose",
    ]);
    expect(committed[3]?.attributes.source).toBe(
      "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP",
    );
    const metrics = await (await gateway.request("/metrics")).text();
    expect(metrics).toContain('poolcast_ingest_ignored_total{road="firehose",reason="control_message"} 1');
    expect(metrics).toContain('poolcast_ingest_ignored_total{road="firehose",reason="invalid_json"} 1');
  });

  it("makes no second event when Firehose repeats a batch, or the record came by another road", async () => {
    const gateway = await openTestGateway();
    const [one, two] = records(2);
    await gateway.request("/ingest/cloudtrail", post(text(one)));
    for (const requestId of [ID, ID, "another"]) {
      const repeated = post(firehoseBody([text(one), gzipSync(logsPayload([two, one]))], requestId));
      expect((await gateway.request(PATH, repeated)).status).toBe(200);
    }
    expect((await gateway.committed()).map(({ attributes }) => attributes.id)).toEqual([one?.eventID, two?.eventID]);
  });

  it("takes a body in gzip, 10,000 records, and none", async () => {
    const gateway = await openTestGateway(KEYED);
    const many = [text(cloudTrailRecord()), ...Array<string>(9999).fill("")];
    for (const [body, headers] of [
      [gzipSync(firehoseBody([text(cloudTrailRecord())], ID)), { "content-encoding": "gzip" }],
      [firehoseBody(many, ID), {}],
      [firehoseBody([], ID), {}],
    ] as const) {
      expect((await gateway.request(PATH, send(body as BodyInit, { ...headers }))).status).toBe(200);
    }
    expect(await gateway.committed()).toHaveLength(2);
  });

  it("takes a request without Firehose's headers on a loopback listener that is open, but not from a web page", async () => {
    const gateway = await openTestGateway();
    const body = firehoseBody([text(cloudTrailRecord())], ID);
    expect((await gateway.request(PATH, post(body))).status).toBe(200);
    const refused = await gateway.request(PATH, post(body, { origin: "http://localhost:3000" }));
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { requestId: "", errorMessage: expect.stringMatching(/^foreign_origin: /) },
    ]);
  });

  it("is off without keys, and only for POST", async () => {
    const off = await openTestGateway("ingest: { eventbridge: { apiKeys: [k] }, firehose: { accessKeys: [] } }");
    expect((await off.request(PATH, send(firehoseBody([], ID)))).status).toBe(404);
    const gateway = await openTestGateway(KEYED);
    const wrong = await gateway.request(PATH);
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

describe("the access key", () => {
  it("may be any of those configured", async () => {
    const gateway = await openTestGateway(KEYED);
    for (const key of ["old-key", "new-key"])
      expect((await gateway.request(PATH, firehosePost([], key))).status).toBe(200);
  });

  it.each([
    ["none", {}],
    ["an empty one", { "x-amz-firehose-access-key": "" }],
    ["a wrong one", { "x-amz-firehose-access-key": "old-kez" }],
    ["both in one", { "x-amz-firehose-access-key": "old-key, new-key" }],
    ["the right one elsewhere", { "x-api-key": "old-key" }],
  ])("is judged before the body is read: %s is 401", async (_name, headers) => {
    const gateway = await openTestGateway(KEYED);
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: () => {
          pulled += 1;
        },
      },
      { highWaterMark: 0 },
    );
    const init = { ...post(body, { ...firehoseHeaders(ID), ...headers }), duplex: "half" } as RequestInit;
    const response = await gateway.request(PATH, init);
    expect([response.status, response.headers.get("content-type")]).toEqual([401, "application/json"]);
    expect(await response.json()).toEqual({
      requestId: ID,
      timestamp: expect.any(Number),
      errorMessage: "unauthorized: A valid access key is needed",
    });
    expect(pulled).toBe(0);
  });
});

describe("what is refused", () => {
  const good = firehoseBody([text(cloudTrailRecord())], ID);

  it.each([
    ["no JSON", "{", {}, "invalid_json"],
    ["no UTF-8", new Uint8Array([0x7b, 0xff]), {}, "invalid_json"],
    ["no request of Firehose", text(cloudTrailRecord()), {}, "not_a_firehose_request"],
    ["another requestId", good, { "x-amz-firehose-request-id": "other" }, "request_id_mismatch"],
    ["10,001 records", firehoseBody(Array<string>(10_001).fill(""), ID), {}, "too_many_records"],
    ["another encoding", good, { "content-encoding": "br" }, "unsupported_encoding"],
    ["gzip that is none", good, { "content-encoding": "gzip" }, "invalid_encoding"],
    ["a length over the limit", good, { "content-length": String(65 * MIB) }, "body_too_large"],
  ])("answers 400 in Firehose's words to %s", async (_name, body, headers, code) => {
    const gateway = await openTestGateway(KEYED);
    const response = await gateway.request(PATH, send(body as BodyInit, headers as Record<string, string>));
    expect([response.status, response.headers.get("content-type")]).toEqual([400, "application/json"]);
    const answer = await response.json();
    expect(answer).toEqual({ requestId: ID, timestamp: expect.any(Number), errorMessage: expect.any(String) });
    expect(answer.errorMessage).toMatch(new RegExp(`^${code}: .{10,100}$`));
    expect(await gateway.committed()).toEqual([]);
  });

  it("refuses a bomb, as the body or in a record, with 400 and without unpacking it", async () => {
    const gateway = await openTestGateway(KEYED);
    const bomb = gzipSync(Buffer.alloc(500 * MIB));
    const members = gzipMembers(...Array<Buffer>(400).fill(Buffer.alloc(MIB)));
    const inRecord = firehoseBody([text(cloudTrailRecord()), bomb], ID);
    const inMembers = firehoseBody([members], ID);
    const before = process.memoryUsage.rss();
    const answers: unknown[] = [];
    for (const [body, headers] of [
      [bomb, { "content-encoding": "gzip" }],
      [inRecord, {}],
      [inMembers, {}],
    ] as const) {
      const response = await gateway.request(PATH, send(body as BodyInit, { ...headers }));
      answers.push([response.status, (await response.json()).errorMessage.split(":")[0]]);
    }
    expect(answers).toEqual([
      [400, "body_too_large"],
      [400, "bomb"],
      [400, "bomb"],
    ]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(250 * MIB);
    expect(await gateway.committed()).toEqual([]);
  });

  it.each([
    ["broker_full", "30"],
    ["broker_unavailable", "5"],
  ])("answers 503 when the broker says %s, so that Firehose comes again", async (code, retryAfter) => {
    const { broker } = await openTestGateway();
    const append = () => Promise.reject(Object.assign(new Error("secret path"), { code }));
    const gateway = await openTestGateway(KEYED, { broker: { ...broker, append } });
    const response = await gateway.request(PATH, send(good));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, retryAfter]);
    expect(await response.json()).toEqual({
      requestId: ID,
      timestamp: expect.any(Number),
      errorMessage: expect.stringMatching(new RegExp(`^${code}: `)),
    });
  });
});

describe("anything at all", () => {
  it("as a body is 200 or 400 with an id and a time, and no word in the log", async () => {
    const gateway = await openTestGateway();
    const body = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.jsonValue().map(text),
      fc.array(fc.jsonValue()).map((all) => text({ requestId: ID, records: all })),
      fc.uint8Array(),
    );
    await fc.assert(
      fc.asyncProperty(body, async (any) => {
        const response = await gateway.request(PATH, post(any as BodyInit));
        expect([200, 400]).toContain(response.status);
        expect(await response.json()).toMatchObject({ requestId: expect.any(String), timestamp: expect.any(Number) });
      }),
    );
    expect(gateway.log()).toBe("");
  });

  it("in a record is 200, and its neighbours are committed", async () => {
    const content = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.uint8Array(),
      fc.uint8Array().map((bytes) => Buffer.concat([gzipSync(""), bytes])),
      fc.jsonValue().map(text),
      fc.array(fc.jsonValue()).map((messages) => logsPayload(messages)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(content, { maxLength: 5 }), async (others) => {
        const gateway = await openTestGateway();
        const [first, last] = records(2);
        const response = await gateway.request(PATH, firehosePost([text(first), ...others, text(last)]));
        expect(response.status).toBe(200);
        const ids = (await gateway.committed()).map(({ attributes }) => attributes.id);
        expect(ids).toEqual(expect.arrayContaining([first?.eventID, last?.eventID]));
      }),
    );
  });
});

describe("on the wire", () => {
  const place = makePlace();
  let gateway: GatewayProcess;
  beforeAll(async () => {
    place.writeConfig(`${KEYED}\nbroker: { kind: memory }\n`);
    gateway = await place.start();
  });
  afterAll(() => place.remove());

  function exchange(body: string | Uint8Array, headers: Record<string, string>) {
    return new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: string }>(
      (done, fail) => {
        const request = httpRequest(`${gateway.url}${PATH}`, { method: "POST", headers }, (response) => {
          let received = "";
          response.setEncoding("utf8").on("data", (chunk) => (received += chunk));
          response.on("end", () => done({ status: response.statusCode, headers: response.headers, body: received }));
        });
        request.on("error", fail).end(body);
      },
    );
  }

  it.each([
    ["success", 200, firehoseBody([text(cloudTrailRecord())], ID), "new-key"],
    ["a wrong key", 401, firehoseBody([], ID), "wrong"],
    ["no JSON", 400, "{", "new-key"],
  ])("has a length, no encoding and the right type on %s", async (_name, status, body, key) => {
    const headers = { ...firehoseHeaders(ID, key), "content-type": "application/json", "accept-encoding": "gzip" };
    const answer = await exchange(body, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(answer.body)),
    });
    expect(answer.headers).not.toHaveProperty("content-encoding");
    expect(answer.headers).not.toHaveProperty("transfer-encoding");
    expect(JSON.parse(answer.body)).toMatchObject({ requestId: ID });
  });
});
