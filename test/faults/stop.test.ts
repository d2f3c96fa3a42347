import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { DENO, NODE } from "../support/runtimes.ts";
import { waitUntil } from "../support/wait.ts";

describe.each([NODE, DENO])("a gateway on $name that is told to stop", (runtime) => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  it("finishes the open request and the running try, and exits with 0", async () => {
    let release = (_status: number) => {};
    const held = new Promise<number>((done) => (release = done));
    const sink = await startRecordingSink(() => held);
    const place = makePlace(runtime);
    cleanups.push(place.remove, sink.close);
    place.writeConfig(`subscriptions: { crm: { target: { url: "${sink.url}" } } }`);
    const gateway = await place.start();
    await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent());
    await waitUntil(() => sink.received.length === 1, "the try began");

    const slow = slowPost(`${gateway.url}/ingest/eventbridge`, JSON.stringify(eventBridgeEvent()));
    await slow.headersSent;
    gateway.signal("SIGTERM");
    await waitUntil(() => gateway.stderr().includes("stopping"), "the stop began");
    await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();
    slow.finish();
    expect(await slow.status).toBe(202);
    release(204);
    expect(await gateway.exited).toBe(0);

    // The try that was under way was settled; the event of the open request is delivered by the next process.
    const second = await place.start();
    await waitUntil(() => sink.received.length >= 2, "the second event was delivered");
    await new Promise((done) => setTimeout(done, 100));
    expect(sink.received).toHaveLength(2);
    expect(await second.kill("SIGTERM")).toBe(0);
  });

  it("loses nothing that waits for its retry, and keeps its attempts", async () => {
    let status = 503;
    const sink = await startRecordingSink(() => status);
    const place = makePlace(runtime);
    cleanups.push(place.remove, sink.close);
    place.writeConfig(
      `subscriptions: { crm: { target: { url: "${sink.url}" }, delivery: { retry: 2, backoffDelay: PT0.2S, backoffPolicy: constant } } }`,
    );
    const first = await place.start();
    await postJson(
      `${first.url}/ingest/eventbridge`,
      eventBridgeEvent(cloudTrailRecord("6f1f2f7e-60a1-4a7e-bb7d-b3f33c1fb5c2")),
    );
    await waitUntil(() => sink.received.length === 1, "the first try failed");
    await first.kill("SIGTERM");
    const tried = sink.received.length;
    status = 204;
    await place.start();
    await waitUntil(() => sink.received.length === tried + 1, "the event was delivered");
    expect(new Set(sink.received.map(({ headers }) => headers["webhook-id"]))).toEqual(
      new Set(["6f1f2f7e-60a1-4a7e-bb7d-b3f33c1fb5c2"]),
    );
  });

  it("refuses to start on a file that another gateway has, and says so in one line", async () => {
    const place = makePlace(runtime);
    cleanups.push(place.remove);
    await place.start();
    const failure = await place.start().then(
      () => "",
      (error: Error) => error.message,
    );
    expect(failure).toContain("ended with 2");
    expect(failure).toContain("is open in another process");
    expect(failure.trim().split("\n")).toHaveLength(1);
  });
});

/** A request whose body comes in two parts, the second when told. */
function slowPost(url: string, body: string) {
  const half = Math.floor(body.length / 2);
  const req = request(url, {
    method: "POST",
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
  });
  const status = new Promise<number | undefined>((done, fail) => {
    req.once("error", fail);
    req.once("response", (response) => {
      response.resume();
      done(response.statusCode);
    });
  });
  const headersSent = new Promise<void>((done) => req.write(body.slice(0, half), () => setTimeout(done, 50)));
  return { status, headersSent, finish: () => req.end(body.slice(half)) };
}
