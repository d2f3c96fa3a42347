/** Against servers that are real, and in some tests up to no good; the same client in workerd: worker.test.ts. */
import { afterEach, describe, expect, it } from "vitest";
import { createFetchClient } from "../../src/runtimes/fetch-client.ts";
import type { HttpRequest } from "../../src/sinks/http-client.ts";
import { MAX_ANSWER_BYTES } from "../../src/sinks/sink.ts";
import { LOOPBACK_EGRESS, PUBLIC_EGRESS } from "../support/egress.ts";
import { onRequest, pour, startRawServer } from "../support/raw-server.ts";
import { startRecordingSink } from "../support/recording-sink.ts";

const POURED = new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n");
const BODY = new TextEncoder().encode('{"a":1}');

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function send(url: string, more: Partial<HttpRequest> = {}, egress = LOOPBACK_EGRESS) {
  const headers = { "content-type": "application/json" };
  const signal = AbortSignal.timeout(30_000);
  return createFetchClient(egress).send({ method: "POST", url: new URL(url), headers, body: BODY, signal, ...more });
}

async function raw(behave: Parameters<typeof startRawServer>[0]) {
  const server = await startRawServer(behave);
  cleanups.push(server.close);
  return server;
}

describe("a request by fetch", () => {
  it("is a POST of the very bytes and headers, and its status the answer", async () => {
    const server = await startRecordingSink(() => 202);
    cleanups.push(server.close);
    expect(await send(server.url)).toMatchObject({ ok: true, status: 202 });
    expect(server.received[0]?.body).toEqual(Buffer.from(BODY));
    expect(server.received[0]?.headers).toMatchObject({ "content-type": "application/json" });
  });

  it.each(["301", "307", "308"])("follows no redirect: %s", async (status) => {
    const second = await startRecordingSink();
    cleanups.push(second.close);
    const text = `HTTP/1.1 ${status} Go\r\nLocation: ${second.url}\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n`;
    const first = await raw((socket) => onRequest(socket, () => socket.end(text)));
    const answer = await send(first.url);
    expect(answer).toMatchObject({ ok: true, status: Number(status) });
    expect(answer.ok && answer.header("retry-after")).toBe("7");
    expect(second.received).toEqual([]);
  });

  it("reads so much of an answer and no more, and nothing that is not wanted", async () => {
    const server = await raw((socket) => onRequest(socket, () => pour(socket, POURED)));
    const kept = await send(server.url, { keepBody: true });
    expect(kept.ok && kept.body?.length).toBe(MAX_ANSWER_BYTES);
    const dropped = await send(server.url);
    expect(dropped.ok && [dropped.status, dropped.body]).toEqual([200, undefined]);
  });

  it("keeps what there was of an answer that breaks off", async () => {
    const text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    const server = await raw((socket) => onRequest(socket, () => socket.write(text, () => socket.end())));
    const answer = await send(server.url, { keepBody: true });
    expect(answer.ok && new TextDecoder().decode(answer.body)).toBe("half");
  });

  it("ends when it is told to", async () => {
    const server = await raw((socket) => socket.resume());
    const answer = await send(server.url, { signal: AbortSignal.timeout(100) });
    expect(answer).toEqual({ ok: false, reason: "aborted", message: "aborted" });
  });

  it("fails where nobody answers, with nothing of the request in the message", async () => {
    const server = await raw((socket) => onRequest(socket, () => socket.destroy()));
    expect(await send(`${server.url}/?token=secret`)).toEqual({
      ok: false,
      reason: "connection_failed",
      message: "TypeError",
    });
  });

  it("goes nowhere that the policy forbids, and writes no header that cannot be", async () => {
    expect(await send("https://127.0.0.1:8443/", {}, PUBLIC_EGRESS)).toMatchObject({ reason: "address_refused" });
    expect(await send("http://10.0.0.1/", {}, PUBLIC_EGRESS)).toMatchObject({ reason: "address_refused" });
    expect(await send("http://127.0.0.1:1/", { headers: { a: "b\nc" } })).toMatchObject({ reason: "unsendable" });
  });
});
