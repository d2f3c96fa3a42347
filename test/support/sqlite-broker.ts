/** SQLite brokers of tests. What a test does not name is of no concern to it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Broker } from "../../src/broker/broker.ts";
import { openSqliteBroker, type SqliteBrokerOptions } from "../../src/broker/sqlite.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { DEFAULT_LIMITS } from "../suites/broker/harness.ts";

export type TestSqliteBroker = Pick<SqliteBrokerOptions, "path"> & Partial<SqliteBrokerOptions>;

export function openTestSqliteBroker(options: TestSqliteBroker): Broker {
  return openSqliteBroker({ clock: Date.now, sha256, ...DEFAULT_LIMITS, ...options });
}

/** In a directory of its own, which goes with `remove`. */
export function openOwnSqliteBroker(options: Partial<SqliteBrokerOptions> = {}): {
  readonly broker: Broker;
  /** Closes the broker too. */
  remove(): Promise<void>;
} {
  const directory = mkdtempSync(join(tmpdir(), "poolcast-sqlite-"));
  const broker = openTestSqliteBroker({ path: join(directory, "poolcast.db"), ...options });
  return {
    broker,
    async remove() {
      await broker.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
