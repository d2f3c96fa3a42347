import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { snsFetch } from "../../src/runtimes/sns-fetch.ts";
import { listenOnLoopback } from "../support/loopback.ts";
import { pour, startRawServer } from "../support/raw-server.ts";

const LIMITS = { maxBytes: 16 * 1024, timeoutMs: 500 };
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  const port = await listenOnLoopback(server);
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${port}`;
}

describe("snsFetch", () => {
  it("gets a text, without credentials, up to the limit", async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      seen.push(request.method, request.url, request.headers.authorization, request.headers.cookie);
      response.setHeader("set-cookie", "a=b").end("ü".repeat(8 * 1024));
    });
    for (let n = 0; n < 2; n++) {
      expect(await snsFetch(`${url}/x?y=z`, LIMITS)).toEqual({ ok: true, value: "ü".repeat(8 * 1024) });
    }
    expect(seen.slice(4)).toEqual(["GET", "/x?y=z", undefined, undefined]);
  });

  it.each([400, 404, 500, 503])("says that the answer was %i", async (status) => {
    const url = await serve((_request, response) => response.writeHead(status).end("no"));
    expect(await snsFetch(url, LIMITS)).toEqual({ ok: false, error: `status_${status}` });
  });

  it.each([301, 302, 303, 307, 308])("does not follow a %i", async (status) => {
    let asked = 0;
    const elsewhere = await serve((_request, response) => {
      asked += 1;
      response.end("certificate");
    });
    const url = await serve((_request, response) => response.writeHead(status, { location: elsewhere }).end());
    expect(await snsFetch(url, LIMITS)).toEqual({ ok: false, error: `status_${status}` });
    expect(asked).toBe(0);
  });

  it("gives up what is too large while it comes, whatever length it claims", async () => {
    let taken: Promise<number> | undefined;
    const server = await startRawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        taken = pour(socket, Buffer.alloc(64 * 1024, "x"));
      });
    });
    closers.push(server.close);
    expect(await snsFetch(server.url, { ...LIMITS, timeoutMs: 5000 })).toEqual({ ok: false, error: "too_large" });
    expect(await taken).toBeLessThan(64 * 1024 ** 2);
  });

  it("counts what it unpacks to", async () => {
    const { gzipSync } = await import("node:zlib");
    const bomb = gzipSync(Buffer.alloc(8 * 1024 ** 2));
    const url = await serve((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    expect(await snsFetch(url, LIMITS)).toEqual({ ok: false, error: "too_large" });
  });

  it.each([
    ["never answers", () => {}],
    ["never ends its answer", (_request, response) => void response.write("a")],
  ] satisfies [string, RequestListener][])("does not wait for one who %s", async (_name, listener) => {
    const url = await serve(listener);
    expect(await snsFetch(url, LIMITS)).toEqual({ ok: false, error: "timeout" });
  });

  it("says that nobody is there", async () => {
    const server = await startRawServer(() => {});
    await server.close();
    expect(await snsFetch(server.url, LIMITS)).toEqual({ ok: false, error: "connection_failed" });
  });
});
