/** Over real HTTP, and read back by the CloudEvents SDK, which shares no code with this project. */
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { type CloudEventV1, HTTP } from "cloudevents";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type DataKind, type EncodedEvent, type EventAttributes, encodeEvent } from "../../src/core/event.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { createUndiciClient } from "../../src/runtimes/undici-client.ts";
import { createHttpSink, type HttpSinkOptions, webhookId } from "../../src/sinks/http.ts";
import type { HttpAnswer } from "../../src/sinks/http-client.ts";
import type { Sink } from "../../src/sinks/sink.ts";
import { LOOPBACK_EGRESS } from "../support/egress.ts";
import { listenOnLoopback } from "../support/loopback.ts";
import { type Received, type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";

const NOW = Date.parse("2026-05-04T12:00:07.900Z");
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/** Published with Svix. */
const KEY_PAIR = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const EVENT_ID = "d3a90000-7d1f-4c02-8e5a-000000000001";
const ATTRIBUTES: EventAttributes = {
  specversion: "1.0",
  id: EVENT_ID,
  source: "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP",
  type: "com.amazon.cognito-idp.user.signed_up",
  subject: 'user/Jürgen "50%" 😀',
  // In the form that the SDK writes too.
  time: "2026-05-04T12:00:07.000Z",
  datacontenttype: "application/json",
  road: "eventbridge",
  attempt: 3,
};
const { signal } = new AbortController();

let receiver: RecordingSink;
let answer = 204;
const opened: Sink[] = [];

beforeAll(async () => {
  receiver = await startRecordingSink(() => answer);
});
afterEach(async () => {
  answer = 204;
  await Promise.all(opened.splice(0).map((sink) => sink.close()));
});
afterAll(() => receiver.close());

function open(options: Partial<HttpSinkOptions> = {}): Sink {
  const client = createUndiciClient({ connections: 4, egress: LOOPBACK_EGRESS });
  const sink = createHttpSink(
    { url: receiver.url, mode: "binary", secrets: [], headers: {}, ...options },
    { client, clock: () => NOW, sha256 },
  );
  opened.push(sink);
  return sink;
}

async function deliver(event: EncodedEvent, options: Partial<HttpSinkOptions> = {}): Promise<Received> {
  expect(await open(options).send(event, signal)).toMatchObject({ kind: "answer", status: 204 });
  const one = receiver.received.at(-1);
  if (!one) throw new Error("nothing was received");
  return one;
}

/** The SDK leaves header values percent-encoded, and reads text bodies as strings. */
function decode({ headers, body }: Received): CloudEventV1<unknown> {
  const isText = /json|^text\//.test(headers["content-type"] ?? "");
  const decoded = Object.entries(headers).map(([name, value]) => [
    name,
    name.startsWith("ce-") ? decodeURIComponent(String(value)) : value,
  ]);
  const event = HTTP.toEvent({ headers: Object.fromEntries(decoded), body: isText ? body.toString() : body });
  if (Array.isArray(event)) throw new Error("a batch");
  return event;
}

const PAYLOADS: readonly {
  readonly kind: DataKind;
  readonly type: string | undefined;
  readonly data: string | undefined;
  readonly body: Buffer;
  readonly value: unknown;
}[] = [
  {
    kind: "json",
    type: "application/json",
    data: '{ "n": 12345678901234567890, "a":1, "a":2 }',
    body: Buffer.from('{ "n": 12345678901234567890, "a":1, "a":2 }'),
    value: JSON.parse('{"n": 12345678901234567890, "a": 2}'),
  },
  { kind: "json", type: undefined, data: '"ü"', body: Buffer.from('"ü"'), value: "ü" },
  {
    kind: "text",
    type: "text/plain; charset=utf-8",
    data: '"two\\nlines, \\u00fc"',
    body: Buffer.from("two\nlines, ü"),
    value: "two\nlines, ü",
  },
  {
    kind: "base64",
    type: "application/octet-stream",
    data: '"AP+ACg0="',
    body: Buffer.of(0, 255, 128, 10, 13),
    value: Buffer.of(0, 255, 128, 10, 13),
  },
  { kind: "none", type: undefined, data: undefined, body: Buffer.alloc(0), value: undefined },
];

describe("binary mode", () => {
  it("sends attributes that the SDK reads as they were", async () => {
    const received = await deliver(encodeEvent(ATTRIBUTES, "json", '{"a":1}'));
    expect(decode(received)).toMatchObject({ ...ATTRIBUTES, attempt: "3", data: { a: 1 } });
    expect(received.headers["ce-subject"]).toBe("user/J%C3%BCrgen%20%2250%25%22%20%F0%9F%98%80");
    expect(Object.keys(received.headers)).not.toContain("ce-datacontenttype");
  });

  it.each(PAYLOADS)(
    "sends $kind data of type $type as the payload's own bytes",
    async ({ kind, type, data, body, value }) => {
      const received = await deliver(encodeEvent({ ...ATTRIBUTES, datacontenttype: type }, kind, data));
      expect(received.body).toEqual(body);
      expect(received.headers["content-type"]).toBe(kind === "json" ? "application/json" : type);
      if (kind !== "none") expect(decode(received).data).toEqual(value);
    },
  );
});

describe("structured mode", () => {
  it.each(PAYLOADS)(
    "sends the stored bytes of $kind data of type $type as they are",
    async ({ kind, type, data, value }) => {
      const event = encodeEvent({ ...ATTRIBUTES, datacontenttype: type }, kind, data);
      const received = await deliver(event, { mode: "structured" });
      expect(received.body).toEqual(Buffer.from(event.bytes));
      expect(received.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
      const decoded = decode(received);
      expect(decoded).toMatchObject({ ...ATTRIBUTES, datacontenttype: type });
      if (kind === "base64") expect(decoded.data_base64).toBe("AP+ACg0=");
      else expect(decoded.data).toEqual(value);
      expect(Object.keys(received.headers).filter((name) => name.startsWith("ce-"))).toEqual([]);
    },
  );
});

describe("the webhook-id", () => {
  const id = (changes: Partial<EventAttributes>) => webhookId({ ...ATTRIBUTES, ...changes }, sha256);

  it.each(["eventbridge", "sns", "firehose", "s3", "cloudtrail", "lookup"])("on the road %s is the eventID", (road) => {
    expect(id({ road })).toBe(EVENT_ID);
  });

  it.each(["trigger", "users", "log", "events", undefined, 7])("on the road %s is a hash of source and id", (road) => {
    expect(id({ road })).toMatch(/^ce_[0-9a-f]{32}$/);
    expect(id({ road })).not.toBe(id({ road, source: "/other" }));
    expect(id({ road })).not.toBe(id({ road, id: "other" }));
    expect(id({ road })).toBe(id({ road, subject: "other", recordedtime: "2026-05-05T00:00:00Z" }));
  });

  it("tells source and id apart where they run into one another", () => {
    expect(id({ road: "events", source: "/a", id: "b/c" })).not.toBe(id({ road: "events", source: "/ab", id: "/c" }));
    expect(id({ road: "events", source: "a", id: "" })).not.toBe(id({ road: "events", source: "", id: "a" }));
  });

  it.each(["a.b", "with space", "ü", 'a"b', "x".repeat(65), "", "a\nb"])("of the eventID %j is no part", (eventId) => {
    expect(id({ id: eventId })).toMatch(/^ce_[0-9a-f]{32}$/);
  });

  it("is the same at every try, and in both modes", async () => {
    const event = encodeEvent({ ...ATTRIBUTES, road: "events" }, "none");
    const tries = [await deliver(event), await deliver(event), await deliver(event, { mode: "structured" })];
    expect(new Set(tries.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([id({ road: "events" })]));
  });
});

describe("a signed delivery", () => {
  it("is signed over the id, the second of sending and the very bytes that were sent", async () => {
    const received = await deliver(encodeEvent(ATTRIBUTES, "json", '{"a":"ü"}'), {
      mode: "structured",
      secrets: [SECRET],
    });
    const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = received.headers;
    expect([id, timestamp]).toEqual([EVENT_ID, String(Math.floor(NOW / 1000))]);
    const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
    const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(received.body).digest("base64");
    expect(signature).toBe(`v1,${mac}`);
  });

  it("has a signature for each of several secrets, and none without a secret", async () => {
    const event = encodeEvent(ATTRIBUTES, "none");
    const rotated = await deliver(event, { secrets: [SECRET, SECRET] });
    expect(String(rotated.headers["webhook-signature"]).split(" ")).toHaveLength(2);
    const unsigned = await deliver(event);
    expect(Object.keys(unsigned.headers)).not.toContain("webhook-signature");
    expect(Object.keys(unsigned.headers)).not.toContain("webhook-timestamp");
  });
});

describe("a repeated try", () => {
  it("has the same id, and a time and signatures of its own", async () => {
    let nowMs = NOW;
    const client = createUndiciClient({ connections: 1, egress: LOOPBACK_EGRESS });
    const options = { url: receiver.url, mode: "structured", secrets: [SECRET, KEY_PAIR], headers: {} } as const;
    const sink = createHttpSink(options, { client, clock: () => nowMs, sha256 });
    opened.push(sink);
    const event = encodeEvent(ATTRIBUTES, "json", "{}");
    const before = receiver.received.length;
    await sink.send(event, signal);
    nowMs += 60_000;
    await sink.send(event, signal);
    const [first, second] = receiver.received.slice(before).map(({ headers }) => headers);
    expect(second?.["webhook-id"]).toBe(first?.["webhook-id"]);
    expect(Number(second?.["webhook-timestamp"]) - Number(first?.["webhook-timestamp"])).toBe(60);
    const [old, renewed] = [first, second].map((headers) => String(headers?.["webhook-signature"]).split(" "));
    expect([old?.[0], old?.[1]]).toEqual([expect.stringMatching(/^v1,/), expect.stringMatching(/^v1a,/)]);
    expect(renewed?.filter((signature) => old?.includes(signature))).toEqual([]);
  });
});

describe("credentials", () => {
  it("of one target never reach another, nor where a target points to", async () => {
    const event = encodeEvent(ATTRIBUTES, "json", "{}");
    const elsewhere = await startRecordingSink();
    const redirecting = createServer((request, response) => {
      request.resume();
      response.writeHead(request.url === "/301" ? 301 : 307, { location: elsewhere.url }).end();
    });
    const port = await listenOnLoopback(redirecting);
    const secret = { auth: { bearer: "canary-1" }, headers: { "x-key": "canary-2" } };
    const tries = [
      ...["/301", "/307"].map((path) =>
        open({ url: `http://127.0.0.1:${port}${path}`, ...secret }).send(event, signal),
      ),
      open({ ...secret, headers: {} }).send(event, signal),
      open({ url: elsewhere.url }).send(event, signal),
      open({ url: elsewhere.url, auth: { basic: { username: "u", password: "p" } } }).send(event, signal),
    ];
    await Promise.all(tries);
    expect(elsewhere.received).toHaveLength(2);
    expect(JSON.stringify(elsewhere.received.map(({ headers }) => headers))).not.toContain("canary");
    redirecting.closeAllConnections();
    redirecting.close();
    await elsewhere.close();
  });
});

describe("the other headers", () => {
  const event = encodeEvent(ATTRIBUTES, "json", "{}");

  it("carry a bearer token", async () => {
    const { headers } = await deliver(event, { auth: { bearer: "t0ken" } });
    expect(headers.authorization).toBe("Bearer t0ken");
  });

  it("carry a user and password, as UTF-8", async () => {
    const { headers } = await deliver(event, { auth: { basic: { username: "jürgen", password: "a:b€" } } });
    const [scheme, encoded = ""] = String(headers.authorization).split(" ");
    expect([scheme, Buffer.from(encoded, "base64").toString()]).toEqual(["Basic", "jürgen:a:b€"]);
  });

  it("carry the fixed headers of the target, which never replace what poolcast writes", async () => {
    const { headers } = await deliver(event, {
      headers: { "X-Tenant": "acme", "User-Agent": "mine", "CE-Type": "forged", "Webhook-ID": "forged" },
      auth: { bearer: "t0ken" },
    });
    expect(headers).toMatchObject({ "x-tenant": "acme", "user-agent": "mine", authorization: "Bearer t0ken" });
    expect([headers["ce-type"], headers["webhook-id"]]).toEqual([ATTRIBUTES.type, EVENT_ID]);
  });

  it("name the sender and ask for an answer that is not compressed", async () => {
    const { headers } = await deliver(event);
    expect(headers).toMatchObject({ "user-agent": "poolcast", "accept-encoding": "identity" });
    expect(headers.authorization).toBeUndefined();
  });
});

describe("what came of a delivery", () => {
  it("is its status, also where a CloudEvent comes back: that is nobody's event", async () => {
    const replying = createServer((request, response) => {
      request.resume();
      const reply = { "ce-specversion": "1.0", "ce-id": "r", "ce-source": "/r", "ce-type": "reply" };
      response.writeHead(200, { ...reply, "content-type": "application/json" }).end('{"reply":true}');
    });
    const port = await listenOnLoopback(replying);
    const sink = open({ url: `http://127.0.0.1:${port}` });
    const result = await sink.send(encodeEvent(ATTRIBUTES, "none"), signal);
    expect(result).toEqual({ kind: "answer", status: 200, retryAfter: undefined });
    replying.closeAllConnections();
    replying.close();
  });

  it.each([200, 302, 410, 422, 429, 500])("is the status %d", async (status) => {
    answer = status;
    expect(await open().send(encodeEvent(ATTRIBUTES, "none"), signal)).toMatchObject({ kind: "answer", status });
  });

  it.each<HttpAnswer>([
    { ok: true, status: 503, header: (name) => (name === "retry-after" ? "30" : undefined) },
    { ok: false, reason: "dns_failed", message: "ENOTFOUND" },
  ])("is what the client says: %j", async (given) => {
    const client = { send: async () => given, close: async () => {} };
    const options = { url: "https://example.com", mode: "binary", secrets: [], headers: {} } as const;
    const result = await createHttpSink(options, { client, clock: () => NOW, sha256 }).send(
      encodeEvent(ATTRIBUTES, "none"),
      signal,
    );
    if (given.ok) expect(result).toEqual({ kind: "answer", status: 503, retryAfter: "30" });
    else expect(result).toEqual({ kind: "failure", reason: "dns_failed", message: "ENOTFOUND" });
  });

  it("is that the event is unsendable, where no header can hold its content type", async () => {
    const event = encodeEvent({ ...ATTRIBUTES, datacontenttype: "text/plain; x=€" }, "text", '"a"');
    const before = receiver.received.length;
    expect(await open().send(event, signal)).toMatchObject({ kind: "failure", reason: "unsendable" });
    expect(receiver.received).toHaveLength(before);
  });

  it("is that the event is unsendable, where its stored bytes are damaged, without quoting them", async () => {
    const { bytes, dataOffset } = encodeEvent(ATTRIBUTES, "json", '{"email":"a@example.com"}');
    const result = await open().send(
      { bytes: bytes.subarray(3), dataOffset: dataOffset - 3, dataKind: "json" },
      signal,
    );
    expect(result).toMatchObject({ kind: "failure", reason: "unsendable" });
    expect(JSON.stringify(result)).not.toMatch(/arn:|example\.com/);
  });

  it("is that the event is unsendable, where its data is no base64", async () => {
    const event = encodeEvent(ATTRIBUTES, "base64", '"%%%"');
    expect(await open().send(event, signal)).toMatchObject({ kind: "failure", reason: "unsendable" });
  });
});
