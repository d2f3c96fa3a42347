/** Against servers that are real, and in most tests up to no good. */
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createUndiciClient, type UndiciClientOptions } from "../../src/runtimes/undici-client.ts";
import type { HttpAnswer, HttpClient } from "../../src/sinks/http-client.ts";
import { LOOPBACK_EGRESS, PUBLIC_EGRESS } from "../support/egress.ts";
import { listenOnLoopback } from "../support/loopback.ts";
import { onRequest, pour, type RawServer, startRawServer } from "../support/raw-server.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { makeSelfSigned } from "../support/self-signed.ts";
import { waitUntil } from "../support/wait.ts";

const BODY = new TextEncoder().encode('{"a":1}');
const LIMIT_MS = 100;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function open(options: Partial<UndiciClientOptions> = {}): HttpClient {
  const client = createUndiciClient({ connections: 4, egress: LOOPBACK_EGRESS, ...options });
  cleanups.push(client.close);
  return client;
}

function post(client: HttpClient, url: string, signal = AbortSignal.timeout(5000)): Promise<HttpAnswer> {
  return client.send({
    method: "POST",
    url: new URL(url),
    headers: { "content-type": "application/json" },
    body: BODY,
    signal,
  });
}

/** The answer, and whether it came within the limit and some grace for a busy machine. */
async function postWithin(client: HttpClient, url: string, limitMs = LIMIT_MS) {
  const startMs = performance.now();
  const answer = await post(client, url, AbortSignal.timeout(limitMs));
  return { answer, prompt: performance.now() - startMs < limitMs + 1000 };
}

async function raw(behave: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const server = await startRawServer(behave);
  cleanups.push(server.close);
  return server;
}

/** A server that sends this, whatever it is asked. */
function rawAnswer(text: string | Uint8Array): Promise<RawServer> {
  return raw((socket) => onRequest(socket, () => socket.end(text)));
}

async function recording(...answer: Parameters<typeof startRecordingSink>) {
  const server = await startRecordingSink(...answer);
  cleanups.push(server.close);
  return server;
}

async function listen(server: Server): Promise<number> {
  const port = await listenOnLoopback(server);
  cleanups.push(() => server.close());
  return port;
}

describe("a request", () => {
  it("is a POST of the very bytes and headers, and its status the answer", async () => {
    const server = await recording(() => 202);
    expect(await post(open(), server.url)).toMatchObject({ ok: true, status: 202 });
    expect(server.received[0]?.body).toEqual(Buffer.from(BODY));
    expect(server.received[0]?.headers).toMatchObject({ "content-type": "application/json", "content-length": "7" });
  });

  it.each([
    ["Retry-After: 120\r\n", "120"],
    ["Retry-After: Mon, 04 May 2026 12:00:30 GMT\r\n", "Mon, 04 May 2026 12:00:30 GMT"],
    ["", undefined],
    ["Retry-After: 1\r\nRetry-After: 2\r\n", undefined],
  ])("tells what the answer says with %j", async (header, retryAfter) => {
    const server = await rawAnswer(`HTTP/1.1 503 Busy\r\n${header}Content-Length: 0\r\n\r\n`);
    const answer = await post(open(), server.url);
    expect(answer).toMatchObject({ ok: true, status: 503 });
    expect(answer.ok && answer.header("retry-after")).toBe(retryAfter);
  });

  it("uses a connection again, instead of opening one each", async () => {
    const server = await recording();
    let connections = 0;
    server.server.on("connection", () => (connections += 1));
    const client = open({ connections: 2 });
    for (let count = 0; count < 20; count++) await post(client, server.url);
    expect(server.received).toHaveLength(20);
    expect(connections).toBeLessThanOrEqual(2);
  });

  it("waits where all its connections are taken: there are never more than agreed", async () => {
    const server = await raw((socket) => {
      socket.on("data", (data) => {
        const requests = data.toString().split("POST ").length - 1;
        setTimeout(() => socket.write("HTTP/1.1 204 No Content\r\n\r\n".repeat(requests)), 5);
      });
    });
    const client = open({ connections: 3 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(client, server.url)));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(server.mostOpen()).toBe(3);
  });

  it("follows no redirect: the second server hears nothing", async () => {
    const second = await recording();
    for (const status of [301, 302, 303, 307, 308]) {
      const first = await rawAnswer(`HTTP/1.1 ${status} Go\r\nLocation: ${second.url}\r\nContent-Length: 0\r\n\r\n`);
      expect(await post(open(), first.url)).toMatchObject({ ok: true, status });
    }
    expect(second.received).toEqual([]);
  });

  it("is sent once, also where the server breaks off", async () => {
    const server = await raw((socket) => onRequest(socket, () => socket.destroy()));
    expect(await post(open(), server.url)).toMatchObject({ ok: false, reason: "connection_failed" });
    expect(server.connections()).toBe(1);
  });
});

describe("a server that answers too little", () => {
  it("accepts and hangs: the request ends with its deadline, and the connection with it", async () => {
    let closed = 0;
    const server = await raw((socket) => socket.resume().once("close", () => (closed += 1)));
    const { answer, prompt } = await postWithin(open(), server.url);
    expect([answer, prompt]).toEqual([{ ok: false, reason: "aborted", message: "aborted" }, true]);
    await waitUntil(() => closed === 1, "the connection is closed");
  });

  it.each([1, 4])("never finishes the TLS handshake, with %d connections", async (connections) => {
    const server = await raw((socket) => socket.resume());
    const { answer, prompt } = await postWithin(open({ connections }), `https://127.0.0.1:${server.port}`);
    expect([answer, prompt]).toEqual([{ ok: false, reason: "aborted", message: "aborted" }, true]);
  });

  it.each([1, 2])("keeps all of %d connections busy: who waits for one ends with his deadline", async (connections) => {
    const server = await raw((socket) => socket.resume());
    const client = open({ connections });
    const busy = Array.from({ length: connections }, () => post(client, server.url, AbortSignal.timeout(1500)));
    const { answer, prompt } = await postWithin(client, server.url);
    expect([answer, prompt]).toEqual([{ ok: false, reason: "aborted", message: "aborted" }, true]);
    await client.close();
    await Promise.all(busy);
  });

  it("is not asked at all after the deadline", async () => {
    const server = await recording();
    expect(await post(open(), server.url, AbortSignal.abort())).toMatchObject({ ok: false, reason: "aborted" });
    expect(server.received).toEqual([]);
  });

  it.each<[string, (socket: Parameters<Parameters<typeof startRawServer>[0]>[0]) => void]>([
    ["before the request", (socket) => socket.resetAndDestroy()],
    ["after the request", (socket) => onRequest(socket, () => socket.resetAndDestroy())],
    [
      "within the head of the answer",
      (socket) => onRequest(socket, () => socket.write("HTTP/1.1 200 OK\r\nConte", () => socket.resetAndDestroy())),
    ],
  ])("resets the connection %s: nothing is known", async (_, behave) => {
    const server = await raw(behave);
    expect(await post(open(), server.url)).toMatchObject({ ok: false, reason: "connection_failed" });
  });

  it.each([
    ["resets the connection", "200 OK", "Content-Length: 10\r\n\r\nabc"],
    ["breaks off a chunked body", "503 Busy", "Transfer-Encoding: chunked\r\n\r\nffff\r\nabc"],
    ["writes a broken chunk", "200 OK", "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc"],
  ])("%s after the head of the answer: the status counts", async (_, status, rest) => {
    const server = await raw((socket) =>
      onRequest(socket, () => {
        socket.write(`HTTP/1.1 ${status}\r\n${rest}`);
        // Later, so that a reset does not overtake the head.
        setTimeout(() => socket.resetAndDestroy(), 200);
      }),
    );
    expect(await post(open(), server.url)).toMatchObject({ ok: true, status: Number.parseInt(status, 10) });
  });

  it("drips its body: with the deadline the connection ends, and the status counts", async () => {
    let closed = 0;
    const server = await raw((socket) => {
      socket.once("close", () => (closed += 1));
      onRequest(socket, () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n");
        const drip = setInterval(() => socket.write("x"), 10);
        socket.once("close", () => clearInterval(drip));
      });
    });
    const { answer, prompt } = await postWithin(open(), server.url);
    expect([answer, prompt]).toMatchObject([{ ok: true, status: 200 }, true]);
    await waitUntil(() => closed === 1, "the connection is closed");
  });
});

describe("a server that is slow", () => {
  /** Ends with a timer of its own, so that the busy half of the test ends too. */
  function drip(socket: Socket, text: string): void {
    socket.on("data", () => {});
    const timer = setInterval(() => socket.write(text), 5);
    socket.once("close", () => clearInterval(timer));
  }

  it.each([
    ["writes its status line letter by letter", (socket: Socket) => drip(socket, "H")],
    [
      "writes headers without end, one by one",
      (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\n", () => drip(socket, "a:\r\n")),
    ],
    ["writes interim answers without end", (socket: Socket) => drip(socket, "HTTP/1.1 102 Processing\r\n\r\n")],
    [
      "reads nothing for long",
      (socket: Socket) => {
        socket.pause();
        setTimeout(() => socket.resume(), 5 * LIMIT_MS);
      },
    ],
  ])("%s: the try ends with its deadline, and its slot is free for the next", async (_, behave) => {
    const server = await raw((socket, before) => {
      if (before > 0) onRequest(socket, () => socket.end("HTTP/1.1 204 No Content\r\n\r\n"));
      else behave(socket);
    });
    const client = open({ connections: 1 });
    const { answer, prompt } = await postWithin(client, server.url);
    expect(answer.ok).toBe(false);
    expect(prompt).toBe(true);
    expect(await post(client, server.url)).toMatchObject({ ok: true, status: 204 });
    await waitUntil(() => server.open() === 0, "the connection is closed");
  });

  it("resets the connection in the middle of the request: nothing is known", async () => {
    const server = await raw((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const request = { method: "POST", url: new URL(server.url), headers: {}, body: new Uint8Array(32 * 1024 ** 2) };
    const answer = await open().send({ ...request, method: "POST", signal: AbortSignal.timeout(10_000) });
    expect(answer).toMatchObject({ ok: false, reason: "connection_failed" });
  });
});

describe("a server that answers too much", () => {
  /** Of what it wrote, a part lies in the buffers of two sockets. */
  const BUFFERS = 16 * 1024 ** 2;

  it.each([
    ["an endless body", "HTTP/1.1 200 OK\r\n\r\n", 200],
    ["a body of 1 GB", `HTTP/1.1 500 Oops\r\nContent-Length: ${1024 ** 3}\r\n\r\n`, 500],
    [
      "a gzip bomb",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n",
      200,
    ],
  ])("%s: it is cut off, and the status counts", async (what, head, status) => {
    const bomb = gzipSync(Buffer.alloc(4 * 1024 ** 2));
    const chunk = what === "a gzip bomb" ? bomb : Buffer.alloc(64 * 1024, "x");
    const poured: Promise<number>[] = [];
    const server = await raw((socket) =>
      onRequest(socket, () => {
        socket.write(head);
        poured.push(pour(socket, chunk));
      }),
    );
    const before = process.memoryUsage().rss;
    const client = open();
    for (let count = 0; count < 5; count++) expect(await post(client, server.url)).toMatchObject({ ok: true, status });
    const bytes = await Promise.all(poured);
    expect(bytes).toHaveLength(5);
    expect(Math.max(...bytes)).toBeLessThan(BUFFERS);
    expect(process.memoryUsage().rss - before).toBeLessThan(6 * BUFFERS);
  });

  it("reads a body of 16 kB to its end and keeps the connection, but not one of more", async () => {
    const sizes = [16 * 1024, 16 * 1024, 100 * 1024, 10];
    const ports: (number | undefined)[] = [];
    const server = createServer((request, response) => {
      ports.push(request.socket.remotePort);
      request.resume();
      response.end(Buffer.alloc(sizes[ports.length - 1] ?? 0));
    });
    const port = await listen(server);
    const client = open({ connections: 1 });
    for (const _ of sizes) await post(client, `http://127.0.0.1:${port}`);
    const [first, second, third, fourth] = ports;
    expect([second, third]).toEqual([first, first]);
    expect(fourth).not.toBe(first);
    server.closeAllConnections();
  });

  it.each([
    ["a head of 1 MB", `HTTP/1.1 200 OK\r\nX: ${"a".repeat(1024 ** 2)}\r\n\r\n`],
    ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["HTTP/0.9", "<html>hello</html>"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"],
  ])("%s: an invalid answer, and the next one is heard", async (_, text) => {
    const server = await raw((socket, before) =>
      onRequest(socket, () => socket.end(before === 0 ? text : "HTTP/1.1 204 No Content\r\n\r\n")),
    );
    const client = open();
    expect(await post(client, server.url)).toMatchObject({ ok: false, reason: "invalid_answer" });
    expect(await post(client, server.url)).toMatchObject({ ok: true, status: 204 });
  });

  it("interim answers without end, as fast as they are read: memory stays flat, and the deadline ends it", async () => {
    const flood = Buffer.from("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(1000));
    const poured: Promise<number>[] = [];
    const server = await raw((socket) => onRequest(socket, () => poured.push(pour(socket, flood))));
    const before = process.memoryUsage().rss;
    const { answer, prompt } = await postWithin(open(), server.url, 1000);
    expect([answer, prompt]).toMatchObject([{ ok: false }, true]);
    await Promise.all(poured);
    expect(process.memoryUsage().rss - before).toBeLessThan(6 * BUFFERS);
  });

  it("a thousand interim answers: the last one counts", async () => {
    const interim = "HTTP/1.1 102 Processing\r\n\r\n".repeat(1000);
    const server = await rawAnswer(`${interim}HTTP/1.1 204 No Content\r\n\r\n`);
    expect(await post(open(), server.url)).toMatchObject({ ok: true, status: 204 });
  });
});

describe("a server that cannot be reached", () => {
  it("has a name nobody knows", async () => {
    expect(await post(open(), "http://does-not-exist.invalid/hook")).toMatchObject({ ok: false, reason: "dns_failed" });
  });

  it.each(["ESERVFAIL", "EAI_AGAIN", "ENODATA", "ENOTFOUND"])("has a name server that answers %s", async (code) => {
    const client = open({ resolve: (_, __, answer) => answer(Object.assign(new Error(code), { code }), []) });
    expect(await post(client, "http://crm.example.com")).toEqual({ ok: false, reason: "dns_failed", message: code });
  });

  it("has a name server that does not answer: the try ends with its deadline, and asks once for many", async () => {
    let asked = 0;
    const client = open({ resolve: () => (asked += 1) });
    const tries = Array.from({ length: 8 }, () => postWithin(client, "http://crm.example.com"));
    for (const { answer, prompt } of await Promise.all(tries)) {
      expect([answer, prompt]).toEqual([{ ok: false, reason: "aborted", message: "aborted" }, true]);
    }
    expect(asked).toBe(1);
  });

  it("had a name server that failed: the next try asks again", async () => {
    const server = await recording();
    const answers = [new Error("no"), null];
    const client = open({
      resolve: (_, __, answer) => answer(answers.shift() ?? null, [{ address: "127.0.0.1", family: 4 }]),
    });
    const url = server.url.replace("127.0.0.1", "crm.example.com");
    expect(await post(client, url)).toMatchObject({ ok: false });
    expect(await post(client, url)).toMatchObject({ ok: true, status: 204 });
  });

  it("refuses connections", async () => {
    const server = await startRawServer(() => {});
    await server.close();
    const answer = await post(open(), server.url);
    expect(answer).toEqual({ ok: false, reason: "connection_failed", message: "ECONNREFUSED" });
  });

  it.each([
    ["signed by itself", () => makeSelfSigned("localhost"), false],
    ["expired, though trusted", () => makeSelfSigned("localhost", true), true],
    ["of another host, though trusted", () => makeSelfSigned("other.example"), true],
  ])("shows a certificate that is %s", async (_, make, trusted) => {
    const certificate = make();
    if (trusted) trust(certificate.cert);
    let requests = 0;
    const port = await listen(createTlsServer(certificate, () => (requests += 1)));
    expect(await post(open(), `https://localhost:${port}`)).toMatchObject({ ok: false, reason: "tls_failed" });
    expect(requests).toBe(0);
  });

  it("speaks no TLS where TLS is expected", async () => {
    const server = await recording();
    const answer = await post(open(), server.url.replace("http:", "https:"));
    expect(answer).toMatchObject({ ok: false, reason: "tls_failed" });
  });
});

describe("a server with a certificate that is right", () => {
  it.each([1, 4])("is reached over TLS, by HTTP/1.1 and by HTTP/2, with %d connections", async (connections) => {
    const certificate = makeSelfSigned("localhost");
    trust(certificate.cert);
    const http1 = await listen(createTlsServer(certificate, (request, response) => request.resume() && response.end()));
    const http2 = createSecureServer(certificate, (request, response) => {
      request.resume();
      if (request.url !== "/hang") response.writeHead(request.httpVersionMajor === 2 ? 202 : 505).end("x".repeat(1e5));
    });
    const port = await listen(http2);
    const client = open({ connections });
    expect(await post(client, `https://localhost:${http1}`)).toMatchObject({ ok: true, status: 200 });
    const hung = postWithin(client, `https://localhost:${port}/hang`);
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(client, `https://localhost:${port}`)));
    expect(answers).toMatchObject(Array(8).fill({ ok: true, status: 202 }));
    expect(await hung).toMatchObject({ answer: { reason: "aborted" }, prompt: true });
  });
});

function trust(certificate: string): void {
  const before = getCACertificates("default");
  setDefaultCACertificates([...before, certificate]);
  cleanups.push(() => setDefaultCACertificates(before));
}

describe("an address that targets may not reach", () => {
  const refused = { ok: false, reason: "address_refused" };

  it.each(["127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"])(
    "is refused as the literal %s, before any connection",
    async (host) => {
      const server = await raw(() => {});
      expect(await post(open({ egress: PUBLIC_EGRESS }), `http://${host}:${server.port}`)).toMatchObject(refused);
      expect(server.connections()).toBe(0);
    },
  );

  it.each([1, 4])("is refused behind a name, by http and https, with %d connections", async (connections) => {
    const server = await raw(() => {});
    const client = open({ egress: PUBLIC_EGRESS, connections });
    expect(await post(client, `http://localhost:${server.port}`)).toMatchObject(refused);
    expect(await post(client, `https://localhost:${server.port}`)).toMatchObject(refused);
    expect(server.connections()).toBe(0);
  });

  it("is refused behind a name that has a public address as well", async () => {
    const asked: string[] = [];
    const client = open({
      egress: PUBLIC_EGRESS,
      resolve(hostname, _, answer) {
        asked.push(hostname);
        answer(null, [
          { address: "203.0.112.1", family: 4 },
          { address: "127.0.0.1", family: 4 },
        ]);
      },
    });
    expect(await post(client, "http://hook.example.com")).toMatchObject(refused);
    expect(asked).toEqual(["hook.example.com"]);
  });

  it("is refused in whatever family it comes", async () => {
    for (const address of [
      "::1",
      "fd00:ec2::254",
      "64:ff9b::a9fe:a9fe",
      "::ffff:169.254.169.254",
      "2002:a9fe:a9fe::",
    ]) {
      const client = open({
        egress: PUBLIC_EGRESS,
        resolve: (_, __, answer) => answer(null, [{ address, family: 6 }]),
      });
      expect(await post(client, "http://hook.example.com")).toMatchObject(refused);
    }
  });

  it("is refused at a port that public hosts are not reached on, though the URL could not tell", async () => {
    const client = open({ resolve: (_, __, answer) => answer(null, [{ address: "1.1.1.1", family: 4 }]) });
    const answer = await post(client, "http://hook.example.com:6379");
    expect(answer).toMatchObject({ ...refused, message: expect.stringMatching(/: port$/) });
  });

  it("is refused by its scheme and by its name before anybody is asked", async () => {
    let asked = 0;
    const client = open({ resolve: () => (asked += 1) });
    for (const url of ["ftp://a.example", "http://u:p@a.example", "http://metadata.google.internal", "http://a..b"]) {
      expect(await post(client, url)).toMatchObject(refused);
    }
    expect(asked).toBe(0);
  });

  it("is refused when a name that was allowed comes to mean it, with each new connection", async () => {
    const server = await raw((socket) => onRequest(socket, () => socket.end("HTTP/1.1 204 No Content\r\n\r\n")));
    const answers = ["127.0.0.1", "127.0.0.1", "169.254.169.254"];
    const client = open({
      egress: LOOPBACK_EGRESS,
      resolve: (_, __, answer) => answer(null, [{ address: answers.shift() ?? "10.0.0.1", family: 4 }]),
    });
    const url = `http://hook.example.com:${server.port}`;
    const results = [await post(client, url), await post(client, url), await post(client, url)];
    expect(results).toMatchObject([{ status: 204 }, { status: 204 }, refused]);
  });
});

describe("what no request can carry", () => {
  it.each([
    ["a line break in a header", { "x-a": "a\r\nb: c" }],
    ["a character that is no Latin-1", { "x-a": "€" }],
    ["a name with a space", { "x a": "b" }],
  ])("%s is unsendable", async (_, headers) => {
    const server = await recording();
    const request = {
      method: "POST",
      url: new URL(server.url),
      headers,
      body: BODY,
      signal: AbortSignal.timeout(5000),
    } as const;
    expect(await open().send(request)).toMatchObject({ ok: false, reason: "unsendable" });
    expect(server.received).toEqual([]);
  });
});

describe("close", () => {
  it("ends what is under way", async () => {
    const server = await raw((socket) => socket.resume());
    const client = open();
    const waiting = post(client, server.url);
    await waitUntil(() => server.connections() === 1, "the request is under way");
    await client.close();
    expect(await waiting).toMatchObject({ ok: false, reason: "connection_failed" });
  });
});
