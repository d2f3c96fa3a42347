/** What was acknowledged is delivered, whatever becomes of the gateway in between. */
import { randomUUID } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import { type Received, type RecordingSink, startRecordingSink } from "../../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../../support/records.ts";
import { waitUntil } from "../../support/wait.ts";
import type { GatewayHome, GatewayRuntime, RunningGateway } from "./runtime.ts";
import { KEYS } from "./stage.ts";

const CLIENTS = 4;
const QUICKLY = "backoffDelay: PT0.1S, backoffPolicy: constant";

export function deliveryTests({ makeHome, settings = "" }: GatewayRuntime): void {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  async function openSink(answer?: (request: Received) => number): Promise<RecordingSink> {
    const sink = await startRecordingSink(answer);
    cleanups.push(sink.close);
    return sink;
  }

  async function openHome(): Promise<GatewayHome> {
    const home = await makeHome(() => ({ status: 404, body: "" }));
    // Before the sinks: it still delivers to them.
    cleanups.unshift(home.remove);
    return home;
  }

  function configOf(subscriptions: Readonly<Record<string, string>>): string {
    const lines = Object.entries(subscriptions).map(([name, text]) => `  ${name}: { ${text} }`);
    const ingest = "ingest: { eventbridge: { apiKeys: [key-of-eventbridge] } }\nadminKeys: [key-of-admins]";
    return `${settings}\n${ingest}\nsubscriptions:\n${lines.join("\n")}\n`;
  }

  function post({ url }: RunningGateway, id: string, eventName = "SignUp"): Promise<Response> {
    return postJson(
      `${url}/ingest/eventbridge`,
      eventBridgeEvent(cloudTrailRecord(id, { eventName })),
      KEYS.eventbridge,
    );
  }

  async function postUntilDown(gateway: RunningGateway, acknowledged: Set<string>): Promise<void> {
    while (true) {
      const id = randomUUID();
      try {
        const response = await post(gateway, id);
        if (response.status === 202) acknowledged.add(id);
        await response.body?.cancel();
      } catch {
        return;
      }
    }
  }

  async function subscriptionsOf({ url }: RunningGateway): Promise<readonly Record<string, unknown>[]> {
    const { subscriptions } = await (await fetch(`${url}/readyz`, { headers: KEYS.admin })).json();
    return subscriptions;
  }

  it("loses nothing that it acknowledged before it was killed under load, and what waits keeps its name", async () => {
    let status = 503;
    const sink = await openSink(() => status);
    const home = await openHome();
    const config = configOf({ crm: `target: { url: "${home.reach(sink.url)}" }, delivery: { ${QUICKLY} }` });
    const acknowledged = new Set<string>();

    const first = await home.start(config);
    const load = Promise.all(Array.from({ length: CLIENTS }, () => postUntilDown(first, acknowledged)));
    await waitUntil(() => acknowledged.size >= 20 && sink.received.length > 0, "there was something to lose");
    await first.kill();
    await load;

    const tried = sink.received.length;
    status = 204;
    await home.start(config);
    const idsSince = (from: number) => new Set(sink.received.slice(from).map(({ headers }) => headers["webhook-id"]));
    const missing = () => [...acknowledged].filter((id) => !idsSince(tried).has(id));
    await waitUntil(() => missing().length === 0, "every acknowledged event was delivered").catch(() => {});
    expect(missing()).toEqual([]);
  });

  it("keeps dead letters over a restart and replays them, disables who is gone, and delivers nothing twice after a stop", async () => {
    const good = await openSink();
    let badStatus = 500;
    const bad = await openSink(() => badStatus);
    const gone = await openSink(() => 410);
    const home = await openHome();
    const only = (type: string) => `filters: [{ suffix: { type: ${type} } }]`;
    const config = configOf({
      good: `target: { url: "${home.reach(good.url)}" }, ${only("user.signed_up")}`,
      bad: `target: { url: "${home.reach(bad.url)}" }, delivery: { retry: 1, ${QUICKLY} }`,
      gone: `target: { url: "${home.reach(gone.url)}" }`,
    });
    const [signedUp, signedOut] = [randomUUID(), randomUUID()];
    const first = await home.start(config);
    expect((await post(first, signedUp)).status).toBe(202);
    expect((await post(first, signedOut, "GlobalSignOut")).status).toBe(202);
    const expected = [
      expect.objectContaining({ subscription: "bad", dead: 2, pending: 0 }),
      expect.objectContaining({ subscription: "gone", state: "disabled" }),
      expect.objectContaining({ subscription: "good", dead: 0, pending: 0 }),
    ];
    const settled = async () => {
      const [one, two, three] = await subscriptionsOf(first);
      return one?.dead === 2 && two?.state === "disabled" && three?.pending === 0;
    };
    await waitUntil(settled, "all was settled");
    expect(await subscriptionsOf(first)).toEqual(expected);
    expect(good.received.map(({ headers }) => headers["ce-id"])).toEqual([signedUp]);
    expect(good.received[0]?.headers["ce-type"]).toBe("com.amazon.cognito-idp.user.signed_up");
    expect(bad.received.map(({ headers }) => headers["ce-id"]).toSorted()).toEqual(
      [signedUp, signedUp, signedOut, signedOut].toSorted(),
    );
    const metrics = await (await fetch(`${first.url}/metrics`, { headers: KEYS.admin })).text();
    await first.stop();

    const second = await home.start(config);
    const third = randomUUID();
    expect((await post(second, third)).status).toBe(202);
    await waitUntil(() => good.received.length === 2, "the next event was delivered");
    await waitUntil(async () => (await subscriptionsOf(second))[0]?.dead === 3, "the dead letters are still there");
    expect(metrics).toContain('poolcast_dead_letters{subscription="bad"} 2');
    expect(good.received.map(({ headers }) => headers["ce-id"])).toEqual([signedUp, third]);

    const letters = `${second.url}/api/subscriptions/bad/dead`;
    const { deadLetters } = await (await fetch(letters, { headers: KEYS.admin })).json();
    const dead = [signedUp, signedOut, third].toSorted();
    expect(deadLetters.map(({ id }: { readonly id: string }) => id).toSorted()).toEqual(dead);
    expect(deadLetters[0]).toMatchObject({ reason: "retries_exhausted", attempts: 2 });
    badStatus = 204;
    const tried = bad.received.length;
    const replayed = await postJson(`${letters}/replay`, { all: true }, KEYS.admin);
    expect([replayed.status, await replayed.json()]).toMatchObject([200, { count: 3 }]);
    await waitUntil(() => bad.received.length >= tried + 3, "the dead letters were delivered");
    expect(
      bad.received
        .slice(tried)
        .map(({ headers }) => headers["webhook-id"])
        .toSorted(),
    ).toEqual(dead);
  });

  it("erases whom it said that it would, though it was killed at once, and forgets who that was", async () => {
    const sub = "7c0e2a54-1f3b-4d68-9a7e-2b5d8c6f1e90";
    const home = await openHome();
    const sink = await openSink();
    const config = configOf({ all: `target: { url: "${home.reach(sink.url)}" }` });
    const first = await home.start(config);
    const signIn = () =>
      cloudTrailRecord(randomUUID(), {
        eventName: "AdminDisableUser",
        requestParameters: { username: "quinn.torvik", userPoolId: "us-west-2_Kq3vX9TzP" },
        responseElements: null,
        additionalEventData: { sub },
      });
    const records = Array.from({ length: 300 }, signIn);
    expect((await postJson(`${first.url}/ingest/eventbridge`, records, KEYS.eventbridge)).status).toBe(202);
    const asked = await postJson(`${first.url}/api/erasures`, { sub }, KEYS.admin);
    const { id } = await asked.json();
    await first.kill();
    expect(asked.status).toBe(202);

    const second = await home.start(config);
    const find = async () => (await fetch(`${second.url}/api/erasures/${id}`, { headers: KEYS.admin })).json();
    await waitUntil(async () => (await find()).state === "done", "the erasure was done").catch(() => {});
    const view = await find();
    expect(view).toMatchObject({ id, state: "done", erased: { events: { looked: 300 } } });
    // What was found between two notes of it is not counted where the process ends between them.
    expect(view.erased.events.erased).toBeGreaterThanOrEqual(100);
    expect(JSON.stringify(view)).not.toContain(sub);
    const again = await (await postJson(`${second.url}/api/erasures`, { sub }, KEYS.admin)).json();
    const findAgain = async () =>
      (await fetch(`${second.url}/api/erasures/${again.id}`, { headers: KEYS.admin })).json();
    await waitUntil(async () => (await findAgain()).state === "done", "the second erasure was done");
    expect((await findAgain()).erased.events).toEqual({ looked: 300, erased: 0 });
  });

  it("has no road but those that are configured", async () => {
    const home = await openHome();
    const sink = await openSink();
    const gateway = await home.start(configOf({ all: `target: { url: "${home.reach(sink.url)}" }` }));
    const roads = ["cloudtrail", "events", "firehose", "sns", "cognito"];
    for (const road of roads) expect((await postJson(`${gateway.url}/ingest/${road}`, {})).status).toBe(404);
  });
}
