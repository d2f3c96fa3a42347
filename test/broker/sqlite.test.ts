import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Broker } from "../../src/broker/broker.ts";
import { createFakeClock } from "../suites/broker/fake-clock.ts";
import { testBroker } from "../suites/broker/index.ts";
import { openTestSqliteBroker } from "../support/sqlite-broker.ts";

testBroker("sqlite", {
  modelRuns: 40,
  async setUp(limits) {
    const { now, advance } = createFakeClock();
    const directory = mkdtempSync(join(tmpdir(), "poolcast-sqlite-"));
    const abandoned: Broker[] = [];
    let path = join(directory, "first.db");
    const open = async () => openTestSqliteBroker({ path, clock: now, returnLeases: false, ...limits });
    return {
      now,
      advance,
      open,
      // What a killed process leaves behind is its files: the database and the log of what is not yet in it.
      async reopen(broker) {
        abandoned.push(broker);
        const copy = join(directory, `after-crash-${abandoned.length}.db`);
        for (const suffix of ["", "-wal"]) if (existsSync(path + suffix)) cpSync(path + suffix, copy + suffix);
        path = copy;
        return open();
      },
      async cleanup() {
        for (const broker of abandoned) await broker.close();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  },
});
