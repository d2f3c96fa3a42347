/** A trigger of TriggerMesh's broker file that is for a part of a stream which its broker has written. */
import { afterEach, describe, expect, it } from "vitest";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const HOUR_MS = 3_600_000;

describe("a trigger with bounds", () => {
  it("is sent what lies between them, however old it is, and nothing that comes later", async () => {
    const server = await startRedisServer({});
    const [byId, byDate, open] = await Promise.all([1, 2, 3].map(() => startRecordingSink()));
    const place = makePlace();
    if (!byId || !byDate || !open) throw new Error("Three sinks were started.");
    cleanups.push(server.remove, byId.close, byDate.close, open.close, place.remove);
    // Older than events may grow elsewhere (maxAge).
    const start = Date.now() - 120 * HOUR_MS;
    const atMs = (hours: number) => start + hours * HOUR_MS;
    for (const hours of [0, 1, 2, 3]) {
      const event = { specversion: "1.0", id: `e${hours}`, source: "/tm", type: "order.placed", data: { hours } };
      await server.command("XADD", "triggermesh", `${atMs(hours)}-7`, "ce", JSON.stringify(event));
    }
    place.writeConfig(`
broker: { kind: redis, url: "${server.url}" }
triggers:
  byid: { target: { url: "${byId.url}" }, bounds: { byId: { start: "${atMs(0)}-7", end: "${atMs(2)}-8" } } }
  bydate:
    target: { url: "${byDate.url}" }
    bounds:
      byDate: { start: "${new Date(atMs(1)).toISOString()}", end: "${new Date(atMs(3)).toISOString()}" }
  open: { target: { url: "${open.url}" }, bounds: { byId: { start: "${atMs(2)}-7" } } }
`);
    const gateway = await place.start();
    const idsOf = (sink: typeof open) => sink.received.map(({ headers }) => headers["ce-id"]).sort();
    const seen = () => [byId, byDate, open].map(idsOf);
    await waitUntil(() => seen().flat().length === 4, "all of them were delivered");
    expect(seen()).toEqual([["e1", "e2"], ["e2"], ["e3"]]);

    const event = { specversion: "1.0", id: "new", source: "/tm", type: "order.placed" };
    await server.command("XADD", "triggermesh", "*", "ce", JSON.stringify(event));
    await waitUntil(() => idsOf(open).includes("new"), "the trigger without an end goes on");
    await waitUntil(async () => {
      const { subscriptions } = (await (await fetch(`${gateway.url}/api/subscriptions`)).json()) as {
        subscriptions: readonly { readonly pending: number }[];
      };
      return subscriptions.every(({ pending }) => pending === 0);
    }, "nothing is left to look at");
    expect(seen()).toEqual([["e1", "e2"], ["e2"], ["e3", "new"]]);
    expect(await gateway.kill("SIGTERM")).toBe(0);
  });
});
