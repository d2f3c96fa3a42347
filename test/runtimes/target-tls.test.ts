/** Own CAs and client certificates, against real HTTPS servers. */
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTlsSocketServer, type SecureVersion, type TlsOptions } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { type ClientTls, createUndiciClient } from "../../src/runtimes/undici-client.ts";
import type { HttpAnswer } from "../../src/sinks/http-client.ts";
import { LOOPBACK_EGRESS } from "../support/egress.ts";
import { listenOnLoopback } from "../support/loopback.ts";
import { makeSelfSigned } from "../support/self-signed.ts";

const SERVER = makeSelfSigned("localhost");
const CLIENT = makeSelfSigned("poolcast");
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface HttpsServer {
  readonly url: string;
  /** The names of the clients that asked, "" for those without a certificate. */
  readonly clients: readonly string[];
}

async function serve(options: TlsOptions = {}): Promise<HttpsServer> {
  const clients: string[] = [];
  const server = createTlsServer({ ...SERVER, ...options }, (request, response) => {
    const { socket } = request;
    const certificate = "getPeerCertificate" in socket ? Object(socket).getPeerCertificate() : {};
    clients.push(certificate.subject?.CN ?? "");
    request.resume();
    response.writeHead(204).end();
  });
  server.on("tlsClientError", () => {});
  const port = await listenOnLoopback(server);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://localhost:${port}/hook`, clients };
}

function post(url: string, tls?: ClientTls): Promise<HttpAnswer> {
  const client = createUndiciClient({ connections: 2, egress: LOOPBACK_EGRESS, tls });
  cleanups.push(client.close);
  const body = new TextEncoder().encode("{}");
  return client.send({ method: "POST", url: new URL(url), headers: {}, body, signal: AbortSignal.timeout(10_000) });
}

const failed = { ok: false, reason: "tls_failed" };

describe("a target with an own CA", () => {
  it("is reached where the CA vouches for it, with each new connection", async () => {
    const server = await serve();
    expect(await post(server.url, { ca: SERVER.cert })).toMatchObject({ ok: true, status: 204 });
    expect(await post(server.url, { ca: `${CLIENT.cert}${SERVER.cert}` })).toMatchObject({ ok: true, status: 204 });
    expect(await post(server.url, { ca: [CLIENT.cert, SERVER.cert] })).toMatchObject({ ok: true, status: 204 });
  });

  it.each<[string, TlsOptions, ClientTls | undefined]>([
    ["is signed by itself, and nobody said so", {}, undefined],
    ["is signed by another", {}, { ca: CLIENT.cert }],
    ["is expired", makeSelfSigned("localhost", true), undefined],
    ["is of another host", makeSelfSigned("other.example"), undefined],
  ])("is not reached where its certificate %s", async (_, certificate, tls) => {
    const server = await serve(certificate);
    const trusted = tls ?? (typeof certificate.cert === "string" ? { ca: certificate.cert } : undefined);
    expect(await post(server.url, trusted)).toMatchObject(failed);
    expect(server.clients).toEqual([]);
  });

  it("is not reached without a check where the environment says that none is to be made", async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    cleanups.push(() => {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    });
    const server = await serve();
    expect(await post(server.url)).toMatchObject(failed);
    expect(await post(server.url, { ca: CLIENT.cert })).toMatchObject(failed);
    expect(server.clients).toEqual([]);
  });

  it.each<SecureVersion>(["TLSv1", "TLSv1.1"])("is not reached by %s", async (version) => {
    const old = { minVersion: version, maxVersion: version, ciphers: "DEFAULT:@SECLEVEL=0" } as const;
    const server = await serve(old);
    // It does speak that version, to whoever wants it.
    const { port } = new URL(server.url);
    const socket = connect({ ...old, host: "127.0.0.1", servername: "localhost", port: Number(port), ca: SERVER.cert });
    await new Promise((done, fail) => socket.once("secureConnect", done).once("error", fail));
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
    expect(await post(server.url, { ca: SERVER.cert })).toMatchObject(failed);
    expect(await post(server.url)).toMatchObject(failed);
  });

  it("is not reached where it wants another protocol than HTTP", async () => {
    const server = createTlsSocketServer({ ...SERVER, ALPNProtocols: ["smtp"] }, (socket) =>
      socket.end("220 hello\r\n"),
    );
    server.on("tlsClientError", () => {});
    const port = await listenOnLoopback(server);
    cleanups.push(() => server.close());
    expect(await post(`https://localhost:${port}`, { ca: SERVER.cert })).toMatchObject(failed);
  });
});

describe("a target that asks for a client certificate", () => {
  const mutual = { requestCert: true, rejectUnauthorized: true, ca: CLIENT.cert };

  it("is shown the one of its own target", async () => {
    const server = await serve(mutual);
    const { cert, key } = CLIENT;
    expect(await post(server.url, { ca: SERVER.cert, cert, key })).toMatchObject({ ok: true, status: 204 });
    expect(server.clients).toEqual(["poolcast"]);
  });

  it.each<[string, Partial<ClientTls>, SecureVersion]>([
    ["none", {}, "TLSv1.3"],
    ["none", {}, "TLSv1.2"],
    ["one that it does not know", makeSelfSigned("stranger"), "TLSv1.3"],
  ])("refuses %s, and the event is not sent, over %s", async (_, own, version) => {
    const server = await serve({ ...mutual, maxVersion: version });
    const answer = await post(server.url, { ca: SERVER.cert, ...own });
    // The refusal comes after the handshake in TLS 1.3, and then may be overtaken by the end of the connection.
    expect(answer.ok ? answer.status : answer.reason).toMatch(/^(?:tls_failed|connection_failed)$/);
    expect(server.clients).toEqual([]);
  });

  it("is not shown that of another target", async () => {
    const [one, other] = [
      await serve({ requestCert: true, rejectUnauthorized: false }),
      await serve({ requestCert: true, rejectUnauthorized: false }),
    ];
    const { cert, key } = CLIENT;
    await post(one.url, { ca: SERVER.cert, cert, key });
    await post(other.url, { ca: SERVER.cert });
    expect([one.clients, other.clients]).toEqual([["poolcast"], [""]]);
  });
});

describe("PEM texts", () => {
  it.each<[string, ClientTls]>([
    ["a certificate that is none", { cert: "x", key: CLIENT.key }],
    ["a key that is none", { cert: CLIENT.cert, key: "x" }],
    ["a key of another certificate", { cert: CLIENT.cert, key: SERVER.key }],
  ])("cannot be %s", (_, tls) => {
    expect(() => createUndiciClient({ connections: 1, egress: LOOPBACK_EGRESS, tls })).toThrow();
  });
});
