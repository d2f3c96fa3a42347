import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Runs inside of workerd: test/runtimes/workerd-suites.test.ts.
    exclude: ["test/workerd/**", "**/node_modules/**"],
    testTimeout: 60_000,
    setupFiles: ["test/support/property-seed.ts"],
    // Two cores: the tests that start whole gateways must not starve each other.
    maxWorkers: 2,
  },
});
