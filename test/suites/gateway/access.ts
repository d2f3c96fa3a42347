/** Who may call what: credentials, signatures, methods. */
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { expect, it } from "vitest";
import { firehoseBody } from "../../support/firehose.ts";
import { itWhere } from "../../support/only-where.ts";
import { eventBridgeEvent } from "../../support/records.ts";
import { makeStranger, signedMessage } from "../../support/sns.ts";
import { NEW_SECRET, signedHeaders, triggerEvent } from "../../support/webhooks.ts";
import { KEYS, type Stage } from "./stage.ts";

export function accessTests(stage: Stage): void {
  async function refusal(sent: Promise<Response>): Promise<readonly unknown[]> {
    const response = await sent;
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    return [response.status, (await response.json()).code];
  }

  it("refuses a missing, a wrong and another road's key", async () => {
    for (const road of ["eventbridge", "cloudtrail", "events"]) {
      for (const headers of [{}, { "x-api-key": "key-of-nobody" }, KEYS.admin]) {
        const sent = stage.post(`/ingest/${road}`, eventBridgeEvent(), headers as Record<string, string>);
        expect(await refusal(sent)).toEqual([401, "unauthorized"]);
      }
    }
    const older = await stage.post("/ingest/eventbridge", eventBridgeEvent(), { "x-api-key": "an-older-key" });
    expect(older.status).toBe(202);
  });

  it("refuses a wrong key before it has the body", async () => {
    expect(await statusOfAnnounced(stage.url("/ingest/eventbridge"), { "x-api-key": "key-of-nobody" })).toBe(401);
  });

  it("refuses Firehose with a wrong key as Firehose wants it", async () => {
    const requestId = randomUUID();
    const headers = { "x-amz-firehose-request-id": requestId, "x-amz-firehose-access-key": "key-of-nobody" };
    const response = await stage.post("/ingest/firehose", firehoseBody([], requestId), headers);
    expect([response.status, await response.json()]).toMatchObject([
      401,
      { requestId, errorMessage: expect.any(String) },
    ]);
  });

  it("refuses a trigger that another secret signed, that was changed, or that is old", async () => {
    const body = JSON.stringify(triggerEvent());
    for (const [sent, headers] of [
      [body, {}],
      [body, signedHeaders(body, { secret: NEW_SECRET })],
      [`${body} `, signedHeaders(body)],
      [body, signedHeaders(body, { at: new Date(Date.now() - 3_600_000) })],
    ] as const) {
      expect((await stage.post("/ingest/cognito", sent, headers as Record<string, string>)).status).toBe(401);
    }
  });

  it("refuses a notification that was changed, that a stranger signed, or of a foreign topic", async () => {
    const changed = { ...signedMessage("Notification"), Message: JSON.stringify(eventBridgeEvent()) };
    const strange = signedMessage("Notification", {}, makeStranger().privateKey);
    const foreign = signedMessage("Notification", { TopicArn: "arn:aws:sns:us-west-2:999999999999:other" });
    for (const message of [changed, strange, foreign]) {
      expect((await refusal(stage.post("/ingest/sns", message)))[0]).toBe(401);
    }
  });

  const ownMachine = "on its loopback listener everybody is an operator";
  itWhere(!stage.runtime.loopback, ownMachine)("shows an operator alone what is inside", async () => {
    for (const path of ["/metrics", "/api/subscriptions", "/api/events"]) {
      expect((await stage.get(path)).status).toBe(401);
      expect((await stage.get(path, KEYS.eventbridge)).status).toBe(401);
    }
    expect(await (await stage.get("/readyz")).json()).not.toHaveProperty("subscriptions");
  });

  it("answers 404 to what there is not, and 405 with what there is to another method", async () => {
    expect(await refusal(stage.post("/ingest/carrier-pigeon", {}))).toEqual([404, "not_found"]);
    for (const road of ["eventbridge", "cloudtrail", "sns", "cognito"]) {
      const response = await stage.get(`/ingest/${road}`);
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    }
  });
}

const ANNOUNCED_BYTES = 300 * 1024 * 1024;

/** The status of a request that announces very many bytes and waits with them. */
export function statusOfAnnounced(url: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((done, fail) => {
    const sent = request(url, { method: "POST", headers: { ...headers, "content-length": ANNOUNCED_BYTES } });
    sent.once("error", fail);
    sent.once("response", (response) => {
      done(response.statusCode);
      sent.off("error", fail).on("error", () => {});
      sent.destroy();
    });
    sent.write("[");
  });
}
