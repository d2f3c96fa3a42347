/** O10: what a backlog costs a gateway on SQLite: memory of the real process, its target away, and taking them to it. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteBroker } from "../../src/broker/sqlite.ts";
import type { BenchCase } from "../context.ts";
import { BROKER_FILE } from "../gateway-process.ts";
import { numberOf, startHelper } from "../helpers/start-helper.ts";
import { LIMITS } from "../limits.ts";
import { fillWithSmallEvents, mostMemoryMiB, WATCH_MS } from "../memory.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

/** Nothing listens there. */
const NOBODY = "http://127.0.0.1:9/";
const BYTES_PER_MIB = 1024 ** 2;

export const sqliteMemoryCase: BenchCase = async (context) => {
  const { options, resources } = context;
  const count = 100 * options.backlog;
  const { directory } = resources.own(createWorkspace(options.directory));
  const backlogFile = join(directory, "backlog.db");
  const broker = openSqliteBroker({ ...LIMITS, path: backlogFile, clock: Date.now });
  await fillWithSmallEvents(broker, count);
  await broker.close();
  const sink = resources.own(startHelper("sink"));
  const sinkUrl = `http://127.0.0.1:${numberOf(await sink.ask({}), "port")}/`;

  async function megabytes(url: string, withBacklog: boolean): Promise<number> {
    const workspace = resources.own(createWorkspace(options.directory));
    if (withBacklog) copyFileSync(backlogFile, join(workspace.directory, BROKER_FILE));
    const most = await mostMemoryMiB(context, { directory: workspace.directory, url });
    await workspace.stop();
    return (most * BYTES_PER_MIB) / 1e6;
  }

  const idle = await megabytes(NOBODY, false);
  const waiting = await megabytes(NOBODY, true);
  const draining = await megabytes(sinkUrl, true);
  const target = TARGETS.sqliteBacklogMb;
  return {
    baselines: [{ label: "B11 gateway on SQLite, idle", unit: "MB", rounds: [idle] }],
    measurements: [
      {
        label: `O10 before a backlog of ${count} events, its target away`,
        unit: "MB",
        rounds: [waiting],
        target,
        details: [],
      },
      { label: "O10 taking them to its target", unit: "MB", rounds: [draining], target, details: [] },
    ],
    notes: [`O10 is the most of ${WATCH_MS / 1000} s, one process each.`],
  };
};
