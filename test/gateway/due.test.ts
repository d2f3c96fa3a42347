import { afterEach, describe, expect, it } from "vitest";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { createScriptedSink, LIMITS } from "../support/loop-kit.ts";
import { eventBridgeEvent } from "../support/records.ts";
import { openTestGateway, post, type TestGateway } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const YAML =
  "subscriptions: { crm: { target: { url: 'http://127.0.0.1:9/hook' }, delivery: { backoffDelay: PT1H, backoffMax: PT1H } } }";

let gateway: TestGateway;
afterEach(() => gateway.gateway.stop(0));

async function open(answer = 204): Promise<void> {
  gateway = await openTestGateway(YAML, { createSink: () => createScriptedSink(() => answer) });
  await gateway.gateway.start();
}

const due = () => gateway.gateway.nextDueAt();
const ingest = () => gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
const change = (path: string, body = "") => gateway.request(`/api/subscriptions/crm/${path}`, post(body));

describe("when a gateway does something next", () => {
  it("is never, where all is delivered", async () => {
    await open();
    await ingest();
    await waitUntil(async () => (await due()) === null, "nothing is due");
  });

  it("is the time of a retry, and never while an operator has paused its subscription", async () => {
    await open(500);
    await ingest();
    await waitUntil(async () => Number(await due()) > Date.now() + 60_000, "a retry is due");
    await change("pause");
    expect(await due()).toBeNull();
    await ingest();
    expect(await due()).toBeNull();
    await change("resume");
    expect(await due()).not.toBeNull();
  });

  it("is the next slice of a replay that runs, though everything before it is delivered", async () => {
    await open();
    for (let n = 0; n < 3; n++) await ingest();
    await waitUntil(async () => (await due()) === null, "nothing is due");
    expect((await change("replays", '{"fromId":"1","rate":0.1}')).status).toBe(202);
    const replayed = async () => (await (await gateway.request("/api/subscriptions/crm/replays")).json()).replays[0];
    await waitUntil(async () => (await replayed()).looked === 1, "the first slice went");
    await waitUntil(async () => Number(await due()) > Date.now() + 2000, "the next slice is due");
    const { id } = await replayed();
    await gateway.request(`/api/subscriptions/crm/replays/${id}`, { method: "DELETE" });
  });

  it("is now as long as an erasure is done, and never when it is", async () => {
    const memory = createMemoryBroker({ clock: Date.now, ...LIMITS });
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const scrub = () => {
      reached.resolve();
      return goOn.promise;
    };
    gateway = await openTestGateway(YAML, { broker: { ...memory, scrub } });
    await gateway.gateway.start();
    expect((await gateway.request("/api/erasures", post('{"sub":"somebody"}'))).status).toBe(202);
    await reached.promise;
    expect(await due()).toBe(0);
    goOn.resolve();
    await waitUntil(async () => (await due()) === null, "nothing is due");
  });
});
