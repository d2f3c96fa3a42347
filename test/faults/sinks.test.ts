/**
 * One gateway, real, with one target for each way in which targets go wrong, all at once, and one that works. Each fault
 * by itself, to the byte, is in test/runtimes/undici-client.test.ts; here it is seen what becomes of the events.
 */
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { listenOnLoopback } from "../support/loopback.ts";
import { onRequest, pour, startRawServer } from "../support/raw-server.ts";
import { makeSelfSigned } from "../support/self-signed.ts";
import { type Asked, startAnsweringServer } from "../support/target-kit.ts";
import { waitUntil } from "../support/wait.ts";

const TAKEN = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
/** Long, since the machine may be busy: a target that only hesitates must not look like one that hangs. */
const TIMEOUT_MS = 3000;

const cleanups: (() => unknown)[] = [];
const urls = new Map<string, string>();
let gateway: GatewayProcess;
let posted = 0;

/** Those that speak HTTP, and what they were asked. */
const answering = new Map<string, readonly Asked[]>();
/** Those that do not, and how often they were connected to. */
const raw = new Map<string, () => number>();

async function addAnswering(name: string, answer: Parameters<typeof startAnsweringServer>[0]): Promise<void> {
  const server = await startAnsweringServer(answer);
  cleanups.push(server.close);
  urls.set(name, `${server.url}/`);
  answering.set(name, server.asked);
}

/** Behaves badly on its first connections, then takes what comes. */
async function addRaw(name: string, times: number, behave: (socket: Socket) => void): Promise<void> {
  const server = await startRawServer((socket, before) => {
    if (before < times) behave(socket);
    else onRequest(socket, () => socket.end(TAKEN));
  });
  cleanups.push(server.close);
  urls.set(name, server.url);
  raw.set(name, server.connections);
}

async function addTls(name: string, options: TlsOptions): Promise<void> {
  const server = createTlsServer(options, (_, response) => response.writeHead(204).end());
  const port = await listenOnLoopback(server);
  cleanups.push(() => server.close());
  urls.set(name, `https://localhost:${port}/`);
}

const RETRY_AFTER = {
  seconds: () => "1",
  date: () => new Date(Date.now() + 2000).toUTCString(),
  negative: () => "-5",
  nonsense: () => "abc",
  "for ever": () => "1000000000",
} as const;

const REDIRECTS = [301, 302, 303, 307, 308] as const;
const CERTIFICATES = ["self-signed", "expired", "of another host"] as const;
const bomb = gzipSync(Buffer.alloc(4 * 1024 ** 2));

beforeAll(async () => {
  await addAnswering("works", (_, response) => response.writeHead(204).end());
  await addAnswering("500", (_, response, before) => response.writeHead(before < 5 ? 500 : 204).end());
  for (const [name, value] of Object.entries(RETRY_AFTER)) {
    for (const status of [429, 503]) {
      await addAnswering(`${status} ${name}`, (_, response, before) =>
        before === 0 ? response.writeHead(status, { "retry-after": value() }).end() : response.writeHead(204).end(),
      );
    }
  }
  await addAnswering("410", (_, response) => response.writeHead(410).end());
  await addAnswering("second server", (_, response) => response.writeHead(204).end());
  for (const status of REDIRECTS) {
    await addAnswering(`${status}`, (_, response, before) =>
      before < 2
        ? response.writeHead(status, { location: urls.get("second server") }).end()
        : response.writeHead(204).end(),
    );
  }
  await addAnswering("422", ({ headers }, response) =>
    response.writeHead(headers["ce-id"] === "bad" ? 422 : 204).end(),
  );
  await addAnswering("CloudEvent in the answer", (_, response) =>
    response
      .writeHead(200, {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "r",
        "ce-source": "/r",
        "ce-type": "t",
      })
      .end("{}"),
  );

  await addRaw("hangs", 2, (socket) => socket.resume());
  await addRaw("never reads", 1, (socket) => socket.pause());
  await addRaw("drips its head", 1, (socket) => {
    socket.resume();
    socket.write("HTTP/1.1 200 OK\r\n");
    const drip = setInterval(() => socket.write("a:\r\n"), 50);
    socket.once("close", () => clearInterval(drip));
  });
  await addRaw("drips its body", 1, (socket) =>
    onRequest(socket, () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
      const drip = setInterval(() => socket.write("x"), 50);
      socket.once("close", () => clearInterval(drip));
    }),
  );
  await addRaw("endless body", 1, (socket) =>
    onRequest(socket, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      pour(socket, Buffer.alloc(65_536, "x"));
    }),
  );
  await addRaw("1 GB body", 1, (socket) =>
    onRequest(socket, () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 ** 3}\r\n\r\n`);
      pour(socket, Buffer.alloc(65_536, "x"));
    }),
  );
  await addRaw("gzip bomb", 1, (socket) =>
    onRequest(socket, () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
      pour(socket, bomb);
    }),
  );
  await addRaw("reset before the request", 2, (socket) => socket.resetAndDestroy());
  await addRaw("reset during the request", 2, (socket) => socket.once("data", () => socket.resetAndDestroy()));
  await addRaw("reset within the head of the answer", 2, (socket) =>
    onRequest(socket, () => socket.write("HTTP/1.1 200 OK\r\nConte", () => socket.resetAndDestroy())),
  );
  await addRaw("reset after the head of the answer", 1, (socket) =>
    onRequest(socket, () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
      // Later, so that the reset does not overtake the head.
      setTimeout(() => socket.resetAndDestroy(), 50);
    }),
  );
  await addRaw("HTTP/0.9", 1, (socket) => onRequest(socket, () => socket.end("<html>hello</html>")));
  await addRaw("bad header", 1, (socket) => onRequest(socket, () => socket.end("HTTP/1.1 200 OK\r\n: x\r\n\r\n")));
  await addRaw("1xx flood", 1, (socket) =>
    onRequest(socket, () => pour(socket, Buffer.from("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000)))),
  );
  await addTls("self-signed", makeSelfSigned("localhost"));
  await addTls("expired", makeSelfSigned("localhost", true));
  await addTls("of another host", makeSelfSigned("other.example"));
  await addTls("TLS 1.0", { ...makeSelfSigned("localhost"), minVersion: "TLSv1", maxVersion: "TLSv1" });
  urls.set("unknown name", "http://no-such-host.invalid/");

  const delivery = { backoffPolicy: "constant", backoffDelay: "PT0.05S", timeout: `PT${TIMEOUT_MS / 1000}S` };
  const subscriptions = Object.fromEntries(
    [...urls]
      .filter(([name]) => name !== "second server")
      .map(([name, url]) => [nameOf(name), { target: { url }, delivery }]),
  );
  const place = makePlace();
  cleanups.push(place.remove);
  place.writeConfig(JSON.stringify({ ingest: { events: { apiKeys: ["k"] } }, subscriptions }));
  gateway = await place.start();
  await postEvent("good");
  await waitUntil(() => asked("works").length === 1, "the target that works has the event");
}, 60_000);

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function nameOf(fault: string): string {
  return fault.replaceAll(/[^A-Za-z0-9]+/g, "-");
}

async function postEvent(id: string, body = '{"n":1.0}'): Promise<void> {
  const headers = { "content-type": "application/json", "x-api-key": "k", "ce-specversion": "1.0", "ce-id": id };
  const all = { ...headers, "ce-source": "/faults", "ce-type": "com.example.fault" };
  const { status } = await fetch(`${gateway.url}/ingest/events`, { method: "POST", headers: all, body });
  expect(status).toBe(202);
  posted += 1;
}

function asked(name: string): readonly Asked[] {
  return answering.get(name) ?? [];
}

async function metric(name: string, labels: string): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name}{${labels}}`));
  return Number(line?.split(" ").at(-1) ?? 0);
}

function delivered(fault: string): Promise<number> {
  return metric("poolcast_delivered_total", `subscription="${nameOf(fault)}"`);
}

function retried(fault: string, reason: string): Promise<number> {
  return metric("poolcast_retried_total", `subscription="${nameOf(fault)}",reason="${reason}"`);
}

describe("a sink that", { timeout: 60_000 }, () => {
  it("answers 500 five times, then 200: is asked six times, with the same id and bytes, and takes the event once", async () => {
    await waitUntil(async () => (await delivered("500")) >= 1, "the event is taken");
    const tries = asked("500").filter(({ headers }) => headers["ce-id"] === "good");
    expect(tries).toHaveLength(6);
    expect(new Set(tries.map(({ headers, body }) => `${headers["webhook-id"]} ${body}`)).size).toBe(1);
    expect(await retried("500", "status_500")).toBe(5);
  });

  describe.each([429, 503])("answers %d with Retry-After", (status) => {
    it.each(["seconds", "date"])("in %s: is left alone until then", async (kind) => {
      await waitUntil(async () => (await delivered(`${status} ${kind}`)) >= 1, "the event is taken");
      expect(asked(`${status} ${kind}`)).toHaveLength(2);
    });

    it.each(["negative", "nonsense"])("%s: is tried again on schedule", async (kind) => {
      await waitUntil(async () => (await delivered(`${status} ${kind}`)) >= 1, "the event is taken");
      expect(asked(`${status} ${kind}`)).toHaveLength(2);
    });

    it("of 30 years: is not asked again today, and rests", async () => {
      await waitUntil(async () => (await stateOf(`${status} for ever`)) === "resting", "it rests");
      expect(asked(`${status} for ever`)).toHaveLength(1);
    });
  });

  it("answers 410: is disabled, keeps its backlog and hears no more", async () => {
    await waitUntil(async () => (await stateOf("410")) === "disabled", "it is disabled");
    await postEvent("after 410");
    await waitUntil(() => asked("works").some(({ headers }) => headers["ce-id"] === "after%20410"), "others have it");
    expect(asked("410")).toHaveLength(1);
    expect(await metric("poolcast_backlog_events", 'subscription="410"')).toBeGreaterThanOrEqual(2);
  });

  it.each(REDIRECTS)(
    "redirects with %d: is asked itself again, and the second server hears nothing",
    async (status) => {
      await waitUntil(async () => (await delivered(`${status}`)) >= 1, "the event is taken");
      expect(asked(`${status}`).length).toBeGreaterThanOrEqual(3);
      expect(asked("second server")).toEqual([]);
    },
  );

  it.each(["hangs", "never reads", "drips its head"])(
    "accepts and %s: each try ends with its timeout",
    async (fault) => {
      await waitUntil(async () => (await delivered(fault)) >= 1, "the event is taken");
      expect(await retried(fault, "timeout")).toBeGreaterThanOrEqual(1);
    },
  );

  it.each(["drips its body", "endless body", "1 GB body", "gzip bomb"])(
    "answers 200 and %s: is cut off, and has taken the event by its status",
    async (fault) => {
      await waitUntil(async () => (await delivered(fault)) >= 1, "the event is taken");
      expect(await metric("poolcast_attempt_duration_seconds_count", `subscription="${nameOf(fault)}"`)).toBe(
        await delivered(fault),
      );
    },
  );

  it.each(["reset before the request", "reset during the request", "reset within the head of the answer"])(
    "%s: is tried again",
    async (fault) => {
      await waitUntil(async () => (await delivered(fault)) >= 1, "the event is taken");
      expect(await retried(fault, "connection_failed")).toBeGreaterThanOrEqual(1);
    },
  );

  it("reset after the head of a 2xx answer: has taken the event", async () => {
    const fault = "reset after the head of the answer";
    await waitUntil(async () => (await delivered(fault)) >= 1, "the event is taken");
    expect(await retried(fault, "connection_failed")).toBe(0);
  });

  it.each([...CERTIFICATES, "TLS 1.0"])("has bad TLS (%s): gets nothing, for that reason", async (fault) => {
    await waitUntil(async () => (await retried(fault, "tls_failed")) >= 1, "the reason is counted");
    expect(await delivered(fault)).toBe(0);
  });

  it("has a name that DNS does not know: is looked up again with each try", async () => {
    await waitUntil(async () => (await retried("unknown name", "dns_failed")) >= 2, "the reason is counted");
  });

  it.each(["HTTP/0.9", "bad header", "1xx flood"])("answers no valid HTTP (%s): is tried again", async (fault) => {
    await waitUntil(async () => (await delivered(fault)) >= 1, "the event is taken");
    expect((await retried(fault, "invalid_answer")) + (await retried(fault, "timeout"))).toBeGreaterThanOrEqual(1);
  });

  it("answers 200 with a CloudEvent: its reply becomes no event", async () => {
    await waitUntil(async () => (await delivered("CloudEvent in the answer")) >= 1, "the event is taken");
    expect(await metric("poolcast_ingest_accepted_total", 'road="events"')).toBe(posted);
  });

  it("answers 422 to one event (poison) always: that one dies after three tries, and its neighbours flow", async () => {
    await postEvent("bad");
    await postEvent("next");
    const dead = () => metric("poolcast_dead_total", 'subscription="422",reason="rejected"');
    await waitUntil(async () => (await dead()) === 1, "the poison is dead");
    expect(asked("422").filter(({ headers }) => headers["ce-id"] === "bad")).toHaveLength(3);
    await waitUntil(() => asked("422").some(({ headers }) => headers["ce-id"] === "next"), "the next one is delivered");
  });

  it("works: gets also what is poison for us, data that is nested 200,000 levels deep, to the byte", async () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    await postEvent("deep", deep);
    const found = () => asked("works").find(({ headers }) => headers["ce-id"] === "deep");
    await waitUntil(() => found() !== undefined, "it is delivered");
    expect(found()?.body === deep).toBe(true);
  });

  it("works, beside all those that are dead: gets everything meanwhile, and the process is the same", async () => {
    for (let at = 0; at < 50; at++) await postEvent(`beside-${at}`);
    await waitUntil(() => asked("works").length === posted, "it has every event");
    const answer = await fetch(`${gateway.url}/healthz`);
    expect(answer.status).toBe(200);
  });
});

async function stateOf(fault: string): Promise<unknown> {
  const { subscriptions } = (await (await fetch(`${gateway.url}/readyz`)).json()) as {
    readonly subscriptions: readonly { readonly subscription: string; readonly state: string }[];
  };
  return subscriptions.find(({ subscription }) => subscription === nameOf(fault))?.state;
}
