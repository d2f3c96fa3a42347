import { afterEach, describe, expect, it } from "vitest";
import { type GatewayPlace, makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { runCommand } from "../support/run-command.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function openPlace(answer: () => number = () => 204) {
  const sink = await startRecordingSink(answer);
  const place = makePlace();
  cleanups.push(place.remove, sink.close);
  place.writeConfig(`subscriptions: { crm: { target: { url: "${sink.url}" } } }`);
  return { sink, place };
}

function subscription(place: GatewayPlace, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runCommand(place, ["subscription", ...args], env);
}

async function stateOf(place: GatewayPlace, url: string): Promise<Record<string, unknown>> {
  const { stdout } = await subscription(place, ["list", "--json", "--url", url]);
  return JSON.parse(stdout).subscriptions[0];
}

describe("poolcast subscription", { timeout: 180_000 }, () => {
  it("pauses over a restart, ages nothing, and resumes without a loss", async () => {
    const { sink, place } = await openPlace();
    const first = await place.start();
    const paused = await subscription(place, ["pause", "crm", "--url", first.url]);
    expect(paused).toMatchObject({ status: 0, stderr: "" });
    expect(paused.stdout).toMatch(/^SUBSCRIPTION +STATE .*\ncrm +paused /);
    await postJson(`${first.url}/ingest/eventbridge`, eventBridgeEvent());
    await first.kill("SIGTERM");

    const second = await place.start();
    expect(await stateOf(place, second.url)).toMatchObject({ state: "paused", pending: 1, leased: 0 });
    expect(sink.received).toHaveLength(0);
    const resumed = await subscription(place, ["resume", "crm", "--json", "--url", second.url]);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ name: "crm", state: "running" });
    await waitUntil(() => sink.received.length === 1, "what had waited was delivered");
  });

  it("keeps a target that answered 410 disabled over a restart, and enable delivers its backlog", async () => {
    let status = 410;
    const { sink, place } = await openPlace(() => status);
    const first = await place.start();
    for (const id of ["e1", "e2"]) {
      await postJson(`${first.url}/ingest/eventbridge`, eventBridgeEvent(cloudTrailRecord(id)));
    }
    await waitUntil(async () => (await stateOf(place, first.url)).state === "disabled", "it is disabled");
    await first.kill("SIGTERM");
    status = 204;
    const tried = sink.received.length;

    const second = await place.start();
    expect(await stateOf(place, second.url)).toMatchObject({ state: "disabled", reason: "status_410", leased: 0 });
    expect(sink.received).toHaveLength(tried);
    expect((await subscription(place, ["enable", "crm", "--url", second.url])).status).toBe(0);
    await waitUntil(() => sink.received.length === tried + 2, "both events were delivered");
  });

  it("works on the file itself where no gateway has it, and refuses where one has", async () => {
    const { sink, place } = await openPlace();
    // Nobody listens where the configuration says.
    const nowhere = { PORT: "1" };
    const missing = await subscription(place, ["list"], nowhere);
    expect([missing.status, missing.stdout]).toEqual([1, ""]);
    expect(missing.stderr).toMatch(
      /^poolcast: no gateway at http:\/\/127\.0\.0\.1:1 .*, and no store in .*poolcast\.db\n$/,
    );

    const first = await place.start();
    const taken = await subscription(place, ["pause", "crm"], nowhere);
    expect([taken.status, taken.stdout]).toEqual([1, ""]);
    expect(taken.stderr).toContain("a gateway has it open: name its address with --url");
    await first.kill("SIGTERM");

    expect(await subscription(place, ["pause", "crm"], nowhere)).toMatchObject({ status: 0 });
    const second = await place.start();
    await postJson(`${second.url}/ingest/eventbridge`, eventBridgeEvent());
    expect(await stateOf(place, second.url)).toMatchObject({ state: "paused", pending: 1 });
    expect(sink.received).toHaveLength(0);
  });

  it("sends the admin key of the option, of the environment or of the configuration here, and shows none", async () => {
    const { place } = await openPlace();
    place.writeConfig(
      "listen: { host: 0.0.0.0 }\nadminKeys: [canary-key]\ningest: { events: { apiKeys: [k] } }\nsubscriptions: {}",
    );
    const gateway = await place.start();
    const { port } = new URL(gateway.url);
    const url = `http://127.0.0.1:${port}`;
    const none = await subscription(place, ["list", "--url", url]);
    expect(none).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("unauthorized") });
    const runs = [
      await subscription(place, ["list", "--url", url, "--admin-key", "canary-key"]),
      await subscription(place, ["list", "--url", url], { POOLCAST_ADMIN_KEY: "canary-key" }),
      await subscription(place, ["list"], { PORT: port }),
    ];
    for (const { status, stdout, stderr } of runs) {
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).not.toContain("canary");
    }
    const help = await subscription(place, ["list", "--help"], { POOLCAST_ADMIN_KEY: "canary-key" });
    expect([help.status, help.stdout.includes("canary")]).toEqual([0, false]);
  });

  it("fails with 2 for options that are no good and a configuration with faults, with 1 where the gateway refuses", async () => {
    const { place } = await openPlace();
    const gateway = await place.start();
    for (const args of [
      ["pause"],
      ["stop", "crm"],
      ["list", "--url", "ftp://x"],
      ["list", "--url", gateway.url, "--admin-key", "a\nb"],
    ]) {
      const { status, stdout, stderr } = await subscription(place, args);
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).not.toBe("");
    }
    const unknown = await subscription(place, ["pause", "nobody/../crm", "--url", gateway.url]);
    expect([unknown.status, unknown.stdout]).toEqual([1, ""]);
    expect(unknown.stderr).toContain("not_found");
    place.writeConfig("subscriptions: { crm: {} }");
    const faulty = await subscription(place, ["list"]);
    expect([faulty.status, faulty.stderr]).toMatchObject([2, expect.stringContaining("subscriptions.crm")]);
  });
});
