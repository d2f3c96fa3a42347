/** A SQLite file full of events, and how fast the real process drains a copy of it. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteBroker } from "../src/broker/sqlite.ts";
import { sha256 } from "../src/runtimes/hashing.ts";
import type { BenchContext } from "./context.ts";
import { BROKER_FILE, startGateway } from "./gateway-process.ts";
import { type Helper, numberOf } from "./helpers/start-helper.ts";
import { LIMITS } from "./limits.ts";
import { sampleEvent } from "./sample.ts";
import { createWorkspace } from "./workspace.ts";

const BATCH = 500;

export async function fillBacklog(path: string, count: number): Promise<void> {
  const broker = openSqliteBroker({ ...LIMITS, path, clock: Date.now, sha256 });
  for (let first = 0; first < count; first += BATCH) {
    const events = Array.from({ length: Math.min(BATCH, count - first) }, (_, at) => sampleEvent(first + at));
    await broker.append({ events });
  }
  await broker.close();
}

export interface Drain {
  readonly backlogFile: string;
  /** As in the configuration. */
  readonly subscription: object;
  readonly sink: Helper;
  /** Events that are not counted, and those after them that are. */
  readonly skip: number;
  readonly count: number;
}

/** Events a second, by the sink's clock. */
export async function drainRate({ options, resources }: BenchContext, drain: Drain): Promise<number> {
  const { directory, stop } = resources.own(createWorkspace(options.directory));
  copyFileSync(drain.backlogFile, join(directory, BROKER_FILE));
  const timed = drain.sink.ask({ skip: drain.skip, count: drain.count });
  const gateway = resources.own(
    await startGateway({
      directory,
      apiKey: "not-used-here",
      subscriptions: { sink: drain.subscription },
      cpuProfDirectory: options.cpuProfDirectory,
    }),
  );
  const rate = numberOf(await timed, "rate");
  await gateway.stop();
  await stop();
  return rate;
}

export interface Requests {
  readonly sink: Helper;
  readonly client: Helper;
  readonly port: number;
  readonly connections: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of requests, where each holds that many events. */
  readonly eventsEach: number;
  readonly skip: number;
  readonly count: number;
}

/** The same events by bare undici.request to the same sink, a second. */
export async function requestRate({ sink, client, eventsEach, skip, count, ...request }: Requests): Promise<number> {
  const timed = sink.ask({ skip, count });
  const asked = client.ask({ ...request, count: Math.ceil((skip + count) / eventsEach) });
  await Promise.all([timed, asked]);
  return numberOf(await timed, "rate");
}
