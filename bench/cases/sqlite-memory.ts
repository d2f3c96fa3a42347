/** O10: what a backlog costs a gateway on SQLite: memory of the real process, its target away, and taking them to it. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteBroker } from "../../src/broker/sqlite.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
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
  const backlogFile = await makeBacklog(directory, count);
  const smallBacklogFile = await makeBacklog(directory, count / 20);
  const sink = resources.own(startHelper("sink"));
  const sinkUrl = `http://127.0.0.1:${numberOf(await sink.ask({}), "port")}/`;

  async function megabytes(url: string, backlog?: string): Promise<number> {
    const workspace = resources.own(createWorkspace(options.directory));
    if (backlog !== undefined) copyFileSync(backlog, join(workspace.directory, BROKER_FILE));
    const most = await mostMemoryMiB(context, { directory: workspace.directory, url });
    await workspace.stop();
    return (most * BYTES_PER_MIB) / 1e6;
  }

  const idle = await megabytes(NOBODY);
  // Traffic makes room for itself, whatever waits behind it.
  const busy = await megabytes(sinkUrl, smallBacklogFile);
  const waiting = await megabytes(NOBODY, backlogFile);
  const draining = await megabytes(sinkUrl, backlogFile);
  return {
    baselines: [
      { label: "B11 gateway on SQLite, idle", unit: "MB", rounds: [idle] },
      { label: `B12 the same, taking a backlog of ${count / 20} events to its target`, unit: "MB", rounds: [busy] },
    ],
    measurements: [
      {
        label: `O10 before a backlog of ${count} events, its target away`,
        unit: "MB",
        rounds: [waiting],
        target: TARGETS.sqliteBacklogMb,
        details: [],
      },
      {
        label: "O10 taking them to its target",
        unit: "MB",
        rounds: [draining],
        details: [{ label: "above B12", unit: "MB", rounds: [draining - busy] }],
      },
    ],
    notes: [`O10 is the most of ${WATCH_MS / 1000} s, one process each.`],
  };
};

async function makeBacklog(directory: string, count: number): Promise<string> {
  const path = join(directory, `backlog-${count}.db`);
  const broker = openSqliteBroker({ ...LIMITS, path, clock: Date.now, sha256 });
  await fillWithSmallEvents(broker, count);
  await broker.close();
  return path;
}
