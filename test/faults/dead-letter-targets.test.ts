/** Dead letters to their target by the real process, which is killed meanwhile. */
import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { startAnsweringServer } from "../support/target-kit.ts";
import { waitUntil } from "../support/wait.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/** Long enough that a try is likely not under way when the process is killed. */
const QUICK = "backoffPolicy: constant, backoffDelay: PT0.3S";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(() => redis.stop());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function openRefusingTarget() {
  const target = await startAnsweringServer((_, response) => response.writeHead(422).end('{"error":"unknown user"}'));
  cleanups.push(target.close);
  return target;
}

function openPlace(yaml: string) {
  const place = makePlace();
  cleanups.push(place.remove);
  place.writeConfig(yaml);
  return place;
}

async function post(url: string, eventID: string): Promise<void> {
  const { status } = await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(cloudTrailRecord(eventID)));
  expect(status).toBe(202);
}

describe.each(["sqlite", "redis"])("with a broker on %s", (kind) => {
  it("a dead letter is sent after a kill, signed, with nothing that is meant for the target", async () => {
    const target = await openRefusingTarget();
    let down = true;
    const dead = await startRecordingSink(() => (down ? 503 : 204));
    cleanups.push(dead.close);
    const broker =
      kind === "redis" ? `{ kind: redis, url: "${redis.url}", stream: dead-${randomUUID()} }` : "{ kind: sqlite }";
    const place = openPlace(`
broker: ${broker}
subscriptions:
  crm:
    target: { url: "${target.url}/hook", secret: "${SECRET}", headers: { x-tenant: acme }, auth: { bearer: only-for-crm } }
    delivery: { ${QUICK}, retry: 1000000, deadLetterURL: "${dead.url}" }
`);
    const eventID = randomUUID();
    const gateway = await place.start();
    await post(gateway.url, eventID);
    await waitUntil(() => dead.received.length > 0, "the dead letter was tried");
    expect(target.asked).toHaveLength(3);
    expect(await gateway.kill("SIGKILL")).toBe("SIGKILL");
    down = false;
    const before = dead.received.length;
    const again = await place.start();
    // On Redis the lease of the one that was killed has to end first, unless it was waiting for its next try.
    await waitUntil(() => dead.received.length > before, "the dead letter was sent", 120_000);
    const one = dead.received.at(-1);
    expect(JSON.parse(one?.body.toString() ?? "")).toMatchObject({
      id: eventID,
      knativeerrordest: `${target.url}/hook`,
      knativeerrorcode: 422,
      knativeerrordata: Buffer.from('{"error":"unknown user"}').toString("base64"),
    });
    const headers = Object.fromEntries(
      Object.entries(one?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    expect(() => new Webhook(SECRET).verify(one?.body.toString() ?? "", headers)).not.toThrow();
    expect(headers["webhook-id"]).toBe(eventID);
    expect(headers).not.toHaveProperty("authorization");
    expect(headers).not.toHaveProperty("x-tenant");
    const kept = async () => {
      const metrics = await (await fetch(`${again.url}/metrics`)).text();
      return ["poolcast_dead_letters", "poolcast_dead_letters_to_forward"].map(
        (name) => new RegExp(`^${name}\\{subscription="crm"\\} (\\d+)$`, "m").exec(metrics)?.[1],
      );
    };
    await waitUntil(async () => (await kept()).join() === "1,0", "it is kept, and sent no more");
    expect(target.asked).toHaveLength(3);
  }, 150_000);
});

it("a dead letter of a trigger goes into a Redis stream, as TriggerMesh's brokers write", async () => {
  const target = await openRefusingTarget();
  const stream = `dead-${randomUUID()}`;
  const place = openPlace(`
triggers:
  crm:
    target: { url: "${target.url}" }
    deliveryOptions: { backoffDelay: PT0.01S, backoffPolicy: linear, deadLetterURL: "${redis.url}?stream=${stream}&maxLen=10" }
`);
  const { url } = await place.start();
  const eventID = randomUUID();
  await post(url, eventID);
  await waitUntil(async () => (await redis.command("XLEN", stream)) === 1, "the dead letter is in the stream");
  const [[, [field, value]]] = (await redis.command("XRANGE", stream, "-", "+")) as [[string, [string, string]]];
  expect(field).toBe("ce");
  expect(JSON.parse(String(value))).toMatchObject({ id: eventID, knativeerrordest: target.url, knativeerrorcode: 422 });
});

it("a dead letter without a secret is in binary mode, and its attributes are headers", async () => {
  const target = await openRefusingTarget();
  const dead = await startRecordingSink();
  cleanups.push(dead.close);
  const place = openPlace(`
subscriptions:
  crm: { target: { url: "${target.url}" }, delivery: { profile: knative, deadLetterURL: "${dead.url}" } }
`);
  const { url } = await place.start();
  const eventID = randomUUID();
  await post(url, eventID);
  await waitUntil(() => dead.received.length === 1, "the dead letter was sent");
  expect(target.asked).toHaveLength(1);
  expect(dead.received[0]?.headers).toMatchObject({
    "ce-id": eventID,
    "ce-knativeerrordest": target.url,
    "ce-knativeerrorcode": "422",
  });
});

it("a dead-letter target is where egress says, by the address that its name really has", async () => {
  const dead = await startRecordingSink();
  cleanups.push(dead.close);
  const { port } = new URL(dead.url);
  // A name that the configuration cannot judge, as long as some private addresses may be reached.
  const place = openPlace(`
listen: { host: 0.0.0.0, port: 0 }
egress: { allowHttp: true, allowCidrs: [10.0.0.0/8] }
ingest: { eventbridge: { apiKeys: [k] } }
subscriptions:
  crm:
    target: { url: "http://localhost:${port}/" }
    delivery: { retry: 0, deadLetterURL: "http://localhost:${port}/" }
`);
  const gateway = await place.start();
  const event = eventBridgeEvent(cloudTrailRecord());
  const { port: own } = new URL(gateway.url);
  const { status } = await postJson(`http://127.0.0.1:${own}/ingest/eventbridge`, event, { "x-api-key": "k" });
  expect(status).toBe(202);
  const said = () =>
    gateway
      .stderr()
      .split("\n")
      .find((line) => line.includes("a dead letter could not be sent"));
  await waitUntil(() => said() !== undefined, "the log tells that it could not be sent");
  expect(said()).toContain("address_refused");
  expect(dead.received).toEqual([]);
});

it("batches: the process sends what it was posted together, and the culprit alone becomes a dead letter", async () => {
  const poison = randomUUID();
  const taken: string[] = [];
  const target = await startRecordingSink(({ body }) => {
    const ids: string[] = JSON.parse(body.toString()).map(({ id }: { readonly id: string }) => id);
    if (ids.includes(poison)) return 400;
    taken.push(...ids);
    return 204;
  });
  const dead = await startRecordingSink();
  cleanups.push(target.close, dead.close);
  const place = openPlace(`
subscriptions:
  lake:
    target: { url: "${target.url}", mode: batch, secret: "${SECRET}", batch: { maxEvents: 50, linger: PT0.05S } }
    delivery: { ${QUICK}, deadLetterURL: "${dead.url}" }
`);
  const { url } = await place.start();
  const ids = Array.from({ length: 120 }, () => randomUUID());
  const records = [...ids.slice(0, 60), poison, ...ids.slice(60)].map((id) => cloudTrailRecord(id));
  expect((await postJson(`${url}/ingest/cloudtrail`, { Records: records })).status).toBe(202);
  await waitUntil(() => taken.length === 120 && dead.received.length === 1, "all others were taken");
  expect(taken.toSorted()).toEqual(ids.toSorted());
  expect(JSON.parse(dead.received[0]?.body.toString() ?? "")).toMatchObject({ id: poison, knativeerrorcode: 400 });
  for (const { body, headers } of target.received) {
    const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    expect(() => new Webhook(SECRET).verify(body.toString(), signed)).not.toThrow();
    expect(headers["content-type"]).toBe("application/cloudevents-batch+json; charset=UTF-8");
  }
});
