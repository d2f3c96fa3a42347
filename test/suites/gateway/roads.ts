/** Each road takes what AWS sends on it, and what it took is delivered as the event that it stands for. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect, it } from "vitest";
import { firehoseBody, firehoseHeaders, gzipMembers, logsPayload } from "../../support/firehose.ts";
import { itWhere } from "../../support/only-where.ts";
import { cloudTrailRecord, eventBridgeEvent } from "../../support/records.ts";
import { s3Event } from "../../support/s3-notices.ts";
import { HOST, signedMessage } from "../../support/sns.ts";
import { signedHeaders, triggerEvent } from "../../support/webhooks.ts";
import { BUCKET, type DeliveredEvent, KEYS, type Stage } from "./stage.ts";

const ONE = { accepted: 1, duplicates: 0, ignored: 0 };
const SIGNED_UP = "com.amazon.cognito-idp.user.signed_up";
const CONFIRMED = "com.amazon.cognito-idp.lambda_trigger.post_confirmation_confirm_sign_up";
const TEXT = { "content-type": "text/plain; charset=UTF-8" };

export function roadsTests(stage: Stage): void {
  async function answered(sent: Promise<Response>): Promise<readonly unknown[]> {
    const response = await sent;
    return [response.status, await response.json()];
  }

  /** By the schema that the gateway itself has for its type. */
  async function expectValid(event: DeliveredEvent): Promise<void> {
    const schema = await (await stage.get(`/schemas/${event.type}`)).json();
    const ajv = new Ajv2020({ allowUnionTypes: true, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(schema);
    validate(event);
    expect(validate.errors ?? []).toEqual([]);
  }

  it("takes EventBridge events, alone and in an array, and knows the record again on another road", async () => {
    const [alone, first, second] = [randomUUID(), randomUUID(), randomUUID()];
    const path = "/ingest/eventbridge";
    expect(await answered(stage.post(path, eventBridgeEvent(cloudTrailRecord(alone)), KEYS.eventbridge))).toEqual([
      202,
      ONE,
    ]);
    const both = [eventBridgeEvent(cloudTrailRecord(first)), cloudTrailRecord(second)];
    expect(await answered(stage.post(path, both, KEYS.eventbridge))).toEqual([202, { ...ONE, accepted: 2 }]);
    const event = await stage.delivered(alone);
    expect(event).toMatchObject({ type: SIGNED_UP, road: "eventbridge", subject: expect.stringMatching(/^user\//) });
    await expectValid(event);
    for (const id of [first, second]) await stage.delivered(id);
    const again = stage.post("/ingest/cloudtrail", { Records: [cloudTrailRecord(alone)] }, KEYS.cloudtrail);
    expect(await answered(again)).toEqual([202, { ...ONE, accepted: 0, duplicates: 1 }]);
  });

  it("takes CloudTrail's log files, packed and as lines", async () => {
    const [inFile, inLine, packed] = [randomUUID(), randomUUID(), randomUUID()];
    const send = (body: unknown, headers: Record<string, string> = {}) =>
      fetch(stage.url("/ingest/cloudtrail"), {
        method: "POST",
        headers: { ...KEYS.cloudtrail, ...headers },
        body: body as BodyInit,
      });
    const file = JSON.stringify({ Records: [cloudTrailRecord(inFile), { eventSource: "s3.amazonaws.com" }] });
    expect(await answered(send(file))).toEqual([202, { ...ONE, ignored: 1 }]);
    const lines = `${JSON.stringify(cloudTrailRecord(inLine))}\n${JSON.stringify({ eventSource: "s3.amazonaws.com" })}\n`;
    expect(await answered(send(lines))).toEqual([202, { ...ONE, ignored: 1 }]);
    const gzip = gzipSync(JSON.stringify({ Records: [cloudTrailRecord(packed)] }));
    expect(await answered(send(gzip, { "content-encoding": "gzip" }))).toEqual([202, ONE]);
    for (const id of [inFile, inLine, packed]) {
      expect(await stage.delivered(id)).toMatchObject({ type: SIGNED_UP, road: "cloudtrail" });
    }
  });

  it("takes notifications that SNS signed, and confirms a topic of its list", async () => {
    const id = randomUUID();
    const message = signedMessage("Notification", { Message: JSON.stringify(eventBridgeEvent(cloudTrailRecord(id))) });
    expect(await answered(stage.post("/ingest/sns", message, TEXT))).toEqual([200, ONE]);
    expect(await stage.delivered(id)).toMatchObject({ type: SIGNED_UP, road: "sns" });
    expect(stage.askedOfAws()).toContain(message.SigningCertURL);
    const asking = signedMessage("SubscriptionConfirmation");
    expect((await stage.post("/ingest/sns", asking, TEXT)).status).toBe(200);
    const confirmed = stage.askedOfAws().find((url) => url.includes("Action=ConfirmSubscription"));
    expect(confirmed).toMatch(new RegExp(`^https://${HOST.replaceAll(".", "\\.")}/.*${asking.Token}`));
  });

  it("fetches the files that are announced, as CloudTrail writes and marks them", async () => {
    const [marked, plain] = [randomUUID(), randomUUID()];
    const file = (id: string) => gzipSync(JSON.stringify({ Records: [cloudTrailRecord(id)] }));
    // With both, a client that unpacks by itself finds the checksum wrong.
    stage.putFile("marked.json.gz", file(marked), { "content-encoding": "gzip" });
    stage.putFile("plain.json.gz", file(plain), {});
    for (const [key, id] of [
      ["marked.json.gz", marked],
      ["plain.json.gz", plain],
    ] as const) {
      const notice = stage.post("/ingest/eventbridge", s3Event(BUCKET, key), KEYS.eventbridge);
      expect(await answered(notice)).toEqual([202, { accepted: 0, duplicates: 0, ignored: 0, queued: 1 }]);
      expect(await stage.delivered(id)).toMatchObject({ type: SIGNED_UP, road: "s3" });
    }
  });

  it("takes Firehose's batches, packed without and within, and answers as Firehose wants it", async () => {
    const [plain, member, logged] = [randomUUID(), randomUUID(), randomUUID()];
    const requestId = randomUUID();
    const batch = firehoseBody(
      [
        JSON.stringify(eventBridgeEvent(cloudTrailRecord(plain))),
        gzipMembers(JSON.stringify(cloudTrailRecord(member)), "\n"),
        gzipSync(logsPayload([cloudTrailRecord(logged)])),
        "no record at all",
      ],
      requestId,
    );
    const response = await fetch(stage.url("/ingest/firehose"), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-encoding": "gzip",
        ...firehoseHeaders(requestId),
        ...KEYS.firehose,
      },
      body: gzipSync(batch),
    });
    expect([response.status, await response.json()]).toEqual([200, { requestId, timestamp: expect.any(Number) }]);
    for (const id of [plain, member, logged]) {
      expect(await stage.delivered(id)).toMatchObject({ type: SIGNED_UP, road: "firehose" });
    }
  });

  it("takes Lambda triggers that were signed", async () => {
    const id = randomUUID();
    const body = JSON.stringify({
      event: triggerEvent(),
      context: { requestId: id, time: "2026-05-04T07:31:09Z", accountId: "210987654321" },
    });
    const sent = () => stage.post("/ingest/cognito", body, signedHeaders(body, { id }));
    expect(await answered(sent())).toEqual([202, ONE]);
    expect(await answered(sent())).toEqual([202, { ...ONE, accepted: 0, duplicates: 1 }]);
    const event = await stage.delivered(id);
    expect(event).toMatchObject({ type: CONFIRMED, road: "trigger" });
    await expectValid(event);
  });

  const noStranger = "only who is on the same machine may call it so";
  itWhere(stage.runtime.loopback, noStranger)("is the Lambda of an emulator", async () => {
    const id = randomUUID();
    const body = JSON.stringify(triggerEvent());
    const path = "/2015-03-31/functions/poolcast/invocations";
    const response = await stage.post(path, body, { "amz-sdk-invocation-id": id });
    expect([response.status, await response.text()]).toEqual([200, body]);
    expect(await stage.delivered(id)).toMatchObject({ type: CONFIRMED, road: "trigger" });
  });

  it("takes CloudEvents in binary, structured and batched mode, and shakes hands", async () => {
    const [binary, structured, batched] = [randomUUID(), randomUUID(), randomUUID()];
    const event = (id: string) => ({ specversion: "1.0", id, source: "/shop", type: "shop.order", data: { n: 7 } });
    const headers = { "ce-specversion": "1.0", "ce-id": binary, "ce-source": "/shop", "ce-type": "shop.order" };
    expect(await answered(stage.post("/ingest/events", { n: 7 }, { ...KEYS.events, ...headers }))).toEqual([202, ONE]);
    const as = (suffix: string) => ({ ...KEYS.events, "content-type": `application/cloudevents${suffix}+json` });
    expect(await answered(stage.post("/ingest/events", event(structured), as("")))).toEqual([202, ONE]);
    const batch = [event(batched), { ...event("x"), specversion: "0.3" }];
    expect(await answered(stage.post("/ingest/events", batch, as("-batch")))).toEqual([
      202,
      { ...ONE, rejected: [{ index: 1, code: expect.any(String) }] },
    ]);
    for (const id of [binary, structured, batched]) {
      expect(await stage.delivered(id)).toMatchObject({ source: "/shop", type: "shop.order", data: { n: 7 } });
    }
    const shaken = await fetch(stage.url("/ingest/events"), {
      method: "OPTIONS",
      headers: { "webhook-request-origin": "shop.example.com" },
    });
    expect([shaken.status, shaken.headers.get("webhook-allowed-origin")]).toEqual([200, "shop.example.com"]);
  });
}
