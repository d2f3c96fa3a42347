/** Commands and keys: what docs/redis.md lists, what the sources name, and what Redis 6.2 has. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Broker } from "../../src/broker/broker.ts";
import { newEvent } from "../suites/broker/events.ts";
import {
  append,
  claim,
  DEAD,
  DELIVERED,
  purgeAll,
  retryAt,
  settle,
  settleAll,
  subscribe,
} from "../suites/broker/steps.ts";
import { DAY_MS, openRedisStage, type RedisStage } from "../support/redis-broker.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The words behind the user's name. */
const RIGHTS = /ACL SETUSER poolcast on >secret (resetkeys ~cognito ~\{cognito\}:\*[^`]*)```/
  .exec(readFileSync(join(ROOT, "docs/redis.md"), "utf8"))?.[1]
  ?.trim()
  .split(/\s+/);

const OPTIONAL = ["+hello", "+memory|usage", "+config|get", "+info"];

/** As the sources write them: in scripts, to the connection, and by the connection itself. */
function commandsInSources(): ReadonlySet<string> {
  const folder = join(ROOT, "src/broker/redis");
  const files = readdirSync(folder).map((name) => join(folder, name));
  const text = [...files, join(ROOT, "src/broker/redis.ts")].map((file) => readFileSync(file, "utf8")).join("\n");
  const called = text.matchAll(/redis\.p?call\('([A-Z]+)'|each\('([A-Z]+)'|\["([A-Z]{3,})"(?:, "([A-Z]+)")?/g);
  const names = [...called].map(([, call, each, command, word]) => {
    const name = (call ?? each ?? command ?? "").toLowerCase();
    return word && ["config", "memory"].includes(name) ? `${name}|${word.toLowerCase()}` : name;
  });
  return new Set([...names, "eval", "evalsha", "hello", "xlen"]);
}

/** Every method, through every branch that asks Redis for something else. */
async function liveThrough({ advance, now }: RedisStage, broker: Broker): Promise<void> {
  await subscribe(broker);
  await broker.ensureSubscription({ subscription: "latest", start: "latest" });
  await append(broker, ...["a1", "a2", "b1", "b2"].map((id) => ({ id, partitionKey: id.slice(0, 1) })), "free");
  await broker.append({ events: [newEvent("s")], state: [{ collection: "c", key: "k", value: "v" }] });
  await broker.append({ events: [], state: [{ collection: "c", key: "k", value: null }] });
  await broker.getState({ collection: "c", keys: ["k"] });
  await broker.scanState({ collection: "c", limit: 10 });
  const { deliveries } = await claim(broker, { ordering: "key" });
  await settle(broker, deliveries.slice(0, 1), DEAD);
  await settle(broker, deliveries.slice(1, 2), retryAt(now()));
  await settle(broker, deliveries.slice(2), DELIVERED);
  await claim(broker, { ordering: "none", filters: [{ exact: { type: "none" } }] });
  const letters = await broker.listDead({ subscription: "crm", limit: 10 });
  await broker.requeueDead({ subscription: "crm", positions: letters.map(({ position }) => position) });
  await broker.nextDueAt({ subscription: "crm" });
  await advance(60_000);
  await settleAll(broker, DELIVERED);
  await settleAll(broker, DEAD, "latest");
  await broker.listSubscriptions();
  await broker.stats();
  await advance(3 * DAY_MS);
  await purgeAll(broker);
  await advance(11 * DAY_MS);
  await purgeAll(broker);
  await broker.removeSubscription({ subscription: "latest" });
  expect(await append(broker, "last")).toEqual(["stored"]);
}

let server: RedisServer;

beforeAll(async () => {
  server = await startRedisServer({ appendonly: "everysec" });
});
afterAll(() => server.remove());

async function openAs(user: string, rights: readonly string[]) {
  const stage = openRedisStage(server);
  const own = rights.map((right) => right.replace("cognito", stage.stream));
  await server.command("ACL", "SETUSER", user, "on", ">secret", "resetchannels", "-@all", ...own);
  const credentials = { config: { url: server.url, username: user, password: "secret" } };
  return { stage, broker: stage.open(credentials) };
}

describe("the rights that docs/redis.md lists", () => {
  it("are those that the sources name, and no others", () => {
    const listed = (RIGHTS ?? []).filter((right) => right.startsWith("+")).map((right) => right.slice(1));
    expect([...listed].sort()).toEqual([...commandsInSources()].sort());
  });

  it("are of Redis 6.2 or older, as a server says that can tell", async () => {
    const names = [...commandsInSources()];
    const docs = Object(await server.command("COMMAND", "DOCS", ...names));
    for (const [at, name] of names.entries()) {
      const facts = docs[docs.indexOf(name) + 1];
      const since = String(facts?.[facts.indexOf("since") + 1]);
      expect(`${at} ${name} ${since}`).toMatch(/ ([1-5]\.\d+|6\.[0-2])\.\d+$/);
    }
  });

  it("are enough for all that the broker does", async () => {
    const { stage, broker } = await openAs("poolcast", RIGHTS ?? []);
    await liveThrough(stage, broker);
    expect(await broker.check()).toMatchObject({
      writable: true,
      persistence: expect.stringMatching(/^Redis \d+\.\d+\.\d+, .*every second/),
    });
    expect((await broker.stats()).bytes).toBeGreaterThan(100);
    const log = Object(await server.command("ACL", "LOG"));
    expect(log).toEqual([]);
    await stage.close();
  });

  it("are enough beside TriggerMesh's, where the last line is missing", async () => {
    const lacking = (RIGHTS ?? []).filter((right) => !OPTIONAL.includes(right) && !/^\+x/.test(right));
    const { stage, broker } = await openAs("mesh", [...lacking, "+@stream", "+client|id"]);
    await liveThrough(stage, broker);
    const { writable, persistence } = await broker.check();
    expect({ writable, persistence }).toEqual({ writable: true, persistence: expect.stringContaining("unknown") });
    expect((await broker.stats()).bytes).toBe(0);
    await stage.close();
  });

  it("may be INFO alone for what is said of persistence", async () => {
    const lacking = (RIGHTS ?? []).filter((right) => !["+config|get"].includes(right));
    const { stage, broker } = await openAs("informed", lacking);
    expect((await broker.check()).persistence).toContain("append-only file on");
    await stage.close();
  });

  it("lack nothing that is refused in silence: a right that is missing is named, and no password", async () => {
    const { stage, broker } = await openAs(
      "poor",
      (RIGHTS ?? []).filter((right) => right !== "+evalsha" && right !== "+eval"),
    );
    const failure = await append(broker, "a").catch(String);
    expect(failure).toMatch(/NOPERM.*eval/i);
    expect(failure).not.toContain("secret");
    expect(await broker.check()).toMatchObject({ writable: false, code: "broker_unavailable" });
    await stage.close();
  });
});
