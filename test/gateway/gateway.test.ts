import { describe, expect, it } from "vitest";
import { type Broker, BrokerFailure } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { createScriptedSink } from "../support/loop-kit.ts";
import { eventBridgeEvent } from "../support/records.ts";
import { openTestGateway, post } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const LIMITS = { dedupeWindowMs: 3_600_000, retentionMs: 3_600_000, deadRetentionMs: 3_600_000, maxBytes: 1 << 26 };
const target = "target: { url: 'http://127.0.0.1:9/hook' }";

describe("the gateway", () => {
  it("brings the backlog of a sink whose URL was changed to its new one, and what was renamed begins anew", async () => {
    const broker = createMemoryBroker({ clock: Date.now, ...LIMITS });
    const down = createScriptedSink(() => 503);
    const quick = "delivery: { backoffPolicy: constant, backoffDelay: PT0.01S }";
    const before = await openTestGateway(
      `subscriptions: { test: { ${target}, ${quick} }, old: { ${target}, ${quick} } }`,
      {
        broker,
        createSink: () => down,
      },
    );
    await before.gateway.start();
    await before.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    await waitUntil(() => down.sent.length >= 2, "both were tried");
    await before.gateway.stop(0);

    const moved = createScriptedSink();
    const renamed = createScriptedSink();
    const elsewhere = "target: { url: 'http://127.0.0.1:9/elsewhere' }";
    const after = await openTestGateway(
      `subscriptions: { test: { ${elsewhere} }, new: { start: latest, ${target} } }`,
      {
        broker,
        createSink: (name) => (name === "test" ? moved : renamed),
      },
    );
    await after.gateway.start();
    await waitUntil(() => moved.sent.length === 1, "the backlog went to the new URL");
    expect(moved.ids()).toEqual([down.ids()[0]]);
    expect(renamed.sent).toEqual([]);
    expect(await (await after.request("/metrics")).text()).toContain(
      'poolcast_dropped_total{subscription="old",reason="subscription_removed"} 1',
    );
    await after.gateway.stop(0);
  });

  it("drops the backlog of a sink that was removed, since its subscription left the configuration, with the reason in the metrics", async () => {
    const broker = createMemoryBroker({ clock: Date.now, ...LIMITS });
    await broker.ensureSubscription({ subscription: "gone", start: "earliest" });
    const gateway = await openTestGateway(`subscriptions: { test: { ${target} } }`, { broker });
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    await gateway.gateway.start();
    expect(await broker.listSubscriptions()).toEqual(["test"]);
    expect(await (await gateway.request("/metrics")).text()).toContain(
      'poolcast_dropped_total{subscription="gone",reason="subscription_removed"} 1',
    );
    await gateway.gateway.stop(0);
  });

  it("starts a subscription at the earliest event or at the next one, as configured", async () => {
    const gateway = await openTestGateway(
      `subscriptions: { old: { ${target} }, new: { start: latest, ${target} }, test: { ${target} } }`,
    );
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    await gateway.gateway.start();
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    const delivered = async () => {
      const text = await (await gateway.request("/metrics")).text();
      return ["old", "new"].map((name) =>
        Number(new RegExp(`poolcast_delivered_total{subscription="${name}"} (\\d+)`).exec(text)?.[1]),
      );
    };
    await waitUntil(async () => (await delivered()).join() === "2,1", "both subscriptions had theirs");
    await gateway.gateway.stop(0);
  });

  it("begins to deliver when a shared broker that was away comes back, and is stopped while it waits", async () => {
    const real = createMemoryBroker({ clock: Date.now, ...LIMITS });
    let away = true;
    const broker: Broker = {
      ...real,
      capabilities: { ...real.capabilities, shared: true },
      async listSubscriptions() {
        if (away) throw new BrokerFailure("broker_unavailable", "away");
        return real.listSubscriptions();
      },
    };
    const never = await openTestGateway(`subscriptions: { test: { ${target} } }`, { broker });
    await never.gateway.start();
    await never.gateway.stop(0);

    const sink = createScriptedSink();
    const gateway = await openTestGateway(`subscriptions: { test: { ${target} } }`, { broker, createSink: () => sink });
    await gateway.gateway.start();
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    away = false;
    await waitUntil(() => sink.sent.length === 1, "it was delivered");
    await gateway.gateway.stop(0);
    expect(gateway.log()).toContain("delivery begins when it answers");
  });

  it("does not start on a broker of its own that fails", async () => {
    const real = createMemoryBroker({ clock: Date.now, ...LIMITS });
    const listSubscriptions = () => Promise.reject(new BrokerFailure("broker_unavailable", "no disk"));
    const gateway = await openTestGateway("", { broker: { ...real, listSubscriptions } });
    await expect(gateway.gateway.start()).rejects.toMatchObject({ message: "no disk" });
  });

  it("shows subscriptions and their state to those who may see them", async () => {
    const gateway = await openTestGateway(`subscriptions: { test: { ${target} } }`);
    await gateway.gateway.start();
    expect(await (await gateway.request("/readyz")).json()).toMatchObject({
      status: "ready",
      broker: { kind: "memory", writable: true, persistence: expect.any(String) },
      subscriptions: [{ subscription: "test", state: "running", pending: 0, dead: 0 }],
    });
    await gateway.gateway.stop(0);
  });

  it("tells a subscription that asks for it that another one's target wants no more", async () => {
    const own = "filters: [{ prefix: { type: dev.poolcast. } }]";
    const watched = createScriptedSink();
    const gateway = await openTestGateway(
      `subscriptions: { gone: { ${target} }, watch: { ${own}, ${target} }, test: { ${target} } }`,
      { createSink: (name) => (name === "watch" ? watched : createScriptedSink(() => (name === "gone" ? 410 : 204))) },
    );
    await gateway.gateway.start();
    await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    await waitUntil(() => watched.sent.length === 1, "somebody was told");
    const states = async () => {
      const { subscriptions } = await (await gateway.request("/readyz")).json();
      return subscriptions.map(({ subscription, state }: Record<string, string>) => `${subscription} ${state}`);
    };
    expect(await states()).toEqual(["gone disabled", "test running", "watch running"]);
    expect(watched.ids()[0]).toMatch(/^gone:/);
    await gateway.gateway.stop(0);
  });

  it("ignores what is not of a configured pool where only those are wanted", async () => {
    const arn = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";
    const gateway = await openTestGateway(`onlyConfiguredPools: true\npools: [{ arn: "${arn}" }]`);
    const of = (userPoolId: string) => ({
      eventSource: "cognito-idp.amazonaws.com",
      eventName: "AdminDeleteUser",
      eventID: userPoolId,
      requestParameters: { userPoolId },
    });
    const records = [of("eu-central-1_Kq3vX9TzP"), of("eu-central-1_Other0001")];
    const response = await gateway.request("/ingest/cloudtrail", post(JSON.stringify({ Records: records })));
    expect(await response.json()).toEqual({ accepted: 1, duplicates: 0, ignored: 1 });
  });
});
