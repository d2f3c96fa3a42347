/** The command as a process of its own, against a small HTTP server that answers as a gateway does. */
import { execFile } from "node:child_process";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { unwrap } from "../../src/ingest/unwrap.ts";
import { listenOnLoopback } from "../support/loopback.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

interface Post {
  readonly route: string;
  readonly headers: IncomingMessage["headers"];
  readonly records: number;
}

type Reply = (post: Post) => { readonly status: number; readonly body: unknown };

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

const ACCEPT: Reply = ({ records }) => ({ status: 202, body: { accepted: records, duplicates: 0, ignored: 0 } });

async function serve(reply: Reply): Promise<{ readonly url: string; readonly posts: readonly Post[] }> {
  const posts: Post[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const post = { route: request.url ?? "", headers: request.headers, records: unwrap(JSON.parse(text)).length };
    posts.push(post);
    const { status, body } = reply(post);
    response.writeHead(status, { "content-type": "application/json", location: "/elsewhere" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  servers.push(server);
  const port = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, posts };
}

interface Run {
  readonly status: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function simulate(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((done) => {
    const options = { env: { PATH: process.env.PATH, ...env }, timeout: 20_000 };
    execFile(process.execPath, [MAIN, "simulate", ...args], options, (error, stdout, stderr) => {
      done({ status: error ? error.code : 0, stdout, stderr });
    });
  });
}

describe("poolcast simulate", () => {
  it("posts the day, tells every post in a line, and sums up", async () => {
    const { url, posts } = await serve(ACCEPT);
    const run = await simulate(["--url", url, "--users", "2", "--seed", "5", "--rate", "0"]);

    expect(run).toMatchObject({ status: 0, stderr: "" });
    const lines = run.stdout.split("\n").filter((line) => / 202 /.test(line));
    expect(lines.map((line) => `/ingest/${line.split(" ")[0]}`)).toEqual(posts.map(({ route }) => route));
    for (const line of lines) expect(line.length).toBeLessThan(130);
    expect(run.stdout).toMatch(/^eventbridge SignUp +Ada signs up +202 accepted$/m);
    const records = posts.reduce((sum, post) => sum + post.records, 0);
    expect(run.stdout).toContain(
      `${records} accepted, 0 duplicates, 0 ignored: ${records} records in ${posts.length} posts`,
    );
    expect(run.stdout).toContain(`npm run simulate -- --url ${url} --users 2 --seed 5`);
  });

  it.each([
    ["the option", ["--api-key", "key-1"], {}],
    ["the environment", [], { POOLCAST_API_KEY: "key-1" }],
  ])("sends the key of %s", async (_, args, env) => {
    const { url, posts } = await serve(ACCEPT);
    const run = await simulate(["--url", url, "--users", "1", "--rate", "0", ...args], env);
    expect(run.status).toBe(0);
    expect(new Set(posts.map(({ headers }) => headers["x-api-key"]))).toEqual(new Set(["key-1"]));
    expect(new Set(posts.map(({ headers }) => headers["content-type"]))).toEqual(new Set(["application/json"]));
    expect(run.stdout).not.toContain("key-1");
  });

  it("gives one JSON object on request", async () => {
    const { url, posts } = await serve(({ records }) => ({
      status: 202,
      body: { accepted: records - 1, duplicates: 1, ignored: 0 },
    }));
    const run = await simulate(["--url", url, "--users", "1", "--seed", "5", "--rate", "0", "--json"]);
    const records = posts.reduce((sum, post) => sum + post.records, 0);
    expect(JSON.parse(run.stdout)).toEqual({
      url,
      seed: 5,
      users: 1,
      posts: posts.length,
      records,
      accepted: records - posts.length,
      duplicates: posts.length,
      ignored: 0,
      refused: [],
      leftOut: 0,
    });
  });

  it("makes new records every time", async () => {
    const { url } = await serve(ACCEPT);
    const runs = await Promise.all([1, 2].map(() => simulate(["--url", url, "--users", "1", "--rate", "0", "--json"])));
    const [first, second] = runs.map(({ stdout }) => JSON.parse(stdout).seed);
    expect(first).not.toBe(second);
  });

  it("keeps to the rate", async () => {
    const { url, posts } = await serve(ACCEPT);
    const startMs = performance.now();
    await simulate(["--url", url, "--users", "1", "--seed", "5", "--rate", "40"]);
    const records = posts.reduce((sum, post) => sum + post.records, 0);
    // The last post goes out when its forerunners' time is over.
    expect(performance.now() - startMs).toBeGreaterThan(((records - 7) / 40) * 1000);
  });

  it("fails with 1 where the gateway refuses, goes on, and says what it heard", async () => {
    const { url, posts } = await serve(() => ({ status: 503, body: { code: "broker_full" } }));
    const run = await simulate(["--url", url, "--users", "1", "--rate", "0"]);
    expect(run).toMatchObject({ status: 1, stderr: "" });
    expect(posts.length).toBeGreaterThan(10);
    expect(run.stdout.match(/503 broker_full$/gm)).toHaveLength(posts.length + 2);
  });

  it("leaves out a road that is shut, and takes the other", async () => {
    const { url, posts } = await serve((post) =>
      post.route === "/ingest/cloudtrail" ? { status: 404, body: { code: "not_found" } } : ACCEPT(post),
    );
    const run = await simulate(["--url", url, "--users", "5", "--rate", "0", "--json"]);
    const summary = JSON.parse(run.stdout);
    expect(run.status).toBe(1);
    expect(summary.refused).toEqual([{ route: "/ingest/cloudtrail", status: 404, code: "not_found", posts: 1 }]);
    expect(summary.leftOut).toBeGreaterThan(0);
    expect(summary.accepted).toBe(posts.length - 1);
  });

  it("fails with 1 and one line where nothing listens", async () => {
    const { url } = await serve(ACCEPT);
    const [server] = servers.splice(0);
    await new Promise((done) => server?.close(done));
    const run = await simulate(["--url", url]);
    expect(run.status).toBe(1);
    expect(run.stderr).toBe(
      `poolcast: no gateway at ${url} (ECONNREFUSED): start one with \`npm start\`, or name another with --url\n`,
    );
  });

  it.each<[string, Reply]>([
    ["a page", () => ({ status: 200, body: "<html>" })],
    ["JSON of its own", () => ({ status: 200, body: { accepted: "yes" } })],
  ])("fails with 1 where something else answers with %s", async (_, reply) => {
    const { url, posts } = await serve(reply);
    const run = await simulate(["--url", url]);
    expect(run.status).toBe(1);
    expect(run.stderr).toBe(`poolcast: what answers at ${url} is no poolcast gateway (200 without counts)\n`);
    expect(posts).toHaveLength(1);
  });

  it("follows no redirect", async () => {
    const { url, posts } = await serve(() => ({ status: 302, body: "" }));
    const run = await simulate(["--url", url, "--users", "1", "--rate", "0"]);
    expect(run.status).toBe(1);
    expect(new Set(posts.map(({ route }) => route))).toEqual(new Set(["/ingest/eventbridge", "/ingest/cloudtrail"]));
  });

  it("fails with 2 for options that are no good, and posts nothing", async () => {
    const { url, posts } = await serve(ACCEPT);
    const wrong = await simulate(["--url", url, "--users", "none", "--rate", "-1"]);
    expect(wrong).toMatchObject({ status: 2, stdout: "" });
    expect(wrong.stderr).toMatch(/^poolcast: --users: .+\npoolcast: --rate: .+\n$/);
    expect(await simulate(["--url", url, "--pace", "3"])).toMatchObject({ status: 2 });
    expect(posts).toEqual([]);
  });
});
