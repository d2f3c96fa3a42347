import { createServer, type RequestListener } from "node:http";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { snsFetch } from "../../src/runtimes/sns-fetch.ts";
import { listenOnLoopback } from "../support/loopback.ts";
import { cloudTrailRecord, eventBridgeEvent } from "../support/records.ts";
import { s3Record } from "../support/s3-notices.ts";
import {
  type Envelope,
  type FakeAws,
  fakeAws,
  HOST,
  makeCertificate,
  makeStranger,
  signedMessage,
  TOPIC,
} from "../support/sns.ts";
import { openTestGateway, post, type TestGateway } from "../support/test-gateway.ts";

const CERTIFICATE = makeCertificate();
const ON = `ingest: { sns: { topicArns: ["${TOPIC}"] } }`;
const MANUAL = `ingest: { sns: { topicArns: ["${TOPIC}"], confirm: manual } }`;
const RAW = `ingest: { sns: { topicArns: ["${TOPIC}"], rawKeys: [raw-key] } }`;
const SUBSCRIPTION = "SubscriptionConfirmation";

interface Opened extends TestGateway {
  readonly aws: FakeAws;
  /** As SNS does it: text/plain, and a header nobody signs. */
  deliver(message: unknown, headers?: Record<string, string>): Promise<Response>;
}

async function open(yaml = ON, aws = fakeAws(CERTIFICATE)): Promise<Opened> {
  const gateway = await openTestGateway(yaml, { snsFetch: aws.fetch });
  const text = (message: unknown) => (typeof message === "string" ? message : JSON.stringify(message));
  return {
    ...gateway,
    aws,
    deliver: (message, headers) =>
      gateway.request("/ingest/sns", post(text(message), { "content-type": "text/plain; charset=UTF-8", ...headers })),
  };
}

function notification(message: unknown, overrides: Envelope = {}): Envelope {
  const Message = typeof message === "string" ? message : JSON.stringify(message);
  return signedMessage("Notification", { Message, ...overrides });
}

async function outcome(response: Response): Promise<unknown> {
  const { code } = await response.json();
  return [response.status, code];
}

describe("a notification", () => {
  it.each([
    ["an EventBridge event", eventBridgeEvent()],
    ["a record", cloudTrailRecord()],
    ["a log file", { Records: [cloudTrailRecord()] }],
  ])("becomes an event: %s", async (_name, content) => {
    const { deliver, committed } = await open();
    const response = await deliver(notification(content));
    expect([response.status, await response.json()]).toEqual([200, { accepted: 1, duplicates: 0, ignored: 0 }]);
    const [event] = await committed();
    expect(event?.attributes).toMatchObject({ type: "com.amazon.cognito-idp.user.signed_up", road: "sns" });
  });

  it("is one event with the same record by another road, and with itself", async () => {
    const { deliver, request, committed } = await open(
      `ingest: { sns: { topicArns: ["${TOPIC}"] }, cloudtrail: { apiKeys: [k] } }`,
    );
    const record = cloudTrailRecord();
    const message = notification(record);
    const posted = await request("/ingest/cloudtrail", post(JSON.stringify(record), { "x-api-key": "k" }));
    expect(posted.status).toBe(202);
    for (let n = 0; n < 2; n++) expect(await (await deliver(message)).json()).toMatchObject({ duplicates: 1 });
    expect(await committed()).toHaveLength(1);
  });

  it.each([
    ["an alarm", { AlarmName: "x", NewStateValue: "ALARM" }, "not_a_record"],
    ["a notice of log files", { s3Bucket: "b", s3ObjectKey: ["k"] }, "file_notice"],
    ["an S3 event", { Records: [s3Record("b", "k")] }, "file_notice"],
    ["an S3 event of a removed object", { Records: [{ eventSource: "aws:s3", s3: {} }] }, "object_not_created"],
    ["an S3 test event", { Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "b" }, "test_event"],
    ["text", "The disk is full", "not_a_record"],
    ["nothing", "", "not_a_record"],
    ["a number", "7", "not_a_record"],
    ["brackets without end", "[".repeat(100_000), "not_a_record"],
  ])("that is no record is acknowledged and counted: %s", async (_name, content, reason) => {
    const { deliver, request } = await open();
    const response = await deliver(notification(content, { Subject: "Amazon S3 Notification" }));
    expect([response.status, await response.json()]).toEqual([200, { accepted: 0, duplicates: 0, ignored: 1 }]);
    const metrics = await (await request("/metrics")).text();
    expect(metrics).toContain(`poolcast_ingest_ignored_total{road="sns",reason="${reason}"} 1`);
    expect(metrics).toContain('poolcast_sns_messages_total{type="Notification",outcome="taken"} 1');
  });

  it("is asked for again where the broker cannot take it", async () => {
    const { deliver, broker } = await open();
    await broker.close();
    const response = await deliver(notification(cloudTrailRecord()));
    expect([response.status, response.headers.has("retry-after")]).toEqual([503, true]);
  });

  it("may be as large as SNS sends them, and no larger", async () => {
    const { deliver, aws } = await open();
    expect((await deliver(notification(JSON.stringify({ x: '"'.repeat(100_000) })))).status).toBe(200);
    const before = aws.urls.length;
    expect(await outcome(await deliver(notification("x".repeat(512 * 1024))))).toEqual([413, "body_too_large"]);
    expect(aws.urls).toHaveLength(before);
  });
});

describe("a message that does not prove where it is from", () => {
  it.each([
    ["of another topic", notification({}, { TopicArn: `${TOPIC}-2` }), [401, "foreign_topic"]],
    ["that is old", notification({}, { Timestamp: "2026-01-01T00:00:00.000Z" }), [401, "stale_timestamp"]],
    ["with a signature of version 1", notification({}, { SignatureVersion: "1" }), [401, "signature_version"]],
    [
      "with a certificate in a bucket named sns",
      notification(
        {},
        {
          SigningCertURL: `https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-${"a".repeat(32)}.pem`,
        },
      ),
      [401, "bad_signature"],
    ],
    ["without a signature", notification({}, { Signature: undefined }), [401, "bad_signature"]],
    ["that was cut", JSON.stringify(notification({})).slice(0, -40), [400, "invalid_json"]],
    ["that is no text", "\u0000", [400, "invalid_json"]],
    ["that is nothing", "", [400, "invalid_json"]],
  ])("is refused without a call to anybody: one %s", async (_name, message, expected) => {
    const { deliver, committed, aws } = await open();
    expect(await outcome(await deliver(message))).toEqual(expected);
    expect([await committed(), aws.urls]).toEqual([[], []]);
  });

  it("is refused where it was changed, or signed with another key", async () => {
    const { deliver, committed, log } = await open();
    const forged = { ...notification(cloudTrailRecord()), Message: JSON.stringify(cloudTrailRecord()) };
    const signed = signedMessage("Notification", {}, makeStranger().privateKey);
    for (const message of [forged, signed]) {
      expect(await outcome(await deliver(message))).toEqual([401, "bad_signature"]);
    }
    expect([await committed(), log()]).toEqual([[], ""]);
  });

  it("is told by its body what it is, not by headers nobody signed", async () => {
    const { deliver, aws } = await open();
    const response = await deliver(notification({}), {
      "x-amz-sns-message-type": SUBSCRIPTION,
      "x-amz-sns-topic-arn": "arn:aws:sns:us-east-1:999999999999:x",
    });
    expect(response.status).toBe(200);
    expect(aws.urls.filter((url) => !url.endsWith(".pem"))).toEqual([]);
  });

  it("says how to have version 2, and takes version 1 where that is allowed", async () => {
    const message = notification(cloudTrailRecord(), { SignatureVersion: "1" });
    const refusing = await open();
    expect((await (await refusing.deliver(message)).json()).detail).toContain("--attribute-value 2");
    await refusing.deliver(message);
    expect(refusing.log().split("--attribute-value 2")).toHaveLength(2);
    const allowing = await open(`ingest: { sns: { topicArns: ["${TOPIC}"], allowSignatureV1: true } }`);
    expect((await allowing.deliver(message)).status).toBe(200);
  });
});

describe("the endpoint of AWS", () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  /** The real client, and a server on this machine in place of AWS. */
  async function awsAt(listener: RequestListener): Promise<FakeAws & { close(): Promise<unknown> }> {
    const server = createServer(listener);
    const port = await listenOnLoopback(server);
    const close = () => new Promise((done) => server.close(done).closeAllConnections());
    closers.push(close);
    const urls: string[] = [];
    return {
      urls,
      close,
      fetch: (url, limits) => {
        urls.push(url);
        return snsFetch(url.replace(`https://${HOST}`, `http://127.0.0.1:${port}`), limits);
      },
    };
  }

  it("is asked for the certificate once", async () => {
    const aws = await awsAt((_request, response) => response.end(CERTIFICATE));
    const { deliver } = await open(ON, aws);
    const { SigningCertURL } = notification({});
    for (let n = 0; n < 3; n++) {
      expect((await deliver(notification(cloudTrailRecord(), { SigningCertURL }))).status).toBe(200);
    }
    expect(aws.urls).toEqual([SigningCertURL]);
  });

  it.each([
    ["redirects", (_request, response) => void response.writeHead(302, { location: "/x.pem" }).end()],
    ["sends too much", (_request, response) => void response.end(CERTIFICATE + "x".repeat(16 * 1024))],
    ["fails", (_request, response) => void response.writeHead(500).end()],
    ["breaks off", (request) => void request.socket.destroy()],
  ] satisfies [string, RequestListener][])(
    "that %s makes SNS try again, and nothing is lost",
    async (_name, broken) => {
      let works = false;
      const aws = await awsAt((request, response) =>
        works ? void response.end(CERTIFICATE) : broken(request, response),
      );
      const { deliver, committed, log } = await open(ON, aws);
      const message = notification(cloudTrailRecord());
      const response = await deliver(message);
      expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
      expect(await outcome(response)).toEqual([503, "certificate_unavailable"]);
      expect(log()).toContain("certificate_unavailable");
      works = true;
      expect((await deliver(message)).status).toBe(200);
      expect(await committed()).toHaveLength(1);
    },
  );

  it("that is down makes SNS try again", async () => {
    const aws = await awsAt(() => {});
    await aws.close();
    const { deliver } = await open(ON, aws);
    expect(await outcome(await deliver(notification({})))).toEqual([503, "certificate_unavailable"]);
  });
});

describe("a topic that asks to be confirmed", () => {
  it("is confirmed by its token at its own endpoint, and not where the message says", async () => {
    const { deliver, aws, log } = await open();
    const message = signedMessage(SUBSCRIPTION, { Token: "a b&c=d" });
    expect((await deliver(message)).status).toBe(200);
    const [certificate, confirmation = ""] = aws.urls;
    expect(certificate).toBe(message.SigningCertURL);
    const { origin, pathname, searchParams } = new URL(confirmation);
    expect([origin, pathname, Object.fromEntries(searchParams)]).toEqual([
      `https://${HOST}`,
      "/",
      { Action: "ConfirmSubscription", TopicArn: TOPIC, Token: "a b&c=d", Version: "2010-03-31" },
    ]);
    expect(aws.urls).toHaveLength(2);
    expect(log()).not.toContain("a b&c=d");
  });

  it.each(["timeout", "status_500", "status_400"] as const)("is asked to ask again after %s", async (error) => {
    const aws = fakeAws(CERTIFICATE, (url) =>
      url.endsWith(".pem") ? { ok: true, value: CERTIFICATE } : { ok: false, error },
    );
    const { deliver, log } = await open(ON, aws);
    const message = signedMessage(SUBSCRIPTION);
    const response = await deliver(message);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await outcome(response)).toEqual([503, "confirmation_failed"]);
    expect(log()).not.toContain(String(message.Token));
  });

  it("is shown to an operator where that is configured, without its token", async () => {
    const { deliver, aws, log, request } = await open(MANUAL);
    const message = signedMessage(SUBSCRIPTION);
    expect((await deliver(message)).status).toBe(200);
    expect(aws.urls).toEqual([message.SigningCertURL]);
    expect(JSON.parse(log())).toMatchObject({
      level: "warn",
      topic: TOPIC,
      toConfirm: expect.stringContaining("ingest.sns.confirm"),
    });
    expect(log()).not.toContain(String(message.Token));
    expect(await (await request("/metrics")).text()).toContain(
      `poolcast_sns_messages_total{type="${SUBSCRIPTION}",outcome="awaits_operator"} 1`,
    );
  });

  it("is not confirmed with a forged message, or from a foreign topic", async () => {
    const { deliver, aws } = await open();
    const forged: Envelope = { ...signedMessage(SUBSCRIPTION), Token: "another" };
    const foreign = signedMessage(SUBSCRIPTION, { TopicArn: "arn:aws:sns:us-west-2:999999999999:x" });
    expect(await outcome(await deliver(forged))).toEqual([401, "bad_signature"]);
    expect(await outcome(await deliver(foreign))).toEqual([401, "foreign_topic"]);
    expect(aws.urls).toEqual([forged.SigningCertURL]);
  });
});

describe("the end of a subscription", () => {
  it("is acknowledged and told, and nobody subscribes again", async () => {
    const { deliver, aws, log } = await open();
    const message = signedMessage("UnsubscribeConfirmation");
    expect((await deliver(message)).status).toBe(200);
    expect(aws.urls).toEqual([message.SigningCertURL]);
    expect(JSON.parse(log())).toMatchObject({ level: "warn", topic: TOPIC });
    expect(log()).not.toContain(String(message.Token));
  });
});

describe("raw delivery", () => {
  const isRaw = { "x-amz-sns-rawdelivery": "true" };
  const basic = { authorization: `Basic ${btoa("sns:raw-key")}` };

  it.each([
    ["said by a header", isRaw],
    ["seen by the body", {}],
  ])("is refused with a question for the password, %s", async (_name, headers) => {
    for (const yaml of [ON, RAW]) {
      const { deliver, committed } = await open(yaml);
      for (const key of [{}, { "x-api-key": "wrong" }, { "x-api-key": "" }]) {
        const response = await deliver(cloudTrailRecord(), { ...headers, ...key } as Record<string, string>);
        expect(response.headers.get("www-authenticate")).toBe('Basic realm="poolcast"');
        expect(await outcome(response)).toEqual([401, "unauthorized"]);
      }
      expect(await committed()).toEqual([]);
    }
  });

  it.each([
    ["a Basic password", basic],
    ["x-api-key", { "x-api-key": "raw-key" }],
    ["a bearer token", { authorization: "Bearer raw-key" }],
  ])("is taken with %s", async (_name, key) => {
    for (const headers of [isRaw, {}]) {
      const { deliver, aws } = await open(RAW);
      const response = await deliver(eventBridgeEvent(), { ...headers, ...key } as Record<string, string>);
      expect([response.status, await response.json()]).toEqual([200, { accepted: 1, duplicates: 0, ignored: 0 }]);
      expect(aws.urls).toEqual([]);
    }
  });

  it("of what is no JSON is acknowledged and ignored", async () => {
    const { deliver } = await open(RAW);
    for (const headers of [isRaw, {}]) {
      expect(await (await deliver("The disk is full", { ...headers, ...basic })).json()).toMatchObject({ ignored: 1 });
    }
  });

  it("does not make the key a substitute for a signature", async () => {
    const { deliver, aws } = await open(RAW);
    const forged: Envelope = { ...signedMessage(SUBSCRIPTION), Token: "another" };
    expect(await outcome(await deliver(forged, basic))).toEqual([401, "bad_signature"]);
    expect((await deliver(forged, { ...isRaw, ...basic })).status).toBe(200);
    expect(aws.urls).toEqual([forged.SigningCertURL]);
  });

  it("is possible without topics, which are then all foreign", async () => {
    const { deliver } = await open("ingest: { sns: { rawKeys: [raw-key] } }");
    expect((await deliver(cloudTrailRecord(), basic)).status).toBe(200);
    expect(await outcome(await deliver(notification({})))).toEqual([401, "foreign_topic"]);
  });
});

describe("the route", () => {
  it("is off without topics and keys: 404", async () => {
    for (const yaml of ["ingest: { sns: {} }", "ingest: { cloudtrail: { apiKeys: [k] } }"]) {
      expect((await (await open(yaml)).deliver(notification({}))).status).toBe(404);
    }
  });

  it("gives a clear answer to anything, calls nobody for it and keeps nothing of it", async () => {
    const { deliver, committed, aws, log } = await open();
    const envelope = notification({}, { Signature: "AAAA" });
    const spoilt = fc
      .tuple(fc.constantFrom(...Object.keys(envelope)), fc.jsonValue())
      .map(([key, value]) => JSON.stringify({ ...envelope, [key]: value }));
    const anything = fc.oneof(fc.string({ unit: "binary" }), fc.json(), spoilt);
    await fc.assert(
      fc.asyncProperty(anything, async (body) => {
        const response = await deliver(body);
        const answer = await response.json();
        expect([400, 401]).toContain(response.status);
        expect(answer).toMatchObject({ status: response.status, code: expect.stringMatching(/^[a-z_]+$/) });
      }),
      { numRuns: 300 },
    );
    expect([await committed(), aws.urls, log()]).toEqual([[], [], expect.not.stringContaining("error")]);
  });

  it("answers 405 to the wrong method", async () => {
    const response = await (await open()).request("/ingest/sns");
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it("on an open loopback listener takes any topic that proves itself, and confirms none", async () => {
    const { deliver, aws } = await open("");
    const other = { TopicArn: "arn:aws:sns:us-west-2:999999999999:other" };
    expect((await deliver(notification(cloudTrailRecord(), other))).status).toBe(200);
    expect((await deliver(signedMessage(SUBSCRIPTION, other))).status).toBe(200);
    expect(aws.urls.filter((url) => !url.endsWith(".pem"))).toEqual([]);
    expect(await outcome(await deliver({ ...notification({}), Message: "x" }))).toEqual([401, "bad_signature"]);
    expect(await outcome(await deliver(cloudTrailRecord()))).toEqual([401, "unauthorized"]);
    const page = { origin: "https://attacker.example" };
    expect(await outcome(await deliver(notification({}), page))).toEqual([403, "foreign_origin"]);
  });
});
