/** The real gateway before targets with all that a target can ask for. */
import { generateKeyPairSync } from "node:crypto";
import { createServer as createTlsServer } from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readEvents, verify } from "../../src/verify/index.ts";
import { type GatewayPlace, type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { listenOnLoopback } from "../support/loopback.ts";
import { startRawServer } from "../support/raw-server.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { makeSelfSigned } from "../support/self-signed.ts";
import { startAnsweringServer } from "../support/target-kit.ts";
import { waitUntil } from "../support/wait.ts";

let place: GatewayPlace;
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => {
  await place.remove();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function postEvents({ url }: GatewayProcess, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, at) => ({
    specversion: "1.0",
    id: `e-${at}`,
    source: "/crm",
    type: "com.example.thing",
    data: { at },
  }));
  const response = await fetch(`${url}/ingest/events`, {
    method: "POST",
    headers: { "content-type": "application/cloudevents-batch+json" },
    body: JSON.stringify(events),
  });
  expect(await response.json()).toMatchObject({ accepted: count });
}

async function metric({ url }: GatewayProcess, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, "m").exec(text)?.[1] ?? 0);
}

describe("a target behind mutual TLS, OAuth2, a handshake and a key pair", { timeout: 60_000 }, () => {
  it("is sent events that it can verify, once it has agreed", async () => {
    const [server, client] = [makeSelfSigned("localhost"), makeSelfSigned("poolcast")];
    const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
    const base64 = (part: string) => Buffer.from(part, "base64url").toString("base64");
    const login = await startAnsweringServer((_, response) =>
      response.end(JSON.stringify({ access_token: "t0", token_type: "Bearer", expires_in: 60 })),
    );
    cleanups.push(login.close);
    const requests: Request[] = [];
    const mutual = { ...server, ca: client.cert, requestCert: true, rejectUnauthorized: true };
    const target = createTlsServer(mutual, async (incoming, response) => {
      const { method = "", headers } = incoming;
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const body = method === "POST" ? { body: Buffer.concat(chunks) } : {};
      requests.push(new Request("https://localhost/hook", { method, headers: headers as HeadersInit, ...body }));
      const granted = { "webhook-allowed-origin": "events.example.com", "webhook-allowed-rate": "*" };
      if (headers.authorization !== "Bearer t0") response.writeHead(401).end();
      else response.writeHead(200, method === "OPTIONS" ? granted : {}).end();
    });
    const port = await listenOnLoopback(target);
    cleanups.push(() => {
      target.closeAllConnections();
      target.close();
    });
    const config = {
      publicUrl: "https://events.example.com",
      subscriptions: {
        crm: {
          target: {
            url: `https://localhost:${port}/hook`,
            secret: `whsk_${base64(d)}`,
            auth: { oauth2: { tokenUrl: login.url, clientId: "c", clientSecret: "canary-s3cr3t" } },
            tls: { ca: server.cert, ...client },
            handshake: true,
          },
        },
      },
    };
    place.writeConfig(JSON.stringify(config));
    const gateway = await place.start();
    await postEvents(gateway, 5);
    await waitUntil(() => requests.length === 6, "the events came");
    expect(requests.map(({ method }) => method)).toEqual(["OPTIONS", ...Array(5).fill("POST")]);
    for (const request of requests.slice(1)) {
      const delivery = await verify(request, { secrets: `whpk_${base64(x)}` });
      expect(delivery).toMatchObject({ ok: true, mode: "structured" });
      if (delivery.ok) expect(readEvents(delivery)).toMatchObject({ value: [{ type: "com.example.thing" }] });
    }
    expect(login.asked).toHaveLength(1);
    expect(gateway.stderr()).not.toContain("canary");
  });
});

describe("a target that allows few events a minute", { timeout: 60_000 }, () => {
  it("gets all of them, no faster, and none is counted as failed", async () => {
    const times: number[] = [];
    const target = await startAnsweringServer(({ method }, response) => {
      if (method === "POST") times.push(Date.now());
      response.writeHead(200, { "webhook-allowed-origin": "*", "webhook-allowed-rate": "300" }).end();
    });
    cleanups.push(target.close);
    const delivery = { retry: 0, timeout: "PT1S", concurrency: 8 };
    const crm = { target: { url: `${target.url}/hook`, handshake: true }, delivery };
    place.writeConfig(JSON.stringify({ subscriptions: { crm } }));
    const gateway = await place.start();
    await postEvents(gateway, 20);
    await waitUntil(() => times.length === 20, "all came");
    // 300 a minute are 200 ms between two; the first and the last are 19 pauses apart.
    const [first = 0] = times;
    expect((times.at(-1) ?? 0) - first).toBeGreaterThanOrEqual(19 * 200 - 100);
    await waitUntil(async () => (await metric(gateway, "poolcast_delivered_total")) === 20, "all are delivered");
    expect([await metric(gateway, "poolcast_dead_total"), await metric(gateway, "poolcast_retried_total")]).toEqual([
      0, 0,
    ]);
  });
});

describe("a proxy in the environment", { timeout: 60_000 }, () => {
  it("is not used for deliveries: who set it did not mean their secrets", async () => {
    const proxy = await startRawServer((socket) => socket.destroy());
    cleanups.push(proxy.close);
    const target = await startRecordingSink();
    cleanups.push(target.close);
    place.writeConfig(JSON.stringify({ subscriptions: { crm: { target: { url: target.url } } } }));
    const url = `http://127.0.0.1:${proxy.port}`;
    const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    const env = { ...Object.fromEntries(names.map((name) => [name, url])), NO_PROXY: "", NODE_USE_ENV_PROXY: "1" };
    await postEvents(await place.start({ env }), 3);
    await waitUntil(() => target.received.length === 3, "the events came");
    expect(proxy.connections()).toBe(0);
  });
});

describe("keys that cannot be used", () => {
  it("keep the gateway from starting, and are named without being shown", async () => {
    const [one, other] = [makeSelfSigned("one"), makeSelfSigned("other")];
    const target = { url: "https://crm.example.com", tls: { ca: "canary", cert: one.cert, key: other.key } };
    place.writeConfig(JSON.stringify({ subscriptions: { crm: { target } } }));
    const failure = await place.start().catch(String);
    expect(failure).toContain("subscriptions.crm.target.tls.ca: must be certificates as PEM text");
    expect(failure).not.toMatch(/canary|BEGIN/);
  });
});
