/** SIGKILL under load, many times: what was acknowledged is delivered, whatever else was lost. */
import { randomInt, randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { DENO, NODE } from "../support/runtimes.ts";
import { waitUntil } from "../support/wait.ts";

const CLIENTS = 16;

const CASES = [
  { runtime: NODE, cycles: 20 },
  { runtime: DENO, cycles: 5 },
];

describe.each(CASES)("a gateway on $runtime.name that is killed", ({ runtime, cycles }) => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  it(`delivers every event it acknowledged, over ${cycles} kills under load`, { timeout: 180_000 }, async () => {
    const sink = await startRecordingSink();
    const place = makePlace(runtime);
    cleanups.push(place.remove, sink.close);
    place.writeConfig(`subscriptions: { crm: { target: { url: "${sink.url}", mode: structured } } }`);

    const acknowledged = new Set<string>();
    let kills = 0;
    for (let cycle = 0; cycle < cycles; cycle++) {
      const gateway = await place.start();
      const before = acknowledged.size;
      const load = Promise.all(Array.from({ length: CLIENTS }, () => postUntilDown(gateway, acknowledged)));
      // Not before something was acknowledged in this cycle, so that each kill has something to lose.
      await waitUntil(() => acknowledged.size > before, "an event was acknowledged");
      await new Promise((done) => setTimeout(done, randomInt(5, 200)));
      if ((await gateway.kill("SIGKILL")) === "SIGKILL") kills += 1;
      await load;
      expect(acknowledged.size).toBeGreaterThan(before);
    }
    expect(kills).toBe(cycles);

    await place.start();
    const missing = () => {
      const delivered = new Set(sink.received.map(({ headers }) => headers["webhook-id"]));
      return [...acknowledged].filter((id) => !delivered.has(id));
    };
    await waitUntil(() => missing().length === 0, "every acknowledged event was delivered").catch(() => {});
    expect(missing()).toEqual([]);
  });
});

async function postUntilDown({ url }: GatewayProcess, acknowledged: Set<string>): Promise<void> {
  while (true) {
    const eventID = randomUUID();
    try {
      const response = await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(cloudTrailRecord(eventID)));
      if (response.status === 202) acknowledged.add(eventID);
      await response.body?.cancel();
    } catch {
      return;
    }
  }
}
