/** O2: appends through the broker port, one event each and 128 of them waiting at a time, beside bare inserts. */
import { join } from "node:path";
import type { NewEvent } from "../../src/broker/broker.ts";
import { openSqliteBroker } from "../../src/broker/sqlite.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { INSERT_BATCH, sqliteInsertRate } from "../baselines/sqlite-insert.ts";
import type { BenchCase } from "../context.ts";
import { LIMITS } from "../limits.ts";
import { sampleEvent } from "../sample.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

export const appendCase: BenchCase = async ({ options, resources }) => {
  const windowMs = options.windowMs / 2;
  const sample = sampleEvent(0);
  const inserted: number[] = [];
  const appended: number[] = [];
  // One round more, for the compiler.
  for (let round = -1; round < options.rounds; round++) {
    const { directory, stop } = resources.own(createWorkspace(options.directory));
    const insertRate = sqliteInsertRate(directory, sample, windowMs);
    const rate = await appendRate(directory, sample, windowMs);
    await stop();
    if (round < 0) continue;
    inserted.push(insertRate);
    appended.push(rate);
  }

  const rowBytes = sample.event.bytes.length;
  return {
    baselines: [
      {
        label: `B3 node:sqlite insert, bare events row of ${rowBytes} bytes, batch ${INSERT_BATCH}, WAL, FULL`,
        unit: "/s",
        rounds: inserted,
      },
    ],
    measurements: [
      {
        label: `O2 broker.append, ${INSERT_BATCH} in flight (row, dedupe key and counters)`,
        unit: "/s",
        rounds: appended,
        details: [{ label: "to B3", unit: "x", rounds: ratios(appended, inserted), target: TARGETS.appendToInsert }],
      },
    ],
    notes: [],
  };
};

async function appendRate(
  directory: string,
  { event, partitionKey, type }: NewEvent,
  windowMs: number,
): Promise<number> {
  const broker = openSqliteBroker({ ...LIMITS, path: join(directory, "poolcast.db"), clock: Date.now, sha256 });
  const startMs = performance.now();
  const untilMs = startMs + windowMs;
  let count = 0;

  async function appendOnAndOn(): Promise<void> {
    while (performance.now() < untilMs) {
      count += 1;
      await broker.append({ events: [{ dedupeKey: `bench\n${count}`, partitionKey, type, event }] });
    }
  }

  await Promise.all(Array.from({ length: INSERT_BATCH }, appendOnAndOn));
  const elapsedMs = performance.now() - startMs;
  await broker.close();
  return (count * 1000) / elapsedMs;
}
