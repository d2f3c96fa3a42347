import { afterEach, describe, expect, it } from "vitest";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { runCommand } from "../support/run-command.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A running gateway that has delivered these events. */
async function openDelivered(ids: readonly string[]) {
  const sink = await startRecordingSink();
  const place = makePlace();
  cleanups.push(place.remove, sink.close);
  place.writeConfig(`subscriptions: { crm: { target: { url: "${sink.url}" } } }`);
  const gateway = await place.start();
  await postJson(`${gateway.url}/ingest/cloudtrail`, { Records: ids.map((id) => cloudTrailRecord(id)) });
  await waitUntil(() => sink.received.length === ids.length, "all were delivered");
  const sent = () => sink.received.map(({ headers }) => headers["webhook-id"]);
  return { sink, sent, place, gateway };
}

describe("poolcast replay", () => {
  it("delivers what was delivered in a time once more, with the same webhook-id, and waits for it", async () => {
    const { sent, place, gateway } = await openDelivered(["e1", "e2"]);
    const until = new Date().toISOString();
    const url = ["--url", gateway.url];
    const args = ["replay", "--subscription", "crm", "--since", "PT1H", "--until", until, "--wait", ...url];
    const replayed = await runCommand(place, args);
    expect([replayed.status, replayed.stderr]).toEqual([0, ""]);
    expect(replayed.stdout).toMatch(/^REPLAY +STATE .*\n\w{8} +done .* 2 +2 +2\n$/);
    await waitUntil(() => sent().length === 4, "both were delivered again");
    expect(sent().slice(2).toSorted()).toEqual(["e1", "e2"]);

    const listed = JSON.parse((await runCommand(place, ["replay", "--list", "--json", ...url])).stdout);
    expect(listed.replays).toMatchObject([{ state: "done", until, looked: 2, replayed: 2 }]);
  });

  it("goes on after its gateway was killed, and delivers nothing twice that it put back", async () => {
    const ids = Array.from({ length: 40 }, (_, at) => `e${at + 1}`);
    const { sent, place, gateway } = await openDelivered(ids);
    const args = ["replay", "--from-id", "1", "--to-id", "30", "--rate", "10", "--json", "--url", gateway.url];
    const started = JSON.parse((await runCommand(place, args)).stdout);
    expect(started).toMatchObject({ state: "running", fromId: "1", toId: "30", rate: 10 });
    await waitUntil(() => sent().length >= 45, "some were delivered again");
    // What is under way when a process is killed may come twice; so it is let finish what it has put back.
    await gateway.kill("SIGTERM");
    const before = sent().slice(40);
    expect(before.length).toBeLessThan(30);

    const next = await place.start();
    const job = async () =>
      (await (await fetch(`${next.url}/api/subscriptions/crm/replays/${started.id}`)).json()).state;
    await waitUntil(async () => (await job()) === "done", "the replay is done", 20_000);
    await waitUntil(() => sent().length >= 70, "the others were delivered again");
    const number = (id: unknown) => Number(String(id).slice(1));
    expect(
      sent()
        .slice(40)
        .map(number)
        .toSorted((a, b) => a - b),
    ).toEqual(ids.slice(0, 30).map(number));
  });

  it("is kept in the file where no gateway runs, and cancelled there", async () => {
    const { sent, place, gateway } = await openDelivered(["e1"]);
    await gateway.kill("SIGTERM");
    const nowhere = { PORT: "1" };
    const first = await runCommand(place, ["replay", "--since", "P1D", "--json"], nowhere);
    expect(first.stderr).toBe("poolcast: no gateway runs; the replay begins with the next one\n");
    const { id } = JSON.parse(first.stdout);
    const second = await runCommand(place, ["replay", "--since", "P1D"], nowhere);
    expect([second.status, second.stderr]).toMatchObject([1, expect.stringContaining("replay_running")]);
    expect((await runCommand(place, ["replay", "--cancel", id], nowhere)).status).toBe(0);
    await runCommand(place, ["replay", "--since", "P1D"], nowhere);
    await place.start();
    await waitUntil(() => sent().length === 2, "it was delivered again");
  });

  it("fails with 2 for a range that is none", async () => {
    const { place, gateway } = await openDelivered([]);
    for (const args of [
      [],
      ["--until", "PT1H"],
      ["--since", "noon"],
      ["--from-id", "1-1"],
      ["--since", "PT1H", "--rate", "x"],
    ]) {
      const { status, stdout, stderr } = await runCommand(place, ["replay", ...args, "--url", gateway.url]);
      expect([status, stdout], args.join(" ")).toEqual([2, ""]);
      expect(stderr).not.toBe("");
    }
  });
});
