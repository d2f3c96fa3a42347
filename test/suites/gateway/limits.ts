/** What is too large, and what is not what it should be. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { base64, firehoseHeaders } from "../../support/firehose.ts";
import { cloudTrailRecord } from "../../support/records.ts";
import { statusOfAnnounced } from "./access.ts";
import { KEYS, MAX_BYTES, type Stage } from "./stage.ts";

const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024));

export function limitsTests(stage: Stage): void {
  async function sent(road: string, body: string | Uint8Array, headers: Record<string, string>) {
    const response = await fetch(stage.url(`/ingest/${road}`), {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: body as BodyInit,
    });
    return [response.status, (await response.json()).code];
  }

  it("takes a body of the limit, and answers 413 to one that is larger, announced or not", async () => {
    const full = JSON.stringify(cloudTrailRecord()).padEnd(MAX_BYTES, " ");
    expect(await sent("eventbridge", full, KEYS.eventbridge)).toEqual([202, undefined]);
    expect(await sent("eventbridge", `${full} `, KEYS.eventbridge)).toEqual([413, "body_too_large"]);
    expect(await statusOfAnnounced(stage.url("/ingest/eventbridge"), KEYS.eventbridge)).toBe(413);
    let chunks = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (++chunks > 4096) return controller.close();
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
    });
    const init = { method: "POST", headers: KEYS.eventbridge, body: endless, duplex: "half" };
    const status = await fetch(stage.url("/ingest/eventbridge"), init as RequestInit).then(
      (response) => response.status,
      // A sender that does not stop may find the connection closed before it looks for an answer.
      () => "closed",
    );
    expect([413, "closed"]).toContain(status);
    // Some of them lie in the buffers between the two.
    expect(chunks).toBeLessThan(2048);
  });

  it("answers 413 to a bomb, to Firehose 400", async () => {
    expect(await sent("cloudtrail", BOMB, { ...KEYS.cloudtrail, "content-encoding": "gzip" })).toEqual([
      413,
      "body_too_large",
    ]);
    const requestId = randomUUID();
    const body = JSON.stringify({ requestId, timestamp: 1777879869000, records: [{ data: base64(BOMB) }] });
    const headers = { ...firehoseHeaders(requestId), ...KEYS.firehose };
    const response = await stage.post("/ingest/firehose", body, headers);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { requestId, errorMessage: expect.any(String) },
    ]);
    expect((await stage.get("/healthz")).status).toBe(200);
  });

  it("answers 400 to what is no JSON, no gzip and no CloudEvent, and 415 to another packing", async () => {
    for (const [road, headers] of [
      ["eventbridge", KEYS.eventbridge],
      ["cloudtrail", KEYS.cloudtrail],
      ["sns", {}],
    ] as const) {
      expect(await sent(road, '{"a":', headers)).toEqual([400, "invalid_json"]);
    }
    const packed = { ...KEYS.cloudtrail, "content-encoding": "gzip" };
    expect(await sent("cloudtrail", "{}", packed)).toEqual([400, "invalid_encoding"]);
    const brotli = { ...KEYS.cloudtrail, "content-encoding": "br" };
    expect(await sent("cloudtrail", "{}", brotli)).toEqual([415, "unsupported_encoding"]);
    const structured = { ...KEYS.events, "content-type": "application/cloudevents+json" };
    const old = JSON.stringify({ specversion: "0.3", id: "1", source: "/a", type: "b" });
    expect(await sent("events", old, structured)).toEqual([400, "invalid_cloudevent"]);
    expect(await sent("events", "{}", KEYS.events)).toEqual([400, "invalid_cloudevent"]);
  });

  it("takes and ignores JSON that is no record", async () => {
    const response = await stage.post("/ingest/eventbridge", { hello: "world" }, KEYS.eventbridge);
    expect([response.status, await response.json()]).toEqual([202, { accepted: 0, duplicates: 0, ignored: 1 }]);
  });
}
