/** The broker's suite on Durable Objects, run by vitest inside of workerd itself. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

it("does in workerd what the broker and its storage must do", { timeout: 600_000 }, () => {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const config = join(ROOT, "test/workerd/vitest.config.ts");
  const run = spawnSync(process.execPath, [vitest, "run", "--config", config, "--reporter=dot"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: "1", CI: "1", WRANGLER_SEND_METRICS: "false" },
    encoding: "utf8",
    timeout: 590_000,
  });
  expect(run.status, run.stdout + run.stderr).toBe(0);
  expect(run.stdout).toMatch(/Test Files +2 passed/);
});
