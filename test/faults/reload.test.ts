/** Another configuration for a gateway that runs: by a signal, by a changed file, and with faults in it. */
import { renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type GatewayPlace, type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { DENO, NODE } from "../support/runtimes.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function openSink(answer?: () => number | Promise<number>): Promise<RecordingSink> {
  const sink = await startRecordingSink(answer);
  cleanups.push(sink.close);
  return sink;
}

function openPlace(runtime = NODE): GatewayPlace {
  const place = makePlace(runtime);
  cleanups.push(place.remove);
  return place;
}

const idsOf = (sink: RecordingSink) => sink.received.map(({ headers }) => headers["ce-id"]);
const subscription = (name: string, sink: RecordingSink, more = "") =>
  `  ${name}: { target: { url: "${sink.url}" }, ${more} }\n`;
const post = async (gateway: GatewayProcess, id: string, headers = {}) =>
  (await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent(cloudTrailRecord(id)), headers)).status;
const metrics = async (gateway: GatewayProcess) => (await fetch(`${gateway.url}/metrics`)).text();
const said = (gateway: GatewayProcess, text: string) =>
  waitUntil(() => gateway.stderr().includes(text), `the log says ${text}: ${gateway.stderr()}`);

const APPLIED = "holds from now on";

describe.each([NODE, DENO])("a gateway on $name that is told to read its configuration again", (runtime) => {
  it("takes up what is new, lets go of what is gone, and does not disturb the rest", async () => {
    let release = (_status: number) => {};
    const held = new Promise<number>((done) => (release = done));
    const [stays, goes, comes] = [await openSink(() => held), await openSink(() => 503), await openSink()];
    const place = openPlace(runtime);
    const keys = (key: string) => `ingest: { eventbridge: { apiKeys: [${key}] } }\nsubscriptions:\n`;
    place.writeConfig(keys("old-key-of-16-bytes") + subscription("stays", stays) + subscription("goes", goes));
    const gateway = await place.start();
    expect(await post(gateway, "first", { "x-api-key": "old-key-of-16-bytes" })).toBe(202);
    await waitUntil(() => stays.received.length === 1 && goes.received.length >= 1, "both tries began");

    place.writeConfig(keys("new-key-of-16-bytes") + subscription("stays", stays) + subscription("comes", comes));
    gateway.signal("SIGHUP");
    await said(gateway, APPLIED);
    expect(await post(gateway, "second", { "x-api-key": "old-key-of-16-bytes" })).toBe(401);
    expect(await post(gateway, "second", { "x-api-key": "new-key-of-16-bytes" })).toBe(202);
    await waitUntil(() => comes.received.length === 2, "the new one had both, since it starts at the earliest");
    expect(idsOf(comes)).toEqual(["first", "second"]);
    const counted = await metrics(gateway);
    expect(counted).toContain('poolcast_dropped_total{subscription="goes",reason="subscription_removed"} 1');
    expect(counted).toContain('poolcast_config_reloads_total{outcome="applied"} 1');
    // Counted before and after it, without a beginning at zero in between; each metric stands there once.
    expect(counted).toContain('poolcast_ingest_accepted_total{road="eventbridge"} 2');
    const names = [...counted.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(names).toEqual([...new Set(names)]);

    // The try that was under way all the time was neither broken off nor made twice.
    release(204);
    await waitUntil(() => stays.received.length === 2, "what stays has the second too");
    expect(idsOf(stays)).toEqual(["first", "second"]);
    expect(await gateway.kill("SIGTERM")).toBe(0);
  });

  it("goes on with the last one where the file has faults, is gone, or asks for what needs a restart", async () => {
    const sink = await openSink();
    const place = openPlace(runtime);
    const good = `subscriptions:\n${subscription("crm", sink)}`;
    place.writeConfig(good);
    const gateway = await place.start();
    const bad = [
      ["subscriptions: { crm: { target: { url: nowhere } } }", "subscriptions.crm.target.url: "],
      ["subscriptions: [", "poolcast.yaml"],
      ["\n", "there is no configuration any more"],
      [`broker: { kind: memory }\n${good}`, "broker: cannot change while poolcast runs"],
      [`listen: { host: 127.0.0.2 }\n${good}`, "listen: cannot change while poolcast runs"],
    ] as const;
    for (const [at, [text, fault]] of bad.entries()) {
      place.writeConfig(text);
      gateway.signal("SIGHUP");
      const counted = `poolcast_config_reloads_total{outcome="failed"} ${at + 1}`;
      await waitUntil(async () => (await metrics(gateway)).includes(counted), counted);
      if (fault !== "poolcast.yaml") await said(gateway, fault);
    }
    expect(await metrics(gateway)).toContain("poolcast_config_last_reload_successful 0");
    await post(gateway, "after");
    await waitUntil(() => sink.received.length === 1, "it delivers as before");

    place.writeConfig(`${good}# as it was\n`);
    gateway.signal("SIGHUP");
    await said(gateway, "is the same");
    expect(await metrics(gateway)).toContain("poolcast_config_last_reload_successful 1");
    expect(await gateway.kill("SIGTERM")).toBe(0);
  });

  it("notices a changed file by itself, also behind links that are put in place of others", async () => {
    const [first, second] = [await openSink(), await openSink()];
    const place = openPlace(runtime);
    const at = (name: string) => join(place.directory, name);
    writeFileSync(at("one.yaml"), `subscriptions:\n${subscription("crm", first)}`);
    writeFileSync(at("two.yaml"), `subscriptions:\n${subscription("crm", second)}`);
    symlinkSync("one.yaml", at("current"));
    symlinkSync("current", at("poolcast.yaml"));
    const gateway = await place.start();
    await post(gateway, "before");
    await waitUntil(() => first.received.length === 1, "the first target had it");

    symlinkSync("two.yaml", at("next"));
    renameSync(at("next"), at("current"));
    await said(gateway, APPLIED);
    await post(gateway, "after");
    await waitUntil(() => second.received.length === 1, "the second target had it");
    expect([idsOf(first), idsOf(second)]).toEqual([["before"], ["after"]]);
  });
});

describe("a gateway that is reloaded under load", () => {
  it("loses nothing and delivers nothing twice", async () => {
    const sink = await openSink();
    const place = openPlace();
    const config = (concurrency: number) =>
      `subscriptions:\n${subscription("crm", sink, `delivery: { concurrency: ${concurrency} }`)}`;
    place.writeConfig(config(4));
    const gateway = await place.start();
    const sent: string[] = [];
    let loading = true;
    const load = Promise.all(
      [0, 1, 2, 3].map(async (worker) => {
        for (let at = 0; loading; at++) {
          expect(await post(gateway, `${worker}-${at}`)).toBe(202);
          sent.push(`${worker}-${at}`);
        }
      }),
    );
    for (let round = 1; round <= 8; round++) {
      place.writeConfig(config(4 + round));
      gateway.signal("SIGHUP");
      const counted = `{outcome="applied"} ${round}`;
      await waitUntil(async () => (await metrics(gateway)).includes(counted), counted);
    }
    loading = false;
    await load;
    await waitUntil(() => sink.received.length >= sent.length, "all were delivered");
    expect(idsOf(sink).toSorted()).toEqual(sent.toSorted());
  });
});
