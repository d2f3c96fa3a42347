/** What the real entry of a runtime does, over its URL, with a real sink: the same on all of them. */
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { activityLog, firehosePost } from "../../support/firehose.ts";
import { onRequest, startRawServer } from "../../support/raw-server.ts";
import { type Received, type RecordingSink, startRecordingSink } from "../../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../../support/records.ts";
import { waitUntil } from "../../support/wait.ts";
import { SECRET, signedHeaders, triggerEvent } from "../../support/webhooks.ts";

/** One store, and the gateways that live on it one after the other. */
export interface GatewaySite {
  /** Boots the real entry with this configuration. */
  start(yaml: string): Promise<RunningGateway>;
  /** Ends what still runs, and removes the store. */
  remove(): Promise<void>;
}

export interface RunningGateway {
  readonly url: string;
  /** Ends it at once, whatever it does. */
  kill(): Promise<unknown>;
}

const KEY = { "x-api-key": "k" };
const ADMIN = { headers: { authorization: "Bearer admin" } };
const CLOUDEVENT = { ...KEY, "content-type": "application/cloudevents+json" };

/** A sink on this machine has to be allowed where the gateway is not on it alone. */
const CONFIG = `
adminKeys: [admin]
egress: { allowHttp: true, allowCidrs: ["127.0.0.0/8"] }
ingest:
  eventbridge: { apiKeys: [k], maxBytes: 16KiB }
  cloudtrail: { apiKeys: [k] }
  events: { apiKeys: [k], maxBytes: 8MiB }
  firehose: { accessKeys: [k], maxBytes: 16KiB }
  cognito: { secrets: ["${SECRET}"] }
`;

const delivering = (url: string, delivery = "{}") =>
  `${CONFIG}\nsubscriptions: { crm: { target: { url: "${url}" }, delivery: ${delivery} } }\n`;

export function testGateway(name: string, makeSite: () => GatewaySite): void {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  function newSite(): GatewaySite {
    const site = makeSite();
    cleanups.push(() => site.remove());
    return site;
  }

  async function sink(answer?: (request: Received) => number | Promise<number>): Promise<RecordingSink> {
    const opened = await startRecordingSink(answer);
    cleanups.push(opened.close);
    return opened;
  }

  describe(`the gateway on ${name}`, () => {
    it("takes what comes by every road, and delivers it", async () => {
      const target = await sink();
      const { url } = await newSite().start(delivering(target.url));
      const trigger = JSON.stringify(triggerEvent());
      const own = { specversion: "1.0", id: "a", source: "/own", type: "own.happened", data: { a: 1 } };
      const file = gzipSync(JSON.stringify({ Records: [cloudTrailRecord()] }));
      const posts: readonly [path: string, init: RequestInit, status: number][] = [
        ["/ingest/eventbridge", post(eventBridgeEvent(), KEY), 202],
        ["/ingest/cloudtrail", { method: "POST", headers: KEY, body: file }, 202],
        ["/ingest/events", post(own, CLOUDEVENT), 202],
        ["/ingest/firehose", firehosePost([gzipSync(JSON.stringify(activityLog()))], "k"), 200],
        ["/ingest/cognito", { method: "POST", headers: signedHeaders(trigger), body: trigger }, 202],
      ];
      for (const [at, [path, init, status]] of posts.entries()) {
        expect([path, (await fetch(url + path, init)).status]).toEqual([path, status]);
        await waitUntil(() => target.received.length === at + 1, `what came by ${path} is delivered`);
      }
      const roads = target.received.map(({ headers }) => headers["ce-road"]);
      expect(roads).toEqual(["eventbridge", "cloudtrail", undefined, "log", "trigger"]);
    });

    it("refuses who has no key, what is too large, and what is not there", async () => {
      const { url } = await newSite().start(delivering("https://crm.example.com/hook"));
      const large = JSON.stringify(" ".repeat(17 * 1024));
      const statusOf = async (path: string, init: RequestInit) => (await fetch(url + path, init)).status;
      expect(await statusOf("/ingest/eventbridge", post(eventBridgeEvent(), { "x-api-key": "wrong" }))).toBe(401);
      expect(await statusOf("/ingest/cloudtrail", post(cloudTrailRecord(), {}))).toBe(401);
      expect(await statusOf("/ingest/firehose", firehosePost(["{}"], "wrong"))).toBe(401);
      expect(await statusOf("/ingest/cognito", post(triggerEvent(), signedHeaders("another body")))).toBe(401);
      expect(await statusOf("/ingest/eventbridge", { method: "POST", headers: KEY, body: large })).toBe(413);
      expect(await statusOf("/ingest/eventbridge", { method: "POST", headers: KEY, body: gzipSync(large) })).toBe(413);
      expect(await statusOf("/ingest/firehose", firehosePost([large], "k"))).toBe(400);
      expect(await statusOf("/ingest/eventbridge", { method: "POST", headers: KEY, body: "{" })).toBe(400);
      expect(await statusOf("/ingest/eventbridge", post({ hello: "world" }, KEY))).toBe(202);
      expect(await statusOf("/ingest/eventbridge", { headers: KEY })).toBe(405);
      expect(await statusOf("/ingest/sns", post({}, KEY))).toBe(404);
      expect(await statusOf("/elsewhere", {})).toBe(404);
    });

    it("delivers an event of several megabytes whole", async () => {
      const target = await sink();
      const { url } = await newSite().start(delivering(target.url));
      const data = { text: "0123456789".repeat(500_000) };
      const event = { specversion: "1.0", id: "large", source: "/own", type: "own.happened", data };
      expect((await postJson(`${url}/ingest/events`, event, CLOUDEVENT)).status).toBe(202);
      await waitUntil(() => target.received.length === 1, "it is delivered");
      expect(String(target.received[0]?.body) === JSON.stringify(data)).toBe(true);
    });

    it("tries again what failed, with the same id", async () => {
      const answers = [503, 500, 204];
      const target = await sink(() => answers.shift() ?? 204);
      const { url } = await newSite().start(delivering(target.url, "{ backoffDelay: PT0.1S }"));
      const record = cloudTrailRecord();
      await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(record), KEY);
      await waitUntil(() => target.received.length === 3, "the third try came");
      expect(idsOf(target)).toEqual([record.eventID, record.eventID, record.eventID]);
    });

    it("follows no redirect, and waits no longer than it is told", async () => {
      const elsewhere = await sink();
      const redirect = `HTTP/1.1 307 Go\r\nLocation: ${elsewhere.url}\r\nContent-Length: 0\r\n\r\n`;
      const behaviours = [
        (socket: Socket) => onRequest(socket, () => socket.end(redirect)),
        (socket: Socket) => void socket.resume(),
        (socket: Socket) => onRequest(socket, () => socket.end("HTTP/1.1 204 No Content\r\n\r\n")),
      ];
      const target = await startRawServer((socket, before) => behaviours[before]?.(socket));
      cleanups.push(target.close);
      const { url } = await newSite().start(delivering(target.url, "{ backoffDelay: PT0.1S, timeout: PT0.5S }"));
      await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(), KEY);
      const delivered = /^poolcast_delivered_total\{subscription="crm"\} 1$/m;
      await waitUntil(async () => delivered.test(await metricsOf(url)), "the third try was taken");
      const retried = [...(await metricsOf(url)).matchAll(/^poolcast_retried_total\{.*reason="(\w+)"\} 1$/gm)];
      expect(retried.map(([, reason]) => reason)).toEqual(["status_307", "timeout"]);
      expect(elsewhere.received).toEqual([]);
    });

    it("keeps as a dead letter what a target will not have, also when it is killed", async () => {
      const target = await sink(() => 400);
      const site = newSite();
      const yaml = delivering(target.url, "{ backoffDelay: PT0.1S }");
      const first = await site.start(yaml);
      await postJson(`${first.url}/ingest/eventbridge`, eventBridgeEvent(), KEY);
      const dead = /^poolcast_dead_letters\{subscription="crm"\} 1$/m;
      await waitUntil(async () => dead.test(await metricsOf(first.url)), "it is dead");
      await first.kill();
      const second = await site.start(yaml);
      const { subscriptions } = await (await fetch(`${second.url}/readyz`, ADMIN)).json();
      expect(subscriptions).toMatchObject([{ subscription: "crm", pending: 0, dead: 1 }]);
    });

    it("has what it acknowledged after it was killed: delivers it, and knows it when it comes again", async () => {
      const target = await sink();
      const site = newSite();
      const record = cloudTrailRecord();
      const first = await site.start(delivering("http://127.0.0.1:9/gone"));
      expect((await postJson(`${first.url}/ingest/eventbridge`, eventBridgeEvent(record), KEY)).status).toBe(202);
      await first.kill();
      const second = await site.start(delivering(target.url));
      const again = await postJson(`${second.url}/ingest/cloudtrail`, record, KEY);
      expect(await again.json()).toEqual({ accepted: 0, duplicates: 1, ignored: 0 });
      await waitUntil(() => target.received.length === 1, "it is delivered");
      expect(idsOf(target)).toEqual([record.eventID]);
    });
  });
}

function post(body: unknown, headers: Record<string, string>): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

async function metricsOf(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`, ADMIN)).text();
}

function idsOf({ received }: RecordingSink) {
  return received.map(({ headers }) => headers["webhook-id"]);
}
