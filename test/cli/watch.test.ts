import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type GatewayPlace, makePlace } from "../support/gateway-process.ts";
import { itWhere } from "../support/only-where.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { runCommand, startCommand } from "../support/run-command.ts";
import { NODE } from "../support/runtimes.ts";
import { waitUntil } from "../support/wait.ts";

const SCRIPT = "/usr/bin/script";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function openPlace(config = "subscriptions: {}"): GatewayPlace {
  const place = makePlace();
  cleanups.push(place.remove);
  place.writeConfig(config);
  return place;
}

async function ingest(url: string, ...records: readonly unknown[]): Promise<void> {
  expect((await postJson(`${url}/ingest/cloudtrail`, { Records: records })).status).toBe(202);
}

function signUps(ids: readonly string[]): readonly unknown[] {
  return ids.map((id) => cloudTrailRecord(id));
}

function idsIn(jsonLines: string): readonly string[] {
  return jsonLines
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line).id);
}

/** A watch that has begun. */
async function startWatch(place: GatewayPlace, url: string, ...args: readonly string[]) {
  const watch = startCommand(place, ["watch", "--url", url, ...args]);
  cleanups.push(async () => {
    watch.signal("SIGKILL");
    await watch.ended;
  });
  await waitUntil(() => watch.stderr().includes("watching"), "it watches");
  return watch;
}

describe("poolcast watch", () => {
  it("shows what is stored from now on, as JSON lines in a pipe, and ends well on Ctrl-C", async () => {
    const place = openPlace();
    const { url } = await place.start();
    await ingest(url, ...signUps(["before"]));
    const watch = await startWatch(place, url);
    const ids = Array.from({ length: 250 }, (_, at) => `e${at}`);
    await ingest(url, ...signUps(ids.slice(0, 3)));
    await ingest(url, ...signUps(ids.slice(3)));
    await waitUntil(() => watch.stdout().split("\n").length > 250, "all were shown");
    expect(idsIn(watch.stdout())).toEqual(ids);
    expect(JSON.parse(watch.stdout().split("\n")[0] ?? "")).toMatchObject({
      specversion: "1.0",
      type: "com.amazon.cognito-idp.user.signed_up",
      road: "cloudtrail",
      recordedtime: expect.any(String),
      data: { action: "SignUp" },
    });
    watch.signal("SIGINT");
    expect(await watch.ended).toMatchObject({ status: 0, stderr: "poolcast: watching; Ctrl-C ends it\n" });
    // It was no subscription, and left none.
    const { subscriptions } = await (await fetch(`${url}/api/subscriptions`)).json();
    expect(subscriptions.map(({ name }: { readonly name: string }) => name)).toEqual(["stdout"]);
  });

  it("shows lines to a person: time, type, subject, outcome and road", async () => {
    const place = openPlace();
    const { url } = await place.start();
    const watch = await startWatch(place, url, "--no-json", "--count", "2");
    const failed = cloudTrailRecord("e2", { errorCode: "UsernameExistsException", userAgent: "x" });
    await ingest(url, cloudTrailRecord("e1"), failed);
    const { status, stdout } = await watch.ended;
    expect(status).toBe(0);
    const sub = "c1f0a7de-3b52-4a56-9a5e-2f6b7f0d8e11";
    const [first, second, ...rest] = stdout.split("\n");
    expect(first?.split(/ {2,}/)).toEqual([
      "2026-05-04T07:31:09Z",
      "user.signed_up",
      `user/${sub}`,
      "success",
      "cloudtrail",
    ]);
    expect(second).toMatch(/ user\.sign_up_failed .* failure +cloudtrail$/);
    expect(rest).toEqual([""]);
  });

  itWhere(existsSync(SCRIPT), `${SCRIPT} is not there, which makes a terminal`)(
    "shows lines where it writes to a terminal",
    async () => {
      const place = openPlace();
      const { url } = await place.start();
      await ingest(url, ...signUps(["e1"]));
      const command = [...NODE.command, "watch", "--url", url, "--since", "PT1H", "--count", "1"].join(" ");
      const { stdout } = await startCommand(place, ["-qec", command, "/dev/null"], { command: [SCRIPT] }).ended;
      expect(stdout).toMatch(/\n?2026-05-04T07:31:09Z {2}user\.signed_up .* success +cloudtrail\r?\n/);
      expect(stdout).not.toContain("{");
    },
  );

  it("shows the past since a time, of types that begin so, and ends after a count", async () => {
    const place = openPlace();
    const { url } = await place.start();
    const confirmed = (id: string) => cloudTrailRecord(id, { eventName: "ConfirmSignUp", responseElements: null });
    await ingest(
      url,
      cloudTrailRecord("e1"),
      confirmed("e2"),
      cloudTrailRecord("e3"),
      confirmed("e4"),
      confirmed("e5"),
    );
    const watch = (...args: readonly string[]) =>
      runCommand(place, ["watch", "--url", url, "--since", "PT1H", ...args]);
    const short = await watch("--type", "user.confirmed", "--count", "2");
    expect([short.status, idsIn(short.stdout)]).toEqual([0, ["e2", "e4"]]);
    const both = await watch("--type", "com.amazon.cognito-idp.user.conf", "--type", "user.signed", "--count", "5");
    expect(idsIn(both.stdout)).toEqual(["e1", "e2", "e3", "e4", "e5"]);
    const { port } = new URL(url);
    const named = await runCommand(place, ["watch", "--since", "PT1H", "--count", "1"], { PORT: port });
    expect(idsIn(named.stdout)).toEqual(["e1"]);
  });

  it("waits for a gateway that restarts, says so once, and misses nothing", async () => {
    const place = openPlace();
    const first = await place.start();
    const watch = await startWatch(place, first.url, "--count", "3");
    await ingest(first.url, ...signUps(["e1"]));
    await waitUntil(() => watch.stdout() !== "", "the first was shown");
    await first.kill("SIGKILL");
    await waitUntil(() => watch.stderr().includes("waiting"), "it noticed");
    const { port } = new URL(first.url);
    // On another port first, so that events come that it cannot see yet.
    const between = await place.start();
    await ingest(between.url, ...signUps(["e2"]));
    await between.kill("SIGTERM");
    const last = await place.start({ env: { PORT: port } });
    await ingest(last.url, ...signUps(["e3"]));
    const { status, stdout, stderr } = await watch.ended;
    expect([status, idsIn(stdout)]).toEqual([0, ["e1", "e2", "e3"]]);
    expect(stderr).toMatch(
      /^poolcast: watching; Ctrl-C ends it\npoolcast: http:\S+ does not answer \(\w+\); waiting for it\npoolcast: it answers again\n$/,
    );
  });

  it("sees what any gateway on one Redis stores, and waits while Redis is away", async () => {
    const server = await startRedisServer({ appendonly: "always" });
    cleanups.push(server.remove);
    const place = openPlace(`broker: { kind: redis, url: "${server.url}" }\nsubscriptions: {}`);
    const [one, other] = [await place.start(), await place.start()];
    await ingest(one.url, ...signUps(["before"]));
    const watch = await startWatch(place, one.url, "--count", "3");
    await ingest(other.url, ...signUps(["e1"]));
    await ingest(one.url, ...signUps(["e2"]));
    await waitUntil(() => idsIn(watch.stdout()).length === 2, "both were shown");
    await server.stop();
    await waitUntil(() => watch.stderr().includes("broker_unavailable"), "it noticed");
    await server.restart();
    await waitUntil(async () => {
      const sent = await postJson(`${other.url}/ingest/cloudtrail`, { Records: signUps(["e3"]) });
      return sent.status === 202;
    }, "the other gateway stores again");
    const { status, stdout, stderr } = await watch.ended;
    expect([status, idsIn(stdout)]).toEqual([0, ["e1", "e2", "e3"]]);
    expect(stderr).toMatch(/waiting for it\npoolcast: it answers again\n$/);
  });

  it("ends on Ctrl-C also while it waits", async () => {
    const place = openPlace();
    const gateway = await place.start();
    const watch = await startWatch(place, gateway.url);
    await gateway.kill("SIGKILL");
    await waitUntil(() => watch.stderr().includes("waiting"), "it noticed");
    watch.signal("SIGINT");
    expect(await watch.ended).toMatchObject({ status: 0, stdout: "" });
  });

  it("shows what the file holds where no gateway has it, and ends", async () => {
    const place = openPlace();
    const gateway = await place.start();
    const ids = Array.from({ length: 120 }, (_, at) => `e${at}`);
    await ingest(gateway.url, ...signUps(ids));
    await gateway.kill("SIGTERM");
    const nowhere = { PORT: "1" };
    const all = await runCommand(place, ["watch"], nowhere);
    expect([all.status, idsIn(all.stdout)]).toEqual([0, ids]);
    expect(all.stderr).toBe("poolcast: no gateway runs; this is what its store holds\n");
    const future = new Date(Date.now() + 3_600_000).toISOString();
    expect(await runCommand(place, ["watch", "--since", future], nowhere)).toMatchObject({ status: 0, stdout: "" });
  });

  it("fails with 2 for options that are no good, with 1 where the gateway is none or refuses", async () => {
    const place = openPlace("listen: { host: 0.0.0.0 }\nadminKeys: [canary-key]\ningest: { events: { apiKeys: [k] } }");
    const gateway = await place.start();
    const url = `http://127.0.0.1:${new URL(gateway.url).port}`;
    for (const args of [
      ["--count", "0"],
      ["--count", "x"],
      ["--since", "noon"],
      ["--type", ""],
      ["--url", "ftp://x"],
      ["--speed", "1"],
    ]) {
      const run = await runCommand(place, ["watch", "--url", url, "--admin-key", "canary-key", ...args]);
      expect([run.status, run.stdout], args.join(" ")).toEqual([2, ""]);
      expect(run.stderr).not.toBe("");
      expect(run.stderr).not.toContain("canary");
    }
    const refused = await runCommand(place, ["watch", "--url", url]);
    expect([refused.status, refused.stderr]).toMatchObject([1, expect.stringContaining("unauthorized")]);
    const nobody = await runCommand(place, ["watch", "--url", "http://127.0.0.1:1"]);
    expect([nobody.status, nobody.stderr]).toMatchObject([1, expect.stringContaining("no gateway at")]);
  });
});
