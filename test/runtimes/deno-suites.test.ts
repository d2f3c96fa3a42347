/** The broker's suite and the client's address guard, run by vitest on Deno itself. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DENO_PROGRAM } from "../support/runtimes.ts";

const ROOT = join(import.meta.dirname, "../..");
const FILES = ["test/broker/sqlite.test.ts", "test/broker/sqlite-file.test.ts", "test/runtimes/undici-client.test.ts"];

it("does on Deno what the broker, its file and the HTTP client must do", { timeout: 180_000 }, () => {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const run = spawnSync(DENO_PROGRAM, ["run", "-A", vitest, "run", "--reporter=dot", ...FILES], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: "1" },
    encoding: "utf8",
    timeout: 170_000,
  });
  expect(run.status, run.stdout + run.stderr).toBe(0);
  expect(run.stdout).toMatch(/Test Files +3 passed/);
});
