/** The package as others install it, and the commands as the README prints them. */
import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventBridgeEvent, postJson } from "./support/records.ts";
import { DENO_PROGRAM, NODE_26_PROGRAM } from "./support/runtimes.ts";
import { waitUntil } from "./support/wait.ts";

const ROOT = join(import.meta.dirname, "..");
const NODE_MODULES = join(ROOT, "node_modules");
let place: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "poolcast-package-"));
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

/** Packs, and unpacks where a consumer's node_modules would be; its dependencies are those of this clone. */
function install(): string {
  const packed = execFileSync("npm", ["pack", "--json", "--pack-destination", place], { cwd: ROOT, encoding: "utf8" });
  const [{ filename, files }] = JSON.parse(packed.slice(packed.indexOf("[\n")));
  const paths: readonly string[] = files.map(({ path }: { readonly path: string }) => path);
  expect(paths.filter((path) => /^(?:src|test|bench|node_modules|data)\//.test(path))).toEqual([]);
  const home = join(place, "node_modules", "poolcast");
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", join(place, filename), "-C", home, "--strip-components=1"]);
  const { dependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(place, "node_modules", name)), { recursive: true });
    symlinkSync(join(NODE_MODULES, name), join(place, "node_modules", name));
  }
  return home;
}

/** Answers what the bundle still imports. */
async function bundleInto(dir: string, input: string, platform: "node" | "browser"): Promise<readonly string[]> {
  const build = await rolldown({ input, platform, logLevel: "silent" });
  const { output } = await build.write({ dir, format: "esm" });
  await build.close();
  return output.flatMap((one) => (one.type === "chunk" ? one.imports : []));
}

/** Starts the example, posts a record to it, and ends it when a function of its own has had the event. */
async function playOwnApp(command: readonly [program: string, ...args: string[]]): Promise<void> {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: place,
    env: { PATH: process.env.PATH, HOME: place, PORT: "0", EVENTBRIDGE_KEY: "key-1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const closed = new Promise((done) => child.once("close", done));
  try {
    const urlOf = () => /listening on (http:\S+)/.exec(output)?.[1];
    await waitUntil(() => urlOf() !== undefined || child.exitCode !== null, "the app listened");
    const url = urlOf();
    expect(url, output).toBeDefined();
    const path = `${url}/poolcast/ingest/eventbridge`;
    expect((await postJson(path, eventBridgeEvent())).status).toBe(401);
    expect((await postJson(path, eventBridgeEvent(), { "x-api-key": "key-1" })).status).toBe(202);
    await waitUntil(() => output.includes("welcome, user/"), "the function had the event");
    child.kill("SIGTERM");
    expect(await closed, output).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
}

describe("the package", { timeout: 60_000 }, () => {
  it("gives its consumers the events and verify, with types, and a command", () => {
    const home = install();
    const code = `
      import { EVENT_TYPES, parseEvent } from "poolcast/events";
      import { verify } from "poolcast/verify";
      const unsigned = await verify(new Request("http://a.example", { method: "POST", body: "{}" }), { secrets: "whsec_${"A".repeat(32)}" });
      console.log(unsigned.code);
      try { parseEvent({}); } catch (error) { console.log(error.name, EVENT_TYPES.includes("com.amazon.cognito-idp.user.created")); }`;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: place, encoding: "utf8" });
    expect(out).toBe("missing_header\nInvalidEventError true\n");
    const version = execFileSync(process.execPath, [join(home, "dist/cli/main.js"), "--version"], { encoding: "utf8" });
    expect(version).toMatch(/^\d+\.\d+\.\d+\n$/);

    const consumer = `
      import { type ConfigError, createGateway } from "poolcast";
      import { type CognitoEvent, parseEvent } from "poolcast/events";
      import { readEvents, verify } from "poolcast/verify";
      export function groupOf(body: unknown): string | undefined {
        const event: CognitoEvent = parseEvent(body);
        if (event.type === "com.amazon.cognito-idp.session.challenged") return event.data.response?.challengeName;
        // @ts-expect-error no type has this member
        return event.data.nonsense;
      }
      export async function embed(): Promise<Response> {
        const gateway = await createGateway({ loopback: true, handlers: { crm: ({ id }) => console.log(id) } });
        // @ts-expect-error a handler is a function
        await createGateway({ handlers: { crm: "http://127.0.0.1" } }).catch((error: ConfigError) => error.faults);
        return gateway.fetch(new Request("http://localhost/readyz"));
      }
      export async function receive(request: Request): Promise<readonly CognitoEvent[]> {
        const delivery = await verify(request, { secrets: ["whsec_"], toleranceSeconds: 60 });
        // @ts-expect-error a refusal has no body
        delivery.body;
        if (!delivery.ok) throw new Error(delivery.code);
        const events = readEvents(delivery, parseEvent);
        return events.ok ? events.value : [];
      }`;
    writeFileSync(join(place, "consumer.ts"), consumer);
    writeFileSync(join(place, "package.json"), '{ "type": "module" }');
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--skipLibCheck"];
    execFileSync(join(NODE_MODULES, ".bin", "tsc"), [...flags, "consumer.ts"], { cwd: place, stdio: "pipe" });
  });
});

/** What is of use in a clone only. */
const OF_THE_CLONE = new Set(["ARCHITECTURE.md", "CONTRIBUTING.md", "deploy/compose/compose.yaml"]);

describe("the package as one reads it", { timeout: 60_000 }, () => {
  it("holds what its pages lead to, such as the AWS side of each road, and says what to type where it is", async () => {
    const home = install();
    const pages = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".md"));
    expect(pages).toContain("README.md");
    const missing = pages.flatMap((page) => {
      const links = [...readFileSync(join(home, page), "utf8").matchAll(/\]\(([^)#\s:]+)(?:#[^)]*)?\)/g)];
      return links
        .map(([, link = ""]) => join(dirname(page), link))
        .filter((path) => !OF_THE_CLONE.has(path) && !existsSync(join(home, path)))
        .map((path) => `${page}: ${path}`);
    });
    expect(missing).toEqual([]);

    const child = spawn(process.execPath, [join(home, "dist/cli/main.js"), "start"], {
      cwd: place,
      env: { PATH: process.env.PATH, HOME: place, PORT: "0" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    const closed = new Promise((done) => child.once("close", done));
    await waitUntil(() => stderr.includes("next: type") || child.exitCode !== null, "it said what is next");
    expect(stderr).toContain("next: type `npx poolcast simulate --url http://");
    child.kill("SIGTERM");
    await closed;
  });
});

describe("the package in a program of one's own", { timeout: 120_000 }, () => {
  it("is the example that runs on Node 24, on Node 26 and on Deno, alone and in a bundle", async () => {
    install();
    cpSync(join(ROOT, "examples/own-app"), place, { recursive: true });
    await playOwnApp([process.execPath, "node.js"]);
    await playOwnApp([NODE_26_PROGRAM, "node.js"]);
    await playOwnApp([DENO_PROGRAM, "run", "-A", "--node-modules-dir=manual", "deno.js"]);
    await bundleInto(join(place, "bundle"), join(place, "node.js"), "node");
    rmSync(join(place, "node_modules"), { recursive: true });
    await playOwnApp([process.execPath, "bundle/node.js"]);
  });

  it("gives a browser what it needs to read and verify events, and nothing else", async () => {
    install();
    const code = 'export * from "poolcast/events"; export * from "poolcast/verify";';
    writeFileSync(join(place, "receiver.js"), code);
    expect(await bundleInto(join(place, "bundle"), join(place, "receiver.js"), "browser")).toEqual([]);
  });
});

describe("npm start", () => {
  it("passes SIGTERM on, so that the gateway stops with npm and lets go of its file", async () => {
    const config = `broker: { path: ${JSON.stringify(join(place, "events.db"))} }`;
    const child = spawn("npm", ["start"], {
      cwd: ROOT,
      env: { ...process.env, PORT: "0", HOST: "", POOLCAST_CONFIG: config },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    const closed = new Promise((done) => child.once("close", done));
    await waitUntil(() => stderr.includes("listening on"), "the gateway listened");
    const url = /listening on (http:[^"\s]+)/.exec(stderr)?.[1] ?? "";
    child.kill("SIGTERM");
    // Its end of the pipe closes with the gateway, not with npm.
    await closed;
    expect(stderr).toContain('"message":"stopped"');
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});
