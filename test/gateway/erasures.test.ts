/** `poolcast erase` and /api/erasures, against the real process, the real file and a real Redis. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EventAttributes, encodeEvent } from "../../src/core/event.ts";
import { type GatewayPlace, makePlace } from "../support/gateway-process.ts";
import { leaksIn, PERSON } from "../support/private-events.ts";
import { type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { runCommand } from "../support/run-command.ts";
import { openTestSqliteBroker } from "../support/sqlite-broker.ts";
import { startAnsweringServer } from "../support/target-kit.ts";
import { post } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const POOL = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";
const OTHER = "0d6b3c7e-77aa-4a0e-b4a5-5f1d8c119f42";
const DAY = 86_400_000;

let place: GatewayPlace;
let sink: RecordingSink;
let redis: RedisServer | undefined;
beforeEach(async () => {
  place = makePlace();
  sink = await startRecordingSink();
});
afterEach(async () => {
  await place.remove();
  await sink.close();
  await redis?.stop();
  redis = undefined;
});

function userEvent(id: string, user: Record<string, unknown>) {
  const key = user.sub ?? user.username;
  return {
    specversion: "1.0",
    id,
    source: POOL,
    type: "com.amazon.cognito-idp.user.updated",
    subject: `user/${key}`,
    partitionkey: key,
    datacontenttype: "application/json",
    data: { action: "x", outcome: "success", userPool: { arn: POOL }, user, record: { kind: "cloudtrail" } },
  };
}

const EVENTS = [
  userEvent("by-name", { username: PERSON.username }),
  userEvent("by-sub", {
    sub: PERSON.sub,
    username: PERSON.username,
    attributes: {
      email: PERSON.email,
      phone_number: PERSON.phone,
      nickname: PERSON.nickname,
      "custom:tier": PERSON.tier,
    },
  }),
  userEvent("other", { sub: OTHER, username: "bo" }),
];

function batch(events: readonly object[]) {
  return post(JSON.stringify(events), { "content-type": "application/cloudevents-batch+json" });
}

/** What of the person stands in the files of a directory. */
function leaksInFiles(directory: string): readonly string[] {
  return [
    ...new Set(
      readdirSync(directory).flatMap((name) => leaksIn(readFileSync(join(directory, name)).toString("latin1"))),
    ),
  ];
}

describe("poolcast erase", { timeout: 90_000 }, () => {
  it("asks the gateway that runs; what waits is delivered with the sub, and the files hold nothing of the user", async () => {
    const dead = await startRecordingSink(() => 400);
    place.writeConfig(`
broker: { kind: sqlite, path: ./data/poolcast.db }
subscriptions:
  waits: { target: { url: "${sink.url}", mode: structured }, delivery: { ordering: key } }
  dies: { target: { url: "${dead.url}" }, delivery: { retry: 0 } }
`);
    const gateway = await place.start();
    const url = ["--url", gateway.url];
    expect((await runCommand(place, ["subscription", "pause", "waits", ...url])).status).toBe(0);
    expect(await (await fetch(`${gateway.url}/ingest/events`, batch(EVENTS))).json()).toMatchObject({ accepted: 3 });
    await waitUntil(() => dead.received.length === 3, "the other subscription has tried all");
    const counts = async () => JSON.parse((await runCommand(place, ["subscription", "list", "--json", ...url])).stdout);
    await waitUntil(
      async () => (await counts()).subscriptions.some((one: { dead: number }) => one.dead === 3),
      "all died",
    );

    expect(leaksInFiles(join(place.directory, "data")).length).toBeGreaterThan(0);
    const run = await runCommand(place, ["erase", "--sub", PERSON.sub, "--json", ...url]);
    expect([run.status, JSON.parse(run.stdout)]).toMatchObject([
      0,
      {
        state: "done",
        erased: { pools: [POOL], events: { looked: 3, erased: 2 }, deadLetters: 2, identity: 0, usersPoll: 0 },
      },
    ]);
    expect(leaksInFiles(join(place.directory, "data"))).toEqual([]);

    expect((await runCommand(place, ["subscription", "resume", "waits", ...url])).status).toBe(0);
    await waitUntil(() => sink.received.length === 3, "what waited is delivered");
    const delivered = sink.received.map(({ body }) => JSON.parse(body.toString()));
    expect(leaksIn(JSON.stringify(delivered))).toEqual([]);
    const seen = delivered.map(({ id, subject, data }) => [id, subject, data.user]);
    expect(seen.filter(([id]) => id !== "other")).toEqual([
      ["by-name", `user/${PERSON.sub}`, { sub: PERSON.sub }],
      ["by-sub", `user/${PERSON.sub}`, { sub: PERSON.sub }],
    ]);
    expect(seen).toContainEqual(["other", `user/${OTHER}`, { sub: OTHER, username: "bo" }]);
    const again = await runCommand(place, ["erase", "--sub", PERSON.sub, ...url]);
    expect([again.status, again.stdout]).toEqual([0, expect.stringMatching(/^events +0 of 3$/m)]);
    expect(gateway.stderr()).not.toContain(PERSON.sub);
    await dead.close();
  });

  it("opens the file where no gateway runs, and erases what identity and the users poll remember", async () => {
    place.writeConfig(
      `broker: { kind: sqlite, path: ./poolcast.db }\nlisten: { port: 1 }\npools: [ { arn: "${POOL}" } ]\n`,
    );
    const path = join(place.directory, "poolcast.db");
    const broker = openTestSqliteBroker({ path });
    const user = { sub: PERSON.sub, username: PERSON.username, attributes: { email: PERSON.email } };
    const { data, ...attributes } = userEvent("a", { username: PERSON.username });
    const event = encodeEvent(attributes as EventAttributes, "json", JSON.stringify(data));
    await broker.append({
      // No event knows the sub: only what is remembered tells whose name it is.
      events: [{ dedupeKey: "a", partitionKey: PERSON.username, type: attributes.type, event }],
      state: [
        {
          collection: "identity",
          key: `${POOL}/${PERSON.sub}`,
          value: JSON.stringify({ untilMs: Date.now() + DAY, user }),
        },
        { collection: `users/${POOL}`, key: PERSON.sub, value: JSON.stringify({ user, ordinal: 7 }) },
        {
          collection: `users/${POOL}`,
          key: OTHER,
          value: JSON.stringify({ user: { sub: OTHER, username: "bo" }, ordinal: 8 }),
        },
      ],
    });
    await broker.close();
    const run = await runCommand(place, ["erase", "--sub", PERSON.sub, "--pool", POOL, "--json"]);
    expect([run.status, JSON.parse(run.stdout || run.stderr).erased]).toEqual([
      0,
      { pools: [POOL], events: { looked: 1, erased: 1 }, deadLetters: 0, identity: 1, usersPoll: 1 },
    ]);
    expect(leaksInFiles(place.directory)).toEqual([]);
    const reopened = openTestSqliteBroker({ path });
    const left = await reopened.getState({ collection: `users/${POOL}`, keys: [PERSON.sub, OTHER] });
    await reopened.close();
    expect(left.map(({ value }) => JSON.parse(value)).sort((a, b) => a.ordinal - b.ordinal)).toEqual([
      { user: { sub: PERSON.sub }, ordinal: 7 },
      { user: { sub: OTHER, username: "bo" }, ordinal: 8 },
    ]);
  });

  it("on Redis removes the entries, and appends anew what somebody has yet to be sent", async () => {
    redis = await startRedisServer();
    const dead = await startRecordingSink(() => 400);
    place.writeConfig(`
broker: { kind: redis, url: "${redis.url}", stream: cognito }
subscriptions:
  waits: { target: { url: "${sink.url}", mode: structured } }
  dies: { target: { url: "${dead.url}" }, delivery: { retry: 0, ordering: key } }
`);
    const gateway = await place.start();
    const url = ["--url", gateway.url];
    expect((await runCommand(place, ["subscription", "pause", "waits", ...url])).status).toBe(0);
    expect(await (await fetch(`${gateway.url}/ingest/events`, batch(EVENTS))).json()).toMatchObject({ accepted: 3 });
    const deadOnes = async () => (await redis?.command("HLEN", "{cognito}:group:default.dies:dead")) as number;
    await waitUntil(async () => (await deadOnes()) === 3, "the other subscription has given all up");
    const run = await runCommand(place, ["erase", "--sub", PERSON.sub, "--json", ...url]);
    expect([run.status, JSON.parse(run.stdout).erased]).toMatchObject([0, { events: { erased: 2 }, deadLetters: 2 }]);
    const entries = JSON.stringify(await redis.command("XRANGE", "cognito", "-", "+"));
    expect(leaksIn(entries)).toEqual([]);
    // A stream frees an entry's bytes with those of its neighbours; no command answers them.
    const keys = ((await redis.command("KEYS", "*")) as string[]).filter((key) => key !== "cognito");
    expect(keys.length).toBeGreaterThan(3);
    const dumps = await Promise.all(keys.map(async (key) => String(await redis?.command("DUMP", key))));
    expect(leaksIn(dumps.join())).toEqual([]);
    await runCommand(place, ["subscription", "resume", "waits", ...url]);
    await waitUntil(() => sink.received.length >= 3, "what waited is delivered");
    const delivered = sink.received.map(({ body }) => JSON.parse(body.toString()));
    expect(leaksIn(JSON.stringify(delivered))).toEqual([]);
    expect(delivered.map(({ id }) => id).sort()).toEqual(["by-name", "by-sub", "other"]);
    await dead.close();
  });

  it.each([
    [[], 2],
    [["--sub", "x", "--pool", "no-arn"], 2],
  ])("with %o ends with %i", async (args, status) => {
    place.writeConfig("broker: { kind: memory }");
    const gateway = await place.start();
    expect((await runCommand(place, ["erase", ...args, "--url", gateway.url])).status).toBe(status);
  });

  it("ends with 1 where a try failed, and says that others follow", async () => {
    const server = await startAnsweringServer((_, response) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ id: "a", state: "running", code: "broker_full" })),
    );
    const run = await runCommand(place, ["erase", "--sub", "x", "--url", server.url]);
    await server.close();
    expect([run.status, run.stdout, run.stderr]).toEqual([1, "", expect.stringMatching(/broker_full.*tried again/)]);
  });

  it("knows no erasure that was not started", async () => {
    place.writeConfig("broker: { kind: memory }");
    const { url } = await place.start();
    expect((await fetch(`${url}/api/erasures/none`)).status).toBe(404);
    expect((await fetch(`${url}/api/erasures`)).status).toBe(405);
    for (const body of ["{}", '{"sub":1}', '{"sub":"a","name":"b"}', "[]"]) {
      expect((await fetch(`${url}/api/erasures`, post(body))).status).toBe(400);
    }
  });
});
