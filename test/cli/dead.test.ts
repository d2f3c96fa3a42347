import { afterEach, describe, expect, it } from "vitest";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { runCommand } from "../support/run-command.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A running gateway, with dead letters of these events of its one subscription. */
async function openWithDead(...ids: readonly string[]) {
  let status = 500;
  const sink = await startRecordingSink(() => status);
  const place = makePlace();
  cleanups.push(place.remove, sink.close);
  place.writeConfig(`subscriptions: { crm: { target: { url: "${sink.url}" }, delivery: { retry: 0 } } }`);
  const gateway = await place.start();
  for (const id of ids) {
    await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent(cloudTrailRecord(id)));
    await waitUntil(async () => (await deadIds(gateway.url)).includes(id), `${id} is dead`);
  }
  status = 204;
  return { sink, place, gateway };
}

async function deadIds(url: string): Promise<readonly string[]> {
  const { deadLetters } = await (await fetch(`${url}/api/subscriptions/crm/dead`)).json();
  return deadLetters.map(({ id }: { id: string }) => id);
}

describe("poolcast dead", () => {
  it("lists and shows a dead letter, replays it, and it is delivered with the same webhook-id", async () => {
    const { sink, place, gateway } = await openWithDead("e1", "e2");
    const dead = (...args: readonly string[]) => runCommand(place, ["dead", ...args, "--url", gateway.url]);

    const listed = await dead("list");
    expect([listed.status, listed.stderr]).toEqual([0, ""]);
    const [head, ...rows] = listed.stdout.trimEnd().split("\n");
    expect(head).toMatch(/^SUBSCRIPTION +POSITION +AGE +REASON +DETAIL +TRIES +TYPE +ID$/);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(
      /^crm +1 +\d+[sm] +retries_exhausted +status_500 +1 +com\.amazon\.cognito-idp\.user\.signed_up +e1$/,
    );

    const shown = await dead("show", "1", "--json");
    expect(JSON.parse(shown.stdout)).toMatchObject({ position: "1", detail: "status_500", event: { id: "e1" } });

    const replayed = await dead("replay", "1", "--subscription", "crm");
    expect(replayed).toMatchObject({ status: 0, stdout: "put back: 1\n", stderr: "" });
    await waitUntil(() => sink.received.length === 3, "it was delivered");
    expect(sink.received.map(({ headers }) => headers["webhook-id"])).toEqual(["e1", "e2", "e1"]);
    expect(await deadIds(gateway.url)).toEqual(["e2"]);
  });

  it("drops by position and all, and says what was not there", async () => {
    const { sink, place, gateway } = await openWithDead("e1", "e2", "e3");
    const dead = (...args: readonly string[]) => runCommand(place, ["dead", ...args, "--url", gateway.url]);
    const dropped = await dead("drop", "2", "99");
    expect(dropped).toMatchObject({ status: 1, stdout: "dropped: 1\n" });
    expect(dropped.stderr).toBe("poolcast: 1 of them were no dead letters of crm\n");
    expect(await deadIds(gateway.url)).toEqual(["e1", "e3"]);
    expect(await dead("drop", "--all", "--reason", "max_age", "--json")).toMatchObject({
      status: 0,
      stdout: '{\n  "count": 0\n}\n',
    });
    expect(await dead("drop", "--all")).toMatchObject({ status: 0, stdout: "dropped: 2\n" });
    expect(await dead("list")).toMatchObject({ status: 0, stdout: "no dead letters\n" });
    expect(sink.received).toHaveLength(3);
  });

  it("works on the file where no gateway runs: what is put back there is delivered by the next one", async () => {
    const { sink, place, gateway } = await openWithDead("e1");
    await gateway.kill("SIGTERM");
    const nowhere = { PORT: "1" };
    expect(await runCommand(place, ["dead", "replay", "--all"], nowhere)).toMatchObject({
      status: 0,
      stdout: "put back: 1\n",
    });
    await place.start();
    await waitUntil(() => sink.received.length === 2, "it was delivered");
    expect(sink.received.map(({ headers }) => headers["webhook-id"])).toEqual(["e1", "e1"]);
  });

  it("fails with 2 where it is not said which letters, with 1 where there is none to show", async () => {
    const { place, gateway } = await openWithDead();
    const dead = (...args: readonly string[]) => runCommand(place, ["dead", ...args, "--url", gateway.url]);
    for (const args of [
      ["replay"],
      ["drop", "1", "--all"],
      ["drop", "1", "--reason", "x"],
      ["list", "--limit", "-1"],
    ]) {
      const { status, stdout, stderr } = await dead(...args);
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).not.toBe("");
    }
    const missing = await dead("show", "7");
    expect([missing.status, missing.stderr]).toMatchObject([1, expect.stringContaining("not_found")]);
  });
});
