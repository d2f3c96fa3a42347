import { generateKeyPairSync } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { encodeEvent } from "../../src/core/event.ts";
import { createWebhookSigner } from "../../src/core/standard-webhooks.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { createHttpSink } from "../../src/sinks/http.ts";
import type { HttpClient, HttpRequest } from "../../src/sinks/http-client.ts";
import { createVerifier, readEvents, type Verified, type VerifyOptions, verify } from "../../src/verify/index.ts";
import { NEW_SECRET, SECRET, signedHeaders } from "../support/webhooks.ts";

const NOW = Date.parse("2026-05-04T12:00:00Z");
const now = () => NOW;
const ATTRIBUTES = {
  specversion: "1.0",
  id: "e-1",
  source: "/crm",
  type: "com.example.thing",
  subject: "Jürgen 50 %",
  datacontenttype: "application/json",
} as const;
const EVENT = { ...ATTRIBUTES, data: { n: [1, "ü"] } };
const ENCODED = encodeEvent(ATTRIBUTES, "json", '{"n":[1,"ü"]}');

const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
const base64 = (part: string) => Buffer.from(part, "base64url").toString("base64");
const PRIVATE_KEY = `whsk_${base64(d)}`;
const PUBLIC_KEY = `whpk_${base64(x)}`;

/** The request that poolcast would make, as the receiver's runtime shows it. */
async function delivered(mode: "structured" | "binary", secrets: readonly string[], event = ENCODED): Promise<Request> {
  const requests: HttpRequest[] = [];
  const client: HttpClient = {
    send: async (request) => {
      requests.push(request);
      return { ok: true, status: 204, header: () => undefined };
    },
    close: async () => {},
  };
  const options = { url: "https://a.example/hook", mode, secrets, headers: {} };
  await createHttpSink(options, { client, clock: now, sha256 }).send(event, new AbortController().signal);
  const [made] = requests;
  if (!made) throw new Error("nothing was sent");
  return request(made.body ?? new Uint8Array(0), made.headers);
}

function request(body: BodyInit | Uint8Array, headers: Readonly<Record<string, string>>): Request {
  const init = { method: "POST", headers, body: body instanceof Uint8Array ? new Uint8Array(body) : body };
  return new Request("https://a.example/hook", { ...init, ...(body instanceof ReadableStream && { duplex: "half" }) });
}

async function signed(body: string, contentType: string, secrets = [SECRET]): Promise<Request> {
  const timestamp = NOW / 1000;
  const bytes = new TextEncoder().encode(body);
  const signature = await createWebhookSigner(secrets)({ id: "b-1", timestamp, body: bytes });
  const headers = { "webhook-id": "b-1", "webhook-timestamp": String(timestamp), "webhook-signature": signature };
  return request(bytes, { ...headers, "content-type": contentType });
}

const check = (request: Request, options: Partial<VerifyOptions> = {}) =>
  verify(request, { secrets: SECRET, now, ...options });

function eventsOf(delivery: Verified) {
  if (!delivery.ok) throw new Error(delivery.code);
  return readEvents(delivery);
}

describe("verify", () => {
  it.each([
    ["structured", [SECRET], SECRET],
    ["binary", [SECRET], SECRET],
    ["structured", [PRIVATE_KEY], PUBLIC_KEY],
    ["structured", [PRIVATE_KEY, SECRET], SECRET],
    ["binary", [SECRET, PRIVATE_KEY], PUBLIC_KEY],
    ["structured", [SECRET], [PUBLIC_KEY, NEW_SECRET, SECRET]],
  ] as const)("takes a delivery in %s mode, signed with %j, by %j", async (mode, signers, secrets) => {
    const delivery = await check(await delivered(mode, signers), { secrets });
    expect(delivery).toMatchObject({ ok: true, mode, timestamp: NOW / 1000 });
    expect(delivery.ok && delivery.id).toMatch(/^ce_[0-9a-f]{32}$/);
    expect(eventsOf(delivery)).toEqual({ ok: true, value: [EVENT] });
  });

  it("takes a batch", async () => {
    const other = { ...EVENT, id: "e-2", data: undefined };
    const batch = await signed(JSON.stringify([EVENT, other]), "application/cloudevents-batch+json; charset=utf-8");
    const delivery = await check(batch);
    expect(delivery).toMatchObject({ ok: true, mode: "batch", id: "b-1" });
    expect(eventsOf(delivery)).toEqual({ ok: true, value: [EVENT, { ...ATTRIBUTES, id: "e-2" }] });
  });

  it("gives the very bytes that were signed", async () => {
    const delivery = await check(await delivered("structured", [SECRET]));
    expect(delivery.ok && delivery.body).toEqual(ENCODED.bytes);
  });

  it("takes what an independent library signs, and what it verifies is what poolcast signs", async () => {
    const headers = signedHeaders("{}", { at: new Date(NOW) });
    expect(await check(request("{}", headers))).toMatchObject({ ok: true, id: headers["webhook-id"] });
    const ours = await signed('{"a":"ü"}', "application/json", [NEW_SECRET, PRIVATE_KEY, SECRET]);
    const given = Object.fromEntries(ours.headers);
    // The library looks at the clock of the machine.
    const fresh = Math.floor(Date.now() / 1000);
    const body = new TextEncoder().encode('{"a":"ü"}');
    const signature = await createWebhookSigner([NEW_SECRET, PRIVATE_KEY, SECRET])({
      id: "b-1",
      timestamp: fresh,
      body,
    });
    const nowSigned = { ...given, "webhook-timestamp": `${fresh}`, "webhook-signature": signature };
    expect(new Webhook(SECRET).verify('{"a":"ü"}', nowSigned)).toEqual({ a: "ü" });
    expect(() => new Webhook(`whsec_${"A".repeat(32)}`).verify('{"a":"ü"}', nowSigned)).toThrow();
  });

  it("says of binary mode that attributes are not signed: a changed one is not noticed, changed data is", async () => {
    const forged = await delivered("binary", [SECRET]);
    forged.headers.set("ce-type", "com.example.forged");
    const delivery = await check(forged);
    expect(delivery).toMatchObject({ ok: true, mode: "binary" });
    expect(eventsOf(delivery)).toMatchObject({ value: [{ type: "com.example.forged" }] });
    const original = await delivered("binary", [SECRET]);
    const changed = request('{"n":[2]}', Object.fromEntries(original.headers));
    expect(await check(changed)).toEqual({ ok: false, code: "bad_signature", status: 401 });
  });

  it.each([
    ["structured", "content-type", "application/json"],
    ["binary", "content-type", "application/cloudevents+json"],
  ] as const)("and reads no event where the %s %s was changed to %s", async (mode, name, value) => {
    const forged = await delivered(mode, [SECRET]);
    forged.headers.set(name, value);
    expect(eventsOf(await check(forged)).ok).toBe(false);
  });

  it.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("refuses a request without %s", async (name) => {
    const unsigned = await delivered("structured", [SECRET]);
    unsigned.headers.delete(name);
    expect(await check(unsigned)).toEqual({ ok: false, code: "missing_header", status: 401 });
    expect(unsigned.bodyUsed).toBe(false);
  });

  it("refuses what another secret signed, or a key of the other kind", async () => {
    const refusal = { ok: false, code: "bad_signature", status: 401 };
    expect(await check(await delivered("structured", [NEW_SECRET]))).toEqual(refusal);
    expect(await check(await delivered("structured", [PRIVATE_KEY]))).toEqual(refusal);
    expect(await check(await delivered("structured", [SECRET]), { secrets: [PUBLIC_KEY] })).toEqual(refusal);
  });

  it.each([
    [undefined, -301, "stale_timestamp"],
    [undefined, 300, undefined],
    [10, 11, "stale_timestamp"],
    [10, -11, "stale_timestamp"],
    [10, -10, undefined],
    [0, 0, undefined],
  ])("with a tolerance of %s s judges a clock that is off by %s s", async (toleranceSeconds, offS, code) => {
    const tolerance = toleranceSeconds === undefined ? {} : { toleranceSeconds };
    const verified = await check(await delivered("structured", [SECRET]), {
      ...tolerance,
      now: () => NOW + offS * 1000,
    });
    expect(verified.ok ? undefined : verified.code).toBe(code);
  });

  it("reads no more of a body than it may, declared or not", async () => {
    const { length } = ENCODED.bytes;
    expect(await check(await delivered("structured", [SECRET]), { maxBytes: length })).toMatchObject({ ok: true });
    const refusal = { ok: false, code: "body_too_large", status: 413 };
    expect(await check(await delivered("structured", [SECRET]), { maxBytes: length - 1 })).toEqual(refusal);

    const { headers } = await delivered("structured", [SECRET]);
    const declared = request("{}", { ...Object.fromEntries(headers), "content-length": "1048577" });
    expect(await check(declared)).toEqual(refusal);
    expect(declared.bodyUsed).toBe(false);

    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
      cancel() {
        cancelled = true;
      },
    });
    expect(await check(request(endless, Object.fromEntries(headers)))).toEqual(refusal);
    expect(pulled).toBeLessThanOrEqual(20);
    expect(cancelled).toBe(true);
  });

  it("says so where the connection breaks off", async () => {
    const { headers } = await delivered("structured", [SECRET]);
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("reset")) });
    const refusal = { ok: false, code: "body_unreadable", status: 400 };
    expect(await check(request(broken, Object.fromEntries(headers)))).toEqual(refusal);
  });

  it("throws where the body was read before: that is a fault of the program, not of the sender", async () => {
    const read = await delivered("structured", [SECRET]);
    await read.text();
    await expect(check(read)).rejects.toThrow(TypeError);
  });

  it("is made once for many requests", async () => {
    const verifier = createVerifier({ secrets: [SECRET, PUBLIC_KEY], now });
    const requests = await Promise.all([SECRET, PRIVATE_KEY, NEW_SECRET].map((one) => delivered("structured", [one])));
    const verified = await Promise.all(requests.map(verifier));
    expect(verified.map(({ ok }) => ok)).toEqual([true, true, false]);
  });

  it.each<[string, unknown]>([
    ["a variable that is not set", undefined],
    ["no secret", []],
    ["an empty text", ""],
    ["an empty secret", "whsec_"],
    ["a short secret", "whsec_c2hvcnQ="],
    ["a secret without its prefix", SECRET.slice("whsec_".length)],
    ["a private key", PRIVATE_KEY],
    ["a public key of 33 bytes", `whpk_${Buffer.alloc(33).toString("base64")}`],
    ["what is no base64", `whsec_${"*".repeat(32)}`],
    ["base64 of no length", `whsec_${"A".repeat(33)}`],
    ["a list with a hole", [SECRET, undefined]],
    ["a number", 5],
  ])("throws a TypeError for %s, and does not quote it", (_, secrets) => {
    const make = () => createVerifier({ secrets: secrets as string });
    expect(make).toThrow(TypeError);
    expect(make).not.toThrow(new RegExp(PRIVATE_KEY.slice(10, 20)));
  });
});

describe("readEvents", () => {
  it("gives text and bytes as they were, and data that is not there not at all", async () => {
    const text = encodeEvent({ ...ATTRIBUTES, datacontenttype: "text/plain" }, "text", '"a\\nü"');
    const binary = encodeEvent({ ...ATTRIBUTES, datacontenttype: "application/octet-stream" }, "base64", '"AP8="');
    const none = encodeEvent({ ...ATTRIBUTES, datacontenttype: undefined }, "none");
    for (const mode of ["structured", "binary"] as const) {
      const read = async (event: typeof text) => eventsOf(await check(await delivered(mode, [SECRET], event)));
      expect(await read(text)).toMatchObject({ value: [{ data: "a\nü" }] });
      expect(await read(binary)).toMatchObject({ value: [{ data_base64: "AP8=" }] });
      const { datacontenttype: _, ...rest } = ATTRIBUTES;
      expect(await read(none)).toEqual({ ok: true, value: [rest] });
    }
  });

  it("makes of each event what it is told to", async () => {
    const delivery = await check(await signed(JSON.stringify([EVENT, EVENT]), "application/cloudevents-batch+json"));
    if (!delivery.ok) throw new Error(delivery.code);
    expect(readEvents(delivery, ({ id, type }) => `${id} ${type}`)).toEqual({
      ok: true,
      value: ["e-1 com.example.thing", "e-1 com.example.thing"],
    });
  });

  it.each([
    ["application/cloudevents+json", "[]", "not_a_cloudevent"],
    ["application/cloudevents+json", "{", "invalid_json"],
    ["application/cloudevents+json", '{"specversion":"1.0"}', "missing_attribute"],
    ["application/cloudevents-batch+json", `[${JSON.stringify(EVENT)},{}]`, "missing_attribute"],
    ["application/json", "{}", "missing_attribute"],
  ])("names what is wrong with %s %s", async (contentType, body, error) => {
    expect(eventsOf(await check(await signed(body, contentType)))).toEqual({ ok: false, error });
  });
});
