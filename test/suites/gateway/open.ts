/** Without an `ingest` section a gateway on loopback is open to programs on its machine, and to no page in its browser. */
import { request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RecordingSink, startRecordingSink } from "../../support/recording-sink.ts";
import { eventBridgeEvent } from "../../support/records.ts";
import { makeCertificate, signedMessage } from "../../support/sns.ts";
import type { GatewayHome, GatewayRuntime } from "./runtime.ts";

export function openTests({ makeHome, settings = "" }: GatewayRuntime): void {
  let home: GatewayHome;
  let sink: RecordingSink;
  let url: string;
  const asked: string[] = [];
  const certificate = makeCertificate();

  beforeAll(async () => {
    sink = await startRecordingSink();
    home = await makeHome((asking) => {
      asked.push(asking);
      return { status: 200, body: certificate };
    });
    const target = home.reach(sink.url);
    ({ url } = await home.start(`${settings}\nsubscriptions: { all: { target: { url: "${target}" } } }`));
  }, 60_000);
  afterAll(async () => {
    await home.remove();
    await sink.close();
  });

  /** `fetch` would say by itself which host it means. */
  function statusOf(path: string, headers: Readonly<Record<string, string>>, body?: unknown) {
    return new Promise<number | undefined>((done, fail) => {
      const sent = request(`${url}${path}`, { method: body === undefined ? "GET" : "POST", headers });
      sent.once("error", fail);
      sent.once("response", (response) => {
        response.resume();
        done(response.statusCode);
      });
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  it("takes records without a key, by any name of loopback", async () => {
    const { port } = new URL(url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      for (const road of ["eventbridge", "cloudtrail"]) {
        expect(await statusOf(`/ingest/${road}`, { host }, eventBridgeEvent())).toBe(202);
      }
      expect(await statusOf("/metrics", { host })).toBe(200);
    }
  });

  it("refuses a page in the browser, and a name that was rebound to this machine", async () => {
    for (const headers of [{ origin: "https://attacker.example" }, { origin: "null" }, { host: "attacker.example" }]) {
      for (const road of ["eventbridge", "cloudtrail", "events", "cognito"]) {
        expect(await statusOf(`/ingest/${road}`, headers as Record<string, string>, eventBridgeEvent())).toBe(403);
      }
      expect(await statusOf("/metrics", headers as Record<string, string>)).not.toBe(200);
    }
  });

  it("asks even here that SNS messages are signed, and confirms no topic that nobody named", async () => {
    const message = signedMessage("Notification", { Message: JSON.stringify(eventBridgeEvent()) });
    expect(await statusOf("/ingest/sns", {}, message)).toBe(200);
    expect(await statusOf("/ingest/sns", {}, { ...message, Message: "{}" })).toBe(401);
    const confirmation = signedMessage("SubscriptionConfirmation", { SigningCertURL: message.SigningCertURL });
    expect(await statusOf("/ingest/sns", {}, confirmation)).toBe(200);
    expect(asked).toEqual([message.SigningCertURL]);
  });
}
