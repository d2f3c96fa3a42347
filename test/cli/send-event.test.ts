import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type GatewayPlace, makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { runCommand, startCommand } from "../support/run-command.ts";
import { waitUntil } from "../support/wait.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function openPlace(config: string): GatewayPlace {
  const place = makePlace();
  cleanups.push(place.remove);
  place.writeConfig(config);
  return place;
}

/** A gateway with a sink, and the command about it. */
async function open() {
  const sink = await startRecordingSink();
  const place = openPlace(`subscriptions: { crm: { target: { url: "${sink.url}", mode: structured } } }`);
  cleanups.push(sink.close);
  const { url } = await place.start();
  const send = (...args: readonly string[]) => runCommand(place, ["send-event", ...args, "--url", url]);
  const received = async (count: number) => {
    await waitUntil(() => sink.received.length >= count, `${count} events were delivered`);
    return sink.received.map(({ body }) => JSON.parse(body.toString()));
  };
  return { place, url, send, received };
}

describe("poolcast send-event", () => {
  it("sends an example of a type of the catalog, which a subscription is delivered", async () => {
    const { send, received } = await open();
    const type = "com.amazon.cognito-idp.user.created";
    const sent = await send("--type", type);
    expect(sent).toMatchObject({ status: 0, stderr: "" });
    const [event] = await received(1);
    expect(event).toMatchObject({ type, road: "events", action: "AdminCreateUser", data: { user: {} } });
    expect(sent.stdout).toBe(`accepted: ${type} ${event.id}\n`);
  });

  it("sends what options say, and says where it was known already", async () => {
    const { send, received } = await open();
    const args = [
      "--eventType",
      "com.example.order",
      "--id",
      "7",
      "--ext",
      "tenant=a",
      "--ext",
      "n=1",
      "--subject",
      "o/7",
    ];
    const sent = await send(...args, '{"total":12}');
    expect(sent).toMatchObject({ status: 0, stdout: "accepted: com.example.order 7\n" });
    const [event] = await received(1);
    expect(event).toMatchObject({ id: "7", source: "/poolcast/send-event", subject: "o/7", tenant: "a", n: "1" });
    expect(event).toMatchObject({ time: expect.any(String), recordedtime: expect.any(String), data: { total: 12 } });
    expect(await send(...args)).toMatchObject({ status: 0, stdout: "duplicate: com.example.order 7\n", stderr: "" });
    const json = await send(...args, "--json");
    expect(JSON.parse(json.stdout)).toEqual({
      ...{ accepted: 0, duplicates: 1, rejected: [] },
      events: [{ id: "7", source: "/poolcast/send-event", type: "com.example.order" }],
    });
  });

  it("sends whole events of a file and of stdin, such as what watch shows, and keeps every digit", async () => {
    const { place, url, send, received } = await open();
    const lines = Array.from(
      { length: 230 },
      (_, at) =>
        `{"specversion":"1.0","id":"e${at}","source":"/shop","type":"com.example.order","data":{"n":1234567890123456789${at % 10}}}`,
    );
    writeFileSync(join(place.directory, "events.ndjson"), lines.join("\n"));
    expect(await send("--file", "events.ndjson")).toMatchObject({
      status: 0,
      stdout: "accepted: 230, duplicates: 0\n",
    });
    expect(new Set((await received(230)).map(({ id }) => id)).size).toBe(230);
    const watched = await runCommand(place, ["watch", "--url", url, "--since", "PT1H", "--count", "230"]);
    expect(watched.stdout).toContain('"data":{"n":12345678901234567893}');
    const stdin = `${watched.stdout}{"specversion":"1.0","source":"/shop","type":"com.example.order"}\n`;
    const again = await startCommand(place, ["send-event", "--file", "-", "--url", url], { stdin }).ended;
    expect(again).toMatchObject({ status: 0, stdout: "accepted: 1, duplicates: 230\n", stderr: "" });
    expect((await received(231)).at(-1).id).toMatch(/^[0-9a-f-]{36}$/);
    const text = await startCommand(place, ["send-event", "--type", "t", "--file", "-", "--url", url], { stdin: "hi" })
      .ended;
    expect(text.status).toBe(0);
    expect((await received(232)).at(-1)).toMatchObject({ type: "t", data: "hi", datacontenttype: "text/plain" });
  });

  it("finds its gateway and key in the configuration, the environment or the options, and shows no key", async () => {
    const place = openPlace(
      "listen: { host: 0.0.0.0 }\ningest: { events: { apiKeys: [canary-key], maxBytes: 2KiB } }\nsubscriptions: {}",
    );
    const { port } = new URL((await place.start()).url);
    const url = `http://127.0.0.1:${port}`;
    const send = (args: readonly string[], env = {}) => runCommand(place, ["send-event", "--type", "t", ...args], env);
    const runs = [
      await send([], { PORT: port }),
      await send([], { POOLCAST_URL: url, POOLCAST_API_KEY: "canary-key" }),
      await send(["--url", url, "--api-key", "canary-key"]),
      await send(["--help"], { POOLCAST_API_KEY: "canary-key" }),
    ];
    for (const run of runs) {
      expect([run.status, run.stderr]).toEqual([0, ""]);
      expect(run.stdout).not.toContain("canary");
    }
    const refused = await send(["--url", url, "--json"]);
    expect([refused.status, JSON.parse(refused.stdout).accepted]).toEqual([1, 0]);
    expect(refused.stderr).toMatch(/^poolcast: unauthorized: give one of .*--api-key or POOLCAST_API_KEY\n$/);
    const large = await send(["--data", "x".repeat(4096)], { PORT: port });
    expect([large.status, large.stdout, large.stderr]).toMatchObject([
      1,
      "",
      expect.stringContaining("body_too_large"),
    ]);
    const off = await send(["--url", `${url}/elsewhere`]);
    expect([off.status, off.stderr]).toMatchObject([1, expect.stringContaining("not_found: this road is off")]);
    const nobody = await send(["--url", "http://127.0.0.1:1"]);
    expect([nobody.status, nobody.stdout, nobody.stderr]).toMatchObject([
      1,
      "",
      expect.stringContaining("no gateway at"),
    ]);
  });

  it("fails with 2, and sends nothing, where what it is given is no good", async () => {
    const { place, send, received } = await open();
    writeFileSync(join(place.directory, "bad.json"), '[{"specversion":"1.0","id":"1","source":"/s","type":"t"},{}]');
    writeFileSync(join(place.directory, "empty"), "");
    for (const args of [
      [],
      ["--type", "t", "--time", "noon"],
      ["--type", "t", "--data", "a", "b"],
      ["--file", "bad.json"],
      ["--type", "t", "--file", "empty"],
      ["--type", "t", "--file", "nowhere"],
      ["--type", "t", "--api-key", "a\nb"],
      ["--type", "t", "--target", "x"],
    ]) {
      const run = await send(...args);
      expect([run.status, run.stdout], args.join(" ")).toEqual([2, ""]);
      expect(run.stderr).not.toBe("");
    }
    await send("--type", "the-only-one");
    expect((await received(1)).map(({ type }) => type)).toEqual(["the-only-one"]);
  });
});
