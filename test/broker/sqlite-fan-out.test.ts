/** One event for a thousand subscriptions: what that costs is paid when it is claimed, not when it is committed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { eventIds, newEvent } from "../suites/broker/events.ts";
import { openTestSqliteBroker } from "../support/sqlite-broker.ts";

const SUBSCRIPTIONS = 1000;

it("1,000 sinks x 1 event: the fan-out is no rows and no memory before it is claimed, and a commit takes no 50 ms", async () => {
  const directory = mkdtempSync(join(tmpdir(), "poolcast-test-"));
  const path = join(directory, "poolcast.db");
  try {
    const broker = openTestSqliteBroker({ path });
    const names = eventIds(SUBSCRIPTIONS, "sink-");
    await Promise.all(names.map((subscription) => broker.ensureSubscription({ subscription, start: "earliest" })));
    const before = process.memoryUsage().rss;
    const commitMs: number[] = [];
    for (const id of eventIds(21)) {
      const startMs = performance.now();
      await broker.append({ events: [newEvent(id)] });
      commitMs.push(performance.now() - startMs);
    }
    // The machine may be busy with something else: of many commits the one in the middle tells.
    expect(commitMs.toSorted((a, b) => a - b)[10]).toBeLessThan(50);
    expect(process.memoryUsage().rss - before).toBeLessThan(30 * 1024 ** 2);
    expect((await broker.stats()).subscriptions.reduce((sum, { pending }) => sum + pending, 0)).toBe(
      21 * SUBSCRIPTIONS,
    );
    await broker.close();
    expect(rowsOf(path)).toBe(0);

    const again = openTestSqliteBroker({ path });
    for (const subscription of names) {
      const claim = await again.claim({ subscription, filters: [], limit: 100, leaseMs: 60_000, ordering: "none" });
      expect(claim.deliveries).toHaveLength(21);
    }
    await again.close();
    expect(rowsOf(path)).toBe(21 * SUBSCRIPTIONS);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

function rowsOf(path: string): unknown {
  const database = new DatabaseSync(path);
  const row = database.prepare("SELECT count(*) AS n FROM deliveries").get();
  database.close();
  return row?.n;
}
