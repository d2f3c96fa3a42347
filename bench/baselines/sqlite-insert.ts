/** Baseline B3: rows of our events table, and nothing else, straight into SQLite with the same durability. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { NewEvent } from "../../src/broker/broker.ts";

export const INSERT_BATCH = 128;
/** Of src/broker/sql/schema.ts: JSON. */
const DATA_KIND_JSON = 1;

/** Events a second; `directory` has to be empty. */
export function sqliteInsertRate(directory: string, { event, partitionKey }: NewEvent, windowMs: number): number {
  const database = new DatabaseSync(join(directory, "baseline.db"));
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec(
      `CREATE TABLE events (seq INTEGER PRIMARY KEY, recorded_ms INTEGER NOT NULL, partition_key TEXT,
       data_kind INTEGER NOT NULL, data_offset INTEGER NOT NULL, bytes BLOB NOT NULL)`,
    );
    const insert = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)");
    const startMs = performance.now();
    let seq = 0;
    let elapsedMs = 0;
    while (elapsedMs < windowMs) {
      database.exec("BEGIN IMMEDIATE");
      for (let row = 0; row < INSERT_BATCH; row++) {
        seq += 1;
        insert.run(seq, Date.now(), partitionKey ?? null, DATA_KIND_JSON, event.dataOffset, event.bytes);
      }
      database.exec("COMMIT");
      elapsedMs = performance.now() - startMs;
    }
    return (seq * 1000) / elapsedMs;
  } finally {
    database.close();
  }
}
