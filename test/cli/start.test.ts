import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type GatewayPlace, makePlace } from "../support/gateway-process.ts";
import { listenOnLoopback } from "../support/loopback.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { NODE } from "../support/runtimes.ts";
import { waitUntil } from "../support/wait.ts";

const ROOT = join(import.meta.dirname, "../..");
const places: GatewayPlace[] = [];
afterEach(() => Promise.all(places.splice(0).map((place) => place.remove())));

function newPlace(): GatewayPlace {
  const place = makePlace();
  places.push(place);
  return place;
}

/** File permissions do not hold for root, unless it lets go of the right to override them. */
const AS_NOBODY_SPECIAL = process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override"] : [];

/** Runs a command that is expected to end by itself. */
function poolcast(
  place: GatewayPlace,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  under: readonly string[] = [],
) {
  const [program = "", ...before] = [...under, ...NODE.command];
  const run = spawnSync(program, [...before, ...args], {
    cwd: place.directory,
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

const OPEN = "ingest: { events: { apiKeys: [k] } }";

describe("poolcast start", () => {
  it("runs with nothing configured: says where it listens and keeps its data, and prints every event as one JSON line", async () => {
    const place = newPlace();
    const gateway = await place.start();
    await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent(cloudTrailRecord("first")));
    await postJson(`${gateway.url}/ingest/cloudtrail`, { Records: [cloudTrailRecord("second")] });
    await waitUntil(() => gateway.stdout().split("\n").length === 3, "two lines were printed");
    const ids = gateway
      .stdout()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual(["first", "second"]);
    const database = join(place.directory, "data", "poolcast.db");
    for (const said of [`listening on ${gateway.url}`, database, "npm run simulate"])
      await waitUntil(() => gateway.stderr().includes(said), `it says ${said}`);
    for (const line of gateway.stderr().trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("level");
  });

  it("goes by the file where POOLCAST_CONFIG is empty, as a variable is that was passed on without being set", () => {
    const place = newPlace();
    place.writeConfig("listen: { port: 9090 }");
    for (const empty of ["", " \n"]) {
      expect(poolcast(place, ["check"], { POOLCAST_CONFIG: empty }).stdout).toContain(":9090");
    }
  });

  it("delivers to the target of poolcast.yaml, and of POOLCAST_CONFIG", async () => {
    const sink = await startRecordingSink();
    const yaml = `subscriptions: { crm: { target: { url: "\${SINK}" }, filters: [{ suffix: { type: user.signed_up } }] } }`;
    for (const [where, id] of [
      ["file", "e1"],
      ["environment", "e2"],
    ] as const) {
      const place = newPlace();
      if (where === "file") place.writeConfig(yaml);
      const gateway = await place.start({
        env: { SINK: sink.url, ...(where === "environment" && { POOLCAST_CONFIG: yaml }) },
      });
      const other = cloudTrailRecord("not-this-one", { eventName: "GlobalSignOut" });
      await postJson(`${gateway.url}/ingest/eventbridge`, [
        eventBridgeEvent(other),
        eventBridgeEvent(cloudTrailRecord(id)),
      ]);
      await waitUntil(() => sink.received.some(({ headers }) => headers["ce-id"] === id), "the event was delivered");
      expect(gateway.stdout()).toBe("");
    }
    expect(sink.received).toHaveLength(2);
    await sink.close();
  });

  it("reports every fault of the configuration with its path, no secret, and exits with 2 before it listens", () => {
    const place = newPlace();
    place.writeConfig(
      "listen: { port: high }\nadminKeys: canary-secret-1\nsubscriptions: { a: { target: {} }, b: { tarjet: canary-secret-2 } }\nbroker: { kind: sqlite, retention: 7d }\n",
    );
    for (const command of ["start", "check"]) {
      const { status, stdout, stderr } = poolcast(place, [command]);
      expect([status, stdout]).toEqual([2, ""]);
      for (const path of ["listen.port", "subscriptions.a.target", "subscriptions.b.tarjet", "broker.retention"])
        expect(stderr).toContain(path);
      expect(stderr).not.toContain("canary");
    }
  });

  it("exits with 2 and one line that says what to do for a missing file, a taken port, a strange host and a directory it may not write", async () => {
    const place = newPlace();
    const taken = createServer();
    const port = await listenOnLoopback(taken);
    writeFileSync(join(place.directory, "data-is-a-file"), "");
    mkdirSync(join(place.directory, "elsewhere"));
    const cases = [
      [["start", "--config", "missing.yaml"], {}, "cannot read missing.yaml"],
      [["start"], { PORT: String(port) }, `127.0.0.1:${port} is taken by another process`],
      [
        ["start"],
        { PORT: "0", POOLCAST_CONFIG: "listen: { host: 192.0.2.1 }\ningest: { events: { apiKeys: [k] } }" },
        "192.0.2.1 is no address of this machine",
      ],
      [["start"], { PORT: "0", HOST: "no-such-host.invalid", POOLCAST_CONFIG: OPEN }, "no-such-host.invalid is a name"],
      [["start"], { PORT: "0", POOLCAST_CONFIG: "broker: { path: data-is-a-file/events.db }" }, "data-is-a-file"],
    ] as const;
    for (const [args, env, message] of cases) {
      const { status, stderr } = poolcast(place, args, env);
      expect([status, stderr.trim().split("\n").length]).toEqual([2, 1]);
      expect(stderr).toContain(message);
    }
    taken.close();
  });

  it("exits with 2 and one line that says what to do where it may not write: a directory, a file in one, the file itself", async () => {
    const place = newPlace();
    const directory = join(place.directory, "kept");
    const file = join(directory, "events.db");
    const env = { PORT: "0", POOLCAST_CONFIG: `broker: { path: ${file} }` };
    mkdirSync(directory, { mode: 0o555 });
    expectRefusal(poolcast(place, ["start"], env, AS_NOBODY_SPECIAL));
    chmodSync(directory, 0o755);
    await (await place.start({ env })).kill("SIGTERM");
    chmodSync(directory, 0o555);
    expectRefusal(poolcast(place, ["start"], env, AS_NOBODY_SPECIAL));
    chmodSync(directory, 0o755);
    chmodSync(file, 0o444);
    expectRefusal(poolcast(place, ["start"], env, AS_NOBODY_SPECIAL));

    function expectRefusal({ status, stderr }: ReturnType<typeof poolcast>): void {
      expect([status, stderr.trim().split("\n").length], stderr).toEqual([2, 1]);
      expect(stderr).toContain(file);
      expect(stderr).toContain("set broker.path");
    }
  });

  it("goes on where nobody reads its log any more", async () => {
    const place = newPlace();
    const gateway = await place.start();
    gateway.closeStderr();
    // Each of these writes a line.
    for (let line = 0; line < 3; line++) {
      gateway.signal("SIGHUP");
      await new Promise((done) => setTimeout(done, 50));
    }
    const answer = await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent(cloudTrailRecord("unread")));
    expect(answer.status).toBe(202);
    expect(await gateway.kill("SIGTERM")).toBe(0);
  });

  it("exits with 2 and one line on a Node that is too old, before it loads what that Node could not read", () => {
    const place = newPlace();
    const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.11.0'})";
    const [program, ...main] = NODE.command;
    const run = spawnSync(program, ["--import", older, ...main, "start"], { cwd: place.directory, encoding: "utf8" });
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toMatch(/^poolcast: this is Node 22\.11\.0, and it takes Node 24 or newer.*\n$/);
  });

  it("says so too where npm runs the sources, which that Node cannot load at all", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const older = join(newPlace().directory, "older.cjs");
    writeFileSync(older, "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });");
    for (const name of ["start", "poolcast", "simulate"]) {
      const [, node, ...args] = scripts[name].split(" ");
      expect(node).toBe("node");
      const main = args.indexOf("src/cli/main.ts");
      const run = spawnSync(process.execPath, ["-r", older, ...args.slice(0, main), "-e", "console.log('loaded')"], {
        cwd: ROOT,
        encoding: "utf8",
      });
      expect([run.status, run.stdout]).toEqual([2, ""]);
      expect(run.stderr).toMatch(/^poolcast: this is Node 20\.20\.2, and it takes Node 24 or newer.*\n$/);
    }
  });

  it("exits with 2 and one line for a broker that this runtime does not have", () => {
    const place = newPlace();
    for (const command of ["start", "check"]) {
      const run = poolcast(place, [command], { POOLCAST_CONFIG: "broker: { kind: durable-object }" });
      expect([run.status, run.stdout, run.stderr.trim().split("\n").length]).toEqual([2, "", 1]);
      expect(run.stderr).toMatch(/broker\.kind: .*sqlite.*redis/);
    }
  });

  it("lists the event types, all or those of a prefix", () => {
    const place = newPlace();
    const listed = poolcast(place, ["types", "user."]);
    expect(listed.stdout).toMatch(/^com\.amazon\.cognito-idp\.user\.created +\S/m);
    expect(listed.stdout).not.toContain("session.");
    const { types } = JSON.parse(poolcast(place, ["types", "--json"]).stdout);
    expect(types.length).toBeGreaterThan(300);
    expect(types).toContainEqual(
      expect.objectContaining({
        type: "com.amazon.cognito-idp.session.started",
        actions: expect.arrayContaining(["InitiateAuth"]),
      }),
    );
    expect(poolcast(place, ["types", "nothing.like.it"])).toMatchObject({ status: 1, stdout: "" });
  });

  it("exits with 2 for a command or an option that does not exist", () => {
    const place = newPlace();
    expect(poolcast(place, ["strat"]).status).toBe(2);
    expect(poolcast(place, ["start", "--colour"]).status).toBe(2);
    expect(poolcast(place, ["--help"])).toMatchObject({ status: 0, stdout: expect.stringContaining("simulate") });
    expect(poolcast(place, ["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
