/** The receivers of docs/verify.md as they stand there, with the package as it is built, and real deliveries. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type EventAttributes, encodeEvent } from "../../src/core/event.ts";
import { exampleOf } from "../../src/events/example.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { createUndiciClient } from "../../src/runtimes/undici-client.ts";
import { createHttpSink } from "../../src/sinks/http.ts";
import type { SinkResult } from "../../src/sinks/sink.ts";
import { LOOPBACK_EGRESS } from "../support/egress.ts";
import { buildPackageInto } from "../support/installed-package.ts";
import { freePort } from "../support/loopback.ts";
import { waitUntil } from "../support/wait.ts";
import { NEW_SECRET, SECRET } from "../support/webhooks.ts";

const page = readFileSync(new URL("../../docs/verify.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, text = ""]) => text);
const { data, ...attributes } = exampleOf("com.amazon.cognito-idp.user.signed_up") ?? {};
const ATTRIBUTES = attributes as EventAttributes;

let place: string;
const cleanups: (() => unknown)[] = [];

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "poolcast-verify-"));
  buildPackageInto(place, ["zod", "hono", "@hono/node-server"]);
}, 120_000);
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

interface Program {
  readonly exited: Promise<unknown>;
  stdout(): string;
}

function run(code: string, env: NodeJS.ProcessEnv = {}): Program {
  const file = join(place, "receiver.mjs");
  writeFileSync(file, code);
  const child = spawn(process.execPath, [file], { cwd: place, env: { PATH: process.env.PATH, ...env } });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stdout += text));
  const exited = new Promise((done) => child.once("close", done));
  cleanups.push(() => child.kill("SIGKILL") && exited);
  return { exited, stdout: () => stdout };
}

async function deliver(url: string, mode: "structured" | "binary", secret: string): Promise<SinkResult> {
  const client = createUndiciClient({ connections: 1, egress: LOOPBACK_EGRESS });
  const options = { url, mode, secrets: [secret], headers: {} };
  const sink = createHttpSink(options, { client, clock: Date.now, sha256 });
  cleanups.push(sink.close);
  return sink.send(encodeEvent(ATTRIBUTES, "json", JSON.stringify(data)), AbortSignal.timeout(10_000));
}

function untilAnswered(url: string): Promise<void> {
  const answers = () =>
    fetch(url).then(
      () => true,
      () => false,
    );
  return waitUntil(answers, "the receiver listens");
}

describe("docs/verify.md", { timeout: 60_000 }, () => {
  it.each([
    ["Hono", examples[0]],
    ["Node alone", examples[1]],
  ])("the receiver with %s takes what either secret signed, and nothing else", async (_, code = "") => {
    const port = await freePort();
    const receiver = run(code, { PORT: String(port), WEBHOOK_SECRETS: `${SECRET},${NEW_SECRET}` });
    const url = `http://127.0.0.1:${port}/hook`;
    await untilAnswered(url);
    expect(await deliver(url, "structured", SECRET), receiver.stdout()).toMatchObject({ status: 204 });
    expect(await deliver(url, "binary", NEW_SECRET), receiver.stdout()).toMatchObject({ status: 204 });
    await waitUntil(() => receiver.stdout().split("\n").length === 3, "the receiver told of both");
    const [first, second] = receiver.stdout().split("\n");
    expect(first).toMatch(new RegExp(` ${ATTRIBUTES.type} ${ATTRIBUTES.subject}$`));
    expect(second).toBe(first);
    const foreign = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    expect(await deliver(url, "structured", foreign)).toMatchObject({ status: 401 });
    expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);
  });

  it("makes key pairs that belong together", async () => {
    const maker = run(examples[2] ?? "");
    await maker.exited;
    const [secret = "", publicKey = ""] = maker.stdout().split("\n");
    const port = await freePort();
    run(examples[1] ?? "", { PORT: String(port), WEBHOOK_SECRETS: publicKey });
    const url = `http://127.0.0.1:${port}/hook`;
    await untilAnswered(url);
    expect(await deliver(url, "structured", secret)).toMatchObject({ status: 204 });
  });
});
