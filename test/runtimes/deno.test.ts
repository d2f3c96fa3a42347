/** What is Deno's own: the commands by its entry, the rights it is given, and Deno Deploy. */
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startFakeCloudTrail } from "../support/fake-cloudtrail.ts";
import { type GatewayPlace, makePlace } from "../support/gateway-process.ts";
import { cloudTrailRecord, eventBridgeEvent, postJson } from "../support/records.ts";
import { DENO, DENO_PROGRAM } from "../support/runtimes.ts";
import { waitUntil } from "../support/wait.ts";

const ROOT = join(import.meta.dirname, "../..");
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newPlace(): GatewayPlace {
  const place = makePlace(DENO);
  cleanups.push(place.remove);
  return place;
}

/** Runs a command that is expected to end by itself. */
function poolcast(place: GatewayPlace, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [program, ...entry] = DENO.command;
  const run = spawnSync(program, [...entry, ...args], {
    cwd: place.directory,
    env: { PATH: process.env.PATH, HOME: place.directory, ...env },
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

describe("the gateway on Deno", () => {
  it("refuses a target that a gateway which others reach must not be led to", () => {
    const place = newPlace();
    place.writeConfig(
      "listen: { host: 0.0.0.0 }\ningest: { events: { apiKeys: [k] } }\negress: { allowHttp: true }\n" +
        "subscriptions: { inside: { target: { url: 'http://localhost:9/hook' } } }",
    );
    const { status, stderr } = poolcast(place, ["check"]);
    expect(status).toBe(2);
    expect(stderr).toContain("subscriptions.inside.target.url");
  });

  it("has the commands of the Node entry", () => {
    const place = newPlace();
    expect(poolcast(place, ["--version"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect(poolcast(place, ["--help"])).toMatchObject({ status: 0, stdout: expect.stringContaining("simulate") });
    expect(poolcast(place, ["types", "user."]).stdout).toContain("com.amazon.cognito-idp.user.created");
    expect(poolcast(place, ["check"], { POOLCAST_CONFIG: "listen: { port: 9090 }" }).stdout).toContain(":9090");
    expect(poolcast(place, ["check"], { POOLCAST_CONFIG: "listen: { port: high }" })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("listen.port"),
    });
    expect(poolcast(place, ["strat"]).status).toBe(2);
  });

  it("says in one line that another runtime is none for this door", () => {
    const run = spawnSync(process.execPath, [join(ROOT, "src/runtimes/deno.ts"), "check"], { encoding: "utf8" });
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toMatch(/^poolcast: this door needs Deno 2\.8 or newer.*\n$/);
  });

  it("says in one line which right is missing", () => {
    const place = newPlace();
    const rights = ["--allow-net", "--allow-env", "--allow-read", "--allow-write", "--allow-sys"];
    for (const missing of ["--allow-net", "--allow-env", "--allow-read", "--allow-write"]) {
      const given = rights.filter((right) => right !== missing);
      const run = spawnSync(
        DENO_PROGRAM,
        ["run", "--no-prompt", ...given, join(ROOT, "src/runtimes/deno.ts"), "start"],
        {
          cwd: place.directory,
          env: { PATH: process.env.PATH, HOME: place.directory, PORT: "0" },
          encoding: "utf8",
          timeout: 20_000,
        },
      );
      expect([run.status, run.stdout, run.stderr.trim().split("\n").length], run.stderr).toEqual([2, "", 1]);
      expect(run.stderr).toMatch(new RegExp(`^poolcast: .*${missing}`));
    }
  });

  it("says in one line what to do about a data directory that it may not use, and a file that is none of ours", () => {
    const place = newPlace();
    place.writeConfig("broker: { path: poolcast.yaml/events.db }");
    const noDirectory = poolcast(place, ["start"], { PORT: "0" });
    expect([noDirectory.status, noDirectory.stderr.trim().split("\n").length]).toEqual([2, 1]);
    place.writeConfig(`broker: { path: poolcast.yaml }\n# ${"x".repeat(200)}`);
    const noDatabase = poolcast(place, [], { PORT: "0" });
    expect([noDatabase.status, noDatabase.stderr.trim().split("\n").length]).toEqual([2, 1]);
    expect(noDatabase.stderr).toContain("is not a SQLite file");
  });
});

describe("on Deno Deploy", () => {
  it("refuses the sqlite broker, whose disk would not last, and names redis", () => {
    const place = newPlace();
    for (const [args, env] of [
      [[], { DENO_DEPLOY: "true" }],
      [["start"], { DENO_DEPLOYMENT_ID: "abcdef" }],
      [["check"], { DENO_DEPLOY: "true", DENO_DEPLOYMENT_ID: "abcdef" }],
    ] as const) {
      const { status, stdout, stderr } = poolcast(place, args, { ...env, PORT: "0" });
      expect([status, stdout, stderr.trim().split("\n").length]).toEqual([2, "", 1]);
      expect(stderr).toMatch(/broker\.kind: .*Deno Deploy.*redis/);
    }
    expect(existsSync(join(place.directory, "data"))).toBe(false);
  });
});

/** A database where the task may write. */
function newFile(): string {
  const path = `data/deno-task-${randomUUID()}.db`;
  cleanups.push(() => {
    for (const ending of ["", "-wal", "-journal"]) rmSync(join(ROOT, path + ending), { force: true });
  });
  return path;
}

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "poolcast-deno-"));
  cleanups.push(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

async function startTask(env: NodeJS.ProcessEnv) {
  const child = spawn(DENO_PROGRAM, ["task", "start"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: newHome(), PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const closed = new Promise((done) => child.once("close", done));
  cleanups.push(async () => {
    child.kill("SIGTERM");
    await closed;
  });
  await waitUntil(() => stderr.includes("listening on") || child.exitCode !== null, "the gateway listened");
  const url = /listening on (http:[^"\s]+)/.exec(stderr)?.[1] ?? "";
  return { child, url, closed, stdout: () => stdout, stderr: () => stderr };
}

describe("deno task start", () => {
  it("runs with no more rights than it needs, and stops in order on SIGTERM", async () => {
    const path = newFile();
    const { child, url, closed, stdout, stderr } = await startTask({ POOLCAST_CONFIG: `broker: { path: ${path} }` });
    const answer = await postJson(`${url}/ingest/eventbridge`, eventBridgeEvent(cloudTrailRecord("least-rights")));
    expect(answer.status).toBe(202);
    expect(stderr()).toContain(`deno task simulate --url ${url}`);
    await waitUntil(() => stdout().includes("least-rights"), "the event was printed");
    expect(existsSync(join(ROOT, path))).toBe(true);
    child.kill("SIGTERM");
    expect(await closed).toBe(0);
    expect(stderr()).toContain('"message":"stopped"');
  });

  it("polls AWS with the same rights, by the profile of its user", async () => {
    const cloudTrail = await startFakeCloudTrail();
    cleanups.push(cloudTrail.close);
    cloudTrail.key("AKIDPROFILE", "210987654321");
    const home = newHome();
    mkdirSync(join(home, ".aws"));
    writeFileSync(
      join(home, ".aws/credentials"),
      "[default]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = not-a-secret\n",
    );
    const arn = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";
    const POOLCAST_CONFIG = `broker: { path: ${newFile()} }
pools: [{ arn: "${arn}", identify: none, poll: { lookupEvents: PT0.2S }, cloudtrailEndpoint: "${cloudTrail.url}" }]`;
    const { stdout } = await startTask({ HOME: home, POOLCAST_CONFIG });
    await waitUntil(() => cloudTrail.requests.length > 1, "it was polled");
    cloudTrail.history("210987654321", "eu-central-1").add(Date.now());
    await waitUntil(() => stdout().includes('"road":"lookup"'), "what was found is printed");
  });

  it("reads nothing outside of the clone, and says in one line what would", () => {
    const place = newPlace();
    place.writeConfig("listen: { port: 9090 }");
    for (const task of ["start", "check"]) {
      const run = spawnSync(
        DENO_PROGRAM,
        ["task", "--quiet", task, "--config", join(place.directory, "poolcast.yaml")],
        {
          cwd: ROOT,
          env: { PATH: process.env.PATH, HOME: place.directory },
          encoding: "utf8",
        },
      );
      expect([run.status, run.stdout, run.stderr.trim().split("\n").length], run.stderr).toEqual([2, "", 1]);
      expect(run.stderr).toMatch(/cannot read .*poolcast\.yaml: Requires read access .*--allow-read/);
    }
  });

  it("asks for no right to run programs, load libraries, or read and write elsewhere", () => {
    const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
    const rights = [...tasks.start.matchAll(/--allow-[a-z]+(?:=[^\s"]+)?| -A /g)].map(([right]) => right);
    expect(rights).toEqual([
      "--allow-net",
      "--allow-env",
      "--allow-read=.,$HOME/.aws",
      "--allow-write=data",
      "--allow-sys=osRelease",
    ]);
    expect(tasks.start).toContain("--no-prompt");
  });
});
