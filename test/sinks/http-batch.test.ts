/** Batched mode over real HTTP, read and verified by `poolcast/verify` and the library of Standard Webhooks. */
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import { type EncodedEvent, encodeEvent } from "../../src/core/event.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { createUndiciClient } from "../../src/runtimes/undici-client.ts";
import { createHttpSink, type HttpSinkOptions, webhookId } from "../../src/sinks/http.ts";
import type { Sink } from "../../src/sinks/sink.ts";
import { createVerifier } from "../../src/verify/verify.ts";
import { LOOPBACK_EGRESS } from "../support/egress.ts";
import { listenOnLoopback } from "../support/loopback.ts";
import { type Received, startRecordingSink } from "../support/recording-sink.ts";
import { createSteppedClock, openTargetSink, startAnsweringServer } from "../support/target-kit.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const KEY_PAIR = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const { signal } = new AbortController();

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function event(id: string, data = `{ "id":${JSON.stringify(id)},"n" : 1.0 }`): EncodedEvent {
  return encodeEvent({ specversion: "1.0", id, source: "/crm", type: "com.example.thing", road: "s3" }, "json", data);
}

async function openReceiver() {
  const receiver = await startRecordingSink();
  cleanups.push(receiver.close);
  return receiver;
}

function open(url: string, options: Partial<HttpSinkOptions> = {}): Sink {
  const client = createUndiciClient({ connections: 4, egress: LOOPBACK_EGRESS });
  const sink = createHttpSink(
    { url, mode: "batch", secrets: [], headers: {}, ...options },
    { client, clock: Date.now, sha256 },
  );
  cleanups.push(sink.close);
  return sink;
}

async function deliver(events: readonly EncodedEvent[], options: Partial<HttpSinkOptions> = {}): Promise<Received> {
  const receiver = await openReceiver();
  const result = await open(receiver.url, options).sendBatch?.(events, signal);
  expect(result).toMatchObject({ kind: "answer", status: 204 });
  const [one, ...others] = receiver.received;
  if (!one) throw new Error("nothing was received");
  expect(others).toEqual([]);
  return one;
}

describe("a batch", () => {
  it("is a JSON array of the very bytes that are stored", async () => {
    const events = [
      event("a"),
      event("ü😀"),
      encodeEvent({ specversion: "1.0", id: "n", source: "/s", type: "t" }, "none"),
    ];
    const { headers, body } = await deliver(events);
    const stored = events.map(({ bytes }) => new TextDecoder().decode(bytes));
    expect(body.toString()).toBe(`[${stored.join(",")}]`);
    expect(JSON.parse(body.toString())).toHaveLength(3);
    expect(headers["content-type"]).toBe("application/cloudevents-batch+json; charset=UTF-8");
    expect(headers["content-length"]).toBe(String(body.length));
    expect(Object.keys(headers).filter((name) => name.startsWith("ce-"))).toEqual([]);
  });

  it("of one event is an array too, and has that event's own webhook-id", async () => {
    const { headers, body } = await deliver([event("d3a90000-1")]);
    expect(JSON.parse(body.toString())).toHaveLength(1);
    expect(headers["webhook-id"]).toBe("d3a90000-1");
    const receiver = await openReceiver();
    await open(receiver.url).send(event("d3a90000-1"), signal);
    expect(receiver.received[0]?.body.toString()).toBe(body.toString());
    expect(receiver.received[0]?.headers["webhook-id"]).toBe("d3a90000-1");
  });

  it("has an id of its own that stays with it, and that no other batch and no event has", async () => {
    const ids: unknown[] = [];
    for (const names of [["a", "b"], ["a", "b"], ["b", "a"], ["a", "b", "c"], ["ab"], ["a"]]) {
      ids.push((await deliver(names.map((name) => event(name)))).headers["webhook-id"]);
    }
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(5);
    expect(ids[0]).toMatch(/^batch_[0-9a-f]{32}$/);
    expect(ids[5]).toBe(webhookId({ specversion: "1.0", id: "a", source: "/crm", type: "t", road: "s3" }, sha256));
  });

  it("is signed as a whole, by every secret", async () => {
    const { headers, body } = await deliver([event("a"), event("b")], { secrets: [SECRET, KEY_PAIR] });
    const signed = new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]));
    expect(new Webhook(SECRET).verify(body.toString(), Object.fromEntries(signed))).toHaveLength(2);
    expect(
      String(headers["webhook-signature"])
        .split(" ")
        .map((one) => one.split(",")[0]),
    ).toEqual(["v1", "v1a"]);
    const request = new Request("http://receiver.example/", {
      method: "POST",
      headers: signed,
      body: new Uint8Array(body),
    });
    const delivery = await createVerifier({ secrets: [SECRET] })(request);
    expect(delivery).toMatchObject({ ok: true, mode: "batch", id: headers["webhook-id"] });
  });

  it("with a damaged event in it is not sent at all, and says that it cannot be", async () => {
    const damaged = { ...event("x"), bytes: new TextEncoder().encode('{"secret":"'), dataOffset: 11 };
    const receiver = await openReceiver();
    const result = await open(receiver.url).sendBatch?.([event("a"), damaged], signal);
    expect(result).toMatchObject({ kind: "failure", reason: "unsendable" });
    expect(receiver.received).toEqual([]);
  });

  it("is sent again with a new token, as it was, where the target answers 401", async () => {
    let tokens = 0;
    const login = await startAnsweringServer((_, response) => {
      tokens += 1;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ access_token: `token-${tokens}`, token_type: "Bearer", expires_in: 3600 }));
    });
    const target = await startAnsweringServer(({ headers }, response) => {
      response.writeHead(headers.authorization === "Bearer token-2" ? 204 : 401).end();
    });
    cleanups.push(login.close, target.close);
    const oauth2 = { tokenUrl: login.url, clientId: "i", clientSecret: "s" };
    const { sink } = openTargetSink({ url: target.url, mode: "batch", auth: { oauth2 } }, createSteppedClock());
    cleanups.push(sink.close);
    expect(await sink.sendBatch?.([event("a"), event("b")], signal)).toMatchObject({ kind: "answer", status: 204 });
    expect(target.asked.map(({ body }) => JSON.parse(body).length)).toEqual([2, 2]);
    expect(new Set(target.asked.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("is one turn of the rate that a handshake agreed on", async () => {
    const target = await startAnsweringServer(({ method }, response) => {
      if (method === "OPTIONS")
        response.setHeader("webhook-allowed-origin", "*").setHeader("webhook-allowed-rate", "60");
      response.writeHead(200).end();
    });
    cleanups.push(target.close);
    const handshake = { origin: "poolcast", patienceMs: 50 };
    const { sink } = openTargetSink({ url: target.url, mode: "batch", handshake }, createSteppedClock());
    cleanups.push(sink.close);
    const some = ["a", "b", "c"].map((id) => event(id));
    expect(await sink.sendBatch?.(some, signal)).toMatchObject({ kind: "answer", status: 200 });
    expect(await sink.sendBatch?.(some, signal)).toMatchObject({ kind: "failure", reason: "aborted" });
    expect(target.asked.map(({ method }) => method)).toEqual(["OPTIONS", "POST"]);
  });

  it("that nobody answers to the end fails as a whole", async () => {
    const server = createServer((request) => request.socket.destroy());
    const port = await listenOnLoopback(server);
    cleanups.push(() => server.close());
    const result = await open(`http://127.0.0.1:${port}/`).sendBatch?.([event("a"), event("b")], signal);
    expect(result).toMatchObject({ kind: "failure", reason: "connection_failed" });
  });
});

it("in the other modes there is no way to send several events at once", () => {
  for (const mode of ["binary", "structured"] as const) {
    expect(open("http://127.0.0.1:1/", { mode }).sendBatch).toBeUndefined();
  }
});
