/** A Worker whose process is killed while senders post to it: what it acknowledged is delivered by the next one. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { waitUntil } from "../support/wait.ts";
import { bundleWorker, startWorker, type WorkerBundle } from "../support/worker.ts";

const LIVES = 3;
const SENDERS = 8;

let bundle: WorkerBundle;
let sink: RecordingSink;
const directory = mkdtempSync(join(tmpdir(), "poolcast-killed-"));

beforeAll(async () => {
  bundle = await bundleWorker();
  sink = await startRecordingSink();
}, 120_000);
afterAll(async () => {
  await sink.close();
  rmSync(directory, { recursive: true, force: true });
});

it("delivers all that it acknowledged, over several lives that end in the middle of it", async () => {
  const yaml = `
ingest: { eventbridge: { apiKeys: [k] } }
egress: { allowHttp: true, allowCidrs: ["127.0.0.0/8"] }
subscriptions: { crm: { target: { url: "${sink.url}" } } }`;
  const acknowledged = new Set<string>();
  let refused = 0;
  for (let life = 0; life < LIVES; life++) {
    const worker = await startWorker({ script: bundle.script, env: { POOLCAST_CONFIG: yaml }, directory });
    const before = acknowledged.size;
    let posting = true;
    const senders = Array.from({ length: SENDERS }, async () => {
      while (posting) {
        const id = randomUUID();
        const event = eventBridgeEvent(cloudTrailRecord(id));
        const status = await postJson(`${worker.url}/ingest/eventbridge`, event, { "x-api-key": "k" }).then(
          (response) => response.status,
          () => 0,
        );
        if (status === 202) acknowledged.add(id);
        else refused += 1;
      }
    });
    await waitUntil(() => acknowledged.size >= before + 100, "a hundred were acknowledged");
    await worker.stop();
    posting = false;
    await Promise.all(senders);
  }
  // That requests were under way when it was killed.
  expect(refused).toBeGreaterThan(0);
  const last = await startWorker({ script: bundle.script, env: { POOLCAST_CONFIG: yaml }, directory });
  try {
    await last.cron();
    const delivered = () => new Set(sink.received.map(({ headers }) => headers["webhook-id"]));
    const missing = () => {
      const ids = delivered();
      return [...acknowledged].filter((id) => !ids.has(id));
    };
    await waitUntil(() => missing().length === 0, "all that was acknowledged is delivered", 60_000);
    expect(acknowledged.size).toBeGreaterThanOrEqual(LIVES * 100);
  } finally {
    await last.stop();
  }
}, 180_000);
