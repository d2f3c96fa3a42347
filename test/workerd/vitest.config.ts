/** What runs inside of workerd itself, as a process of its own: test/runtimes/workerd-suites.test.ts starts it. */
import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: join(import.meta.dirname, "wrangler.toml") },
    }),
  ],
  test: {
    include: ["test/workerd/*.test.ts"],
    testTimeout: 60_000,
    provide: JSON.parse(process.env.PROVIDED ?? "{}"),
    setupFiles: ["test/support/property-seed.ts"],
  },
});
