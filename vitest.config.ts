import { defineConfig } from "vitest/config";

/** Rooms whose tests leave nothing behind in their process: many files share one, and read the sources once. */
const SHARED = ["config", "core", "delivery", "events", "ingest", "mappers", "privacy", "routes", "sinks"].map(
  (room) => `test/${room}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    // Runs inside of workerd: test/runtimes/workerd-suites.test.ts.
    exclude: ["test/workerd/**", "**/node_modules/**"],
    testTimeout: 60_000,
    setupFiles: ["test/support/property-seed.ts"],
    // Two cores: the tests that start whole gateways must not starve each other.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "shared", include: SHARED, isolate: false } },
      { extends: true, test: { name: "apart", include: ["test/**/*.test.ts"], exclude: SHARED } },
    ],
  },
});
