/** The gateway in a program of one's own; from the packed tarball: test/package.test.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import {
  ConfigError,
  createGateway,
  type EventObject,
  type Gateway,
  type GatewayOptions,
} from "../../src/runtimes/library.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent } from "../support/records.ts";
import { post } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const MEMORY = { kind: "memory" };
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(options: GatewayOptions): Promise<Gateway> {
  const gateway = await createGateway({ log: () => {}, env: {}, ...options });
  cleanups.push(() => gateway.stop({ graceMs: 0 }));
  return gateway;
}

async function faultsOf(options: GatewayOptions): Promise<readonly string[]> {
  const error = await open(options).catch((error) => error);
  expect(error).toBeInstanceOf(ConfigError);
  return error.faults.map(({ path, message }: { path: string; message: string }) => `${path}: ${message}`);
}

function send(gateway: Gateway, id: string, eventName = "SignUp", headers: Record<string, string> = {}) {
  const body = JSON.stringify(eventBridgeEvent(cloudTrailRecord(id, { eventName })));
  return gateway.fetch(new Request("http://localhost/ingest/eventbridge", post(body, headers)));
}

describe("a gateway in a program of one's own", () => {
  it("hands events to functions, each by its filters, tries again, and delivers to targets beside them", async () => {
    const sink = await startRecordingSink();
    cleanups.push(sink.close);
    const all: EventObject[] = [];
    let tries = 0;
    const gateway = await open({
      loopback: true,
      env: { SINK: sink.url },
      config: `broker: { kind: memory }\nsubscriptions: { crm: { target: { url: "\${SINK}" } } }`,
      handlers: {
        all: (event) => void all.push(event),
        flaky: {
          filters: [{ suffix: { type: ".user.signed_up" } }],
          delivery: { retry: 3, backoffDelay: "PT0.05S" },
          async handle() {
            tries += 1;
            if (tries < 3) throw new Error("not yet");
          },
        },
      },
    });
    expect((await send(gateway, "e1")).status).toBe(202);
    expect((await send(gateway, "e2", "GlobalSignOut")).status).toBe(202);
    await waitUntil(() => all.length === 2 && tries === 3 && sink.received.length === 2, "all was delivered");
    expect(all.map(({ id }) => id).toSorted()).toEqual(["e1", "e2"]);
    expect(all.find(({ id }) => id === "e1")).toMatchObject({ road: "eventbridge", data: { action: "SignUp" } });
  });

  it("hides from a function what its subscription may not see", async () => {
    const seen: EventObject[] = [];
    const gateway = await open({
      loopback: true,
      config: { broker: MEMORY },
      handlers: { one: { privacy: { ip: "drop" }, handle: (event) => void seen.push(event) } },
    });
    await send(gateway, "e1");
    await waitUntil(() => seen.length === 1, "it was handled");
    expect(JSON.stringify(cloudTrailRecord())).toContain("203.0.113.77");
    expect(JSON.stringify(seen)).not.toContain("203.0.113.77");
  });

  it("keeps what is not handled in its file until the next start", async () => {
    const directory = mkdtempSync(join(tmpdir(), "poolcast-library-"));
    cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
    const config = { broker: { path: join(directory, "events.db") } };
    const failing = () => {
      throw new Error("down");
    };
    const first = await createGateway({ loopback: true, log: () => {}, config, handlers: { one: failing } });
    expect((await send(first, "waits")).status).toBe(202);
    await first.stop();
    const handled: string[] = [];
    const second = await createGateway({
      loopback: true,
      log: () => {},
      config,
      handlers: { one: ({ id }) => void handled.push(id) },
    });
    await waitUntil(() => handled.length === 1, "what waited was handled");
    expect(handled).toEqual(["waits"]);
    await second.stop();
    expect((await second.fetch(new Request("http://localhost/readyz"))).status).toBe(503);
  });

  it("is mounted below a path of an app", async () => {
    const gateway = await open({
      config: { broker: MEMORY, ingest: { eventbridge: { apiKeys: [`\${KEY}`] } } },
      env: { KEY: "key-1" },
      handlers: { all: () => {} },
    });
    const app = new Hono();
    app.get("/", (c) => c.text("mine"));
    app.mount("/poolcast", gateway.fetch);
    const body = JSON.stringify(eventBridgeEvent());
    expect(await (await app.request("/")).text()).toBe("mine");
    expect((await app.request("/poolcast/readyz")).status).toBe(200);
    expect((await app.request("/poolcast/ingest/eventbridge", post(body))).status).toBe(401);
    expect((await app.request("/poolcast/ingest/eventbridge", post(body, { "x-api-key": "key-1" }))).status).toBe(202);
    expect((await app.request("/ingest/eventbridge", post(body, { "x-api-key": "key-1" }))).status).toBe(404);
  });

  it("takes everybody for a stranger unless it is told that only this machine can come", async () => {
    expect(await faultsOf({ config: { broker: MEMORY } })).toEqual([
      expect.stringContaining("ingest: a listener on a non-loopback address needs at least one ingest credential"),
    ]);
    // What PORT, HOST and `listen` say is about a listener that there is not.
    const asked = { config: { broker: MEMORY, listen: { host: "127.0.0.1" } }, env: { HOST: "127.0.0.1" } };
    expect(await faultsOf(asked)).toHaveLength(1);
    const gateway = await open({ config: { broker: MEMORY, ingest: { events: { apiKeys: ["k"] } } } });
    expect((await send(gateway, "e1")).status).toBe(404);
    const metrics = new Request("http://localhost/metrics", { headers: { host: "localhost" } });
    expect((await gateway.fetch(metrics)).status).toBe(401);
  });

  it("tells all faults of its configuration and its handlers", async () => {
    const config = { broker: MEMORY, subscriptions: { crm: { target: { url: "http://127.0.0.1:9/" } } } };
    expect(await faultsOf({ config: "broker: { kind: paper }\nlisten: { port: high }" })).toEqual(
      expect.arrayContaining([expect.stringMatching(/^broker\.kind: /), expect.stringMatching(/^listen\.port: /)]),
    );
    const handle = () => {};
    expect(await faultsOf({ loopback: true, config, handlers: { crm: handle } })).toEqual([
      "handlers.crm: stands under subscriptions too; a name can be used once",
    ]);
    const wrong = { handle, filters: [{ exactly: {} }], delivery: { retry: -1 } };
    const faults = await faultsOf({ loopback: true, config, handlers: { "no name": handle, wrong } });
    for (const path of ['handlers["no…"]', "handlers.wrong.filters[0]", "handlers.wrong.delivery.retry"])
      expect(faults.join("\n")).toContain(path);
  });
});
