/** Privacy through the whole gateway: what is posted once is sent to each subscription as that one may see it. */
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import type { EncodedEvent } from "../../src/core/event.ts";
import { decodeAttributes, encodeEvent } from "../../src/core/event.ts";
import { eventTypes } from "../../src/events/registry.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { webhookId } from "../../src/sinks/http.ts";
import { type GatewayPlace, makePlace } from "../support/gateway-process.ts";
import { leaksIn, PERSON, personalEvent } from "../support/private-events.ts";
import { type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { openTestGateway, post } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const MODES = ["keep", "drop", "mask", "hash"] as const;

function privacyOf(mode: string): string {
  return `{ email: ${mode}, phone: ${mode}, ip: ${mode}, username: ${mode}, attributes: ${mode}, key: k }`;
}

function omit(event: Record<string, unknown> = {}, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event).filter(([key]) => key !== name));
}

const text = ({ bytes }: EncodedEvent) => new TextDecoder().decode(bytes);

describe("every type of event, sent to four subscriptions", { timeout: 120_000 }, () => {
  it("is as it was stored where all is kept, and shows nobody to the others", async () => {
    const sent = new Map<string, EncodedEvent[]>(MODES.map((mode) => [mode, []]));
    const subscriptions = MODES.map(
      (mode) => `  ${mode}: { target: { url: "http://127.0.0.1:1" }, privacy: ${privacyOf(mode)} }`,
    );
    const { gateway, request } = await openTestGateway(`subscriptions:\n${subscriptions.join("\n")}\n`, {
      createSink: (name) => ({
        async send(event) {
          sent.get(name)?.push(event);
          return { kind: "taken" };
        },
        close: async () => {},
      }),
    });
    await gateway.start();
    // Own events go only to those who ask for them.
    const types = [...eventTypes().keys()].filter((type) => !type.startsWith("dev.poolcast."));
    const events = types.flatMap((type, at) => [
      personalEvent(type, `sub-${at}`, "sub"),
      personalEvent(type, `name-${at}`, "username"),
    ]);
    for (let at = 0; at < events.length; at += 100) {
      const answer = await request(
        "/ingest/events",
        post(JSON.stringify(events.slice(at, at + 100)), { "content-type": "application/cloudevents-batch+json" }),
      );
      expect(await answer.json()).toMatchObject({ accepted: Math.min(100, events.length - at) });
    }
    await waitUntil(() => [...sent.values()].every((list) => list.length === events.length), "all were sent", 100_000);
    await gateway.stop(1000);

    const ids = (list: readonly EncodedEvent[] = []) =>
      list.map((event) => webhookId(decodeAttributes(event), sha256)).sort();
    const kept = sent.get("keep") ?? [];
    expect(kept.every((event) => leaksIn(text(event)).length > 0)).toBe(true);
    const posted = new Map(events.map((event) => [event.id, event]));
    const asPosted = kept.filter((event) => {
      const { recordedtime, ...others } = JSON.parse(text(event));
      return isDeepStrictEqual(others, omit(posted.get(others.id), "recordedtime"));
    });
    expect(asPosted.length).toBe(events.length);
    for (const mode of ["drop", "mask", "hash"]) {
      const list = sent.get(mode) ?? [];
      expect([mode, list.flatMap((event) => leaksIn(text(event)))]).toEqual([mode, []]);
      expect(ids(list)).toEqual(ids(kept));
    }
  });
});

describe("an event that cannot be looked through", () => {
  it("is a dead letter and not sent as it is", async () => {
    const broker = createMemoryBroker({
      clock: Date.now,
      dedupeWindowMs: 60_000,
      retentionMs: 60_000,
      deadRetentionMs: 60_000,
      maxBytes: 1024 ** 2,
    });
    let sent = 0;
    const { gateway, log } = await openTestGateway(
      'subscriptions: { a: { target: { url: "http://127.0.0.1:1" }, privacy: { email: drop } } }',
      {
        broker,
        createSink: () => ({ send: async () => ({ kind: "taken", at: ++sent }) as const, close: async () => {} }),
      },
    );
    const event = encodeEvent({ specversion: "1.0", id: "1", source: "/a", type: "t" }, "json", "[mia@example.com");
    await broker.append({ events: [{ dedupeKey: "1", type: "t", event }] });
    await gateway.start();
    await waitUntil(async () => (await broker.listDead({ subscription: "a", limit: 1 })).length === 1, "it died");
    await gateway.stop(1000);
    expect(sent).toBe(0);
    expect((await broker.listDead({ subscription: "a", limit: 1 }))[0]?.reason).toBe("privacy_unreadable");
    expect(log()).not.toContain("mia@");
  });
});

describe("batches and dead letters", () => {
  it("show nobody, wherever they go", async () => {
    const batched: EncodedEvent[] = [];
    const forwarded: EncodedEvent[] = [];
    const refused = { kind: "answer", status: 422 } as const;
    const { gateway, request } = await openTestGateway(
      `subscriptions: { a: { target: { url: "http://127.0.0.1:1", mode: batch }, privacy: ${privacyOf("hash")},
        delivery: { deadLetterURL: "http://127.0.0.1:2", backoffDelay: PT0.01S, backoffMax: PT0.01S } } }`,
      {
        createSink: (_, place) => ({
          async send(event) {
            (place === undefined ? batched : forwarded).push(event);
            return place === undefined ? refused : { kind: "taken" };
          },
          async sendBatch(events) {
            batched.push(...events);
            return refused;
          },
          close: async () => {},
        }),
      },
    );
    await gateway.start();
    const events = [1, 2].map((at) => personalEvent("com.amazon.cognito-idp.user.created", `id-${at}`, "username"));
    await request(
      "/ingest/events",
      post(JSON.stringify(events), { "content-type": "application/cloudevents-batch+json" }),
    );
    await waitUntil(() => forwarded.length === 2, "both were forwarded");
    await gateway.stop(1000);
    expect([...batched, ...forwarded].flatMap((event) => leaksIn(text(event)))).toEqual([]);
    expect(text(forwarded[0] ?? never())).toContain("knativeerrorcode");
  });
});

function never(): never {
  throw new Error("nothing was forwarded");
}

describe("the real gateway", { timeout: 60_000 }, () => {
  let place: GatewayPlace;
  let sink: RecordingSink;
  beforeEach(async () => {
    place = makePlace();
    sink = await startRecordingSink();
  });
  afterEach(async () => {
    await place.remove();
    await sink.close();
  });

  it("shows nobody to a binary, a structured and a Redis target, and keeps a partition key that orders the same", async () => {
    const redis = await startRedisServer();
    try {
      place.writeConfig(`
broker: { kind: memory }
subscriptions:
  binary: { target: { url: "${sink.url}", mode: binary }, privacy: ${privacyOf("hash")} }
  structured: { target: { url: "${sink.url}", mode: structured }, privacy: ${privacyOf("mask")} }
  stream: { target: { redis: { url: "${redis.url}", stream: out } }, privacy: ${privacyOf("hash")} }
`);
      const gateway = await place.start();
      const record = {
        eventVersion: "1.11",
        eventSource: "cognito-idp.amazonaws.com",
        eventName: "AdminCreateUser",
        eventType: "AwsApiCall",
        eventID: "0c1f6c1a-7f9e-4a0e-9d0f-5b6d2f3e4a51",
        eventTime: "2026-05-04T12:02:07Z",
        awsRegion: "eu-central-1",
        sourceIPAddress: PERSON.ip,
        userAgent: `app (${PERSON.email})`,
        recipientAccountId: "210987654321",
        userIdentity: { type: "AssumedRole", arn: `arn:aws:sts::210987654321:assumed-role/shop/${PERSON.email}` },
        requestParameters: {
          userPoolId: "eu-central-1_Kq3vX9TzP",
          username: PERSON.username,
          userAttributes: [
            { name: "email", value: PERSON.email },
            { name: "nickname", value: PERSON.nickname },
          ],
        },
      };
      const answer = await fetch(`${gateway.url}/ingest/cloudtrail`, post(JSON.stringify(record)));
      expect(await answer.json()).toMatchObject({ accepted: 1 });
      await waitUntil(
        async () => sink.received.length === 2 && (await redis.command("XLEN", "out")) === 1,
        "all three targets have it",
      );
      const [[, [, entry]]] = (await redis.command("XRANGE", "out", "-", "+")) as [[string, [string, string]]];
      const [binary, structured] = [
        sink.received.find(({ headers }) => "ce-id" in headers),
        sink.received.find(({ headers }) => !("ce-id" in headers)),
      ];
      for (const one of [binary, structured]) {
        expect(leaksIn(JSON.stringify(one?.headers) + one?.body.toString())).toEqual([]);
        expect(one?.headers["webhook-id"]).toBe(record.eventID);
      }
      expect(leaksIn(entry)).toEqual([]);
      const { subject, partitionkey } = JSON.parse(entry);
      expect(subject).toBe(`user/${partitionkey}`);
      expect(partitionkey).toMatch(/^[0-9a-f]{64}$/);
      expect(binary?.headers["ce-partitionkey"]).toBe(partitionkey);
      expect(JSON.parse(structured?.body.toString() ?? "").data.user).toEqual({
        username: "q***",
        attributes: { email: "z***@mail.example", nickname: "Z***" },
      });
    } finally {
      await redis.stop();
    }
  });

  it("shows nobody to a target in batch mode, nor to the one that its dead letters go to, on the way to either", async () => {
    const target = await startRecordingSink(() => 422);
    try {
      place.writeConfig(`
subscriptions:
  lake:
    target: { url: "${target.url}", mode: batch, batch: { linger: PT0.05S } }
    privacy: ${privacyOf("hash")}
    delivery: { backoffPolicy: constant, backoffDelay: PT0.01S, deadLetterURL: "${sink.url}" }
`);
      const gateway = await place.start();
      const events = ["a", "b", "c"].map((id) => personalEvent("com.amazon.cognito-idp.user.created", id, "username"));
      const headers = { "content-type": "application/cloudevents-batch+json" };
      const answer = await fetch(`${gateway.url}/ingest/events`, post(JSON.stringify(events), headers));
      expect(await answer.json()).toMatchObject({ accepted: 3 });
      await waitUntil(() => sink.received.length === 3, "all three are dead and sent on");
      for (const one of [...target.received, ...sink.received]) {
        expect(leaksIn(JSON.stringify(one.headers) + one.body.toString())).toEqual([]);
      }
      expect(sink.received.every(({ headers }) => headers["ce-knativeerrorcode"] === "422")).toBe(true);
    } finally {
      await target.close();
    }
  });
});
