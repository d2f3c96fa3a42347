/** The package as others install it, and the commands as the README prints them. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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
  for (const name of ["zod", "hono", "@hono", "commander", "yaml", "undici"]) {
    symlinkSync(join(NODE_MODULES, name), join(place, "node_modules", name));
  }
  return home;
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
      import { type CognitoEvent, parseEvent } from "poolcast/events";
      import { readEvents, verify } from "poolcast/verify";
      export function groupOf(body: unknown): string | undefined {
        const event: CognitoEvent = parseEvent(body);
        if (event.type === "com.amazon.cognito-idp.session.challenged") return event.data.response?.challengeName;
        // @ts-expect-error no type has this member
        return event.data.nonsense;
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
