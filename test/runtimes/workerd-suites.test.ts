/** The broker's suites on Durable Objects and on Redis by sockets and by REST, run by vitest inside of workerd itself. */
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listenOnLoopback } from "../support/loopback.ts";
import { type RawServer, startRawServer } from "../support/raw-server.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { type RestProxy, startRestProxy } from "../support/rest-proxy.ts";

const ROOT = join(import.meta.dirname, "../..");
const PASSWORD = "correct-horse";

let redis: RedisServer;
let locked: RedisServer;
let silent: RawServer;
let httpPort: number;
let rest: RestProxy;
const http = createServer((_request, response) => response.end("hello"));

beforeAll(async () => {
  [redis, locked, silent] = await Promise.all([
    startRedisServer(),
    startRedisServer({ requirepass: PASSWORD }),
    startRawServer((socket) => void socket.resume()),
  ]);
  httpPort = await listenOnLoopback(http);
  rest = await startRestProxy(redis.port, PASSWORD);
}, 60_000);
afterAll(async () => {
  http.close();
  await rest?.close();
  await Promise.all([redis?.remove(), locked?.remove(), silent?.close()]);
});

it("does in workerd what the brokers and their storage must do", { timeout: 600_000 }, async () => {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--config", join(ROOT, "test/workerd/vitest.config.ts"), "--reporter=dot"];
  const ports = { redis: redis.port, locked: locked.port, http: httpPort, silent: silent.port, rest: rest.port };
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NO_COLOR: "1",
    CI: "1",
    WRANGLER_SEND_METRICS: "false",
    PROVIDED: JSON.stringify({ ports, password: PASSWORD }),
  };
  const run = promisify(execFile)(process.execPath, args, {
    cwd: ROOT,
    env,
    timeout: 590_000,
    maxBuffer: 64 * 1024 ** 2,
  });
  const output = await run.then(
    ({ stdout }) => stdout,
    (error: { readonly stdout?: string; readonly stderr?: string }) => `${error.stdout}${error.stderr}`,
  );
  expect(output).toMatch(/Test Files +5 passed/);
  expect(output).not.toMatch(/\d+ failed/);
});
