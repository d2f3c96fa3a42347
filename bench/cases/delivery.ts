/** O3: how fast the real process drains a backlog to an HTTP sink, beside bare requests to the same sink. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteBroker } from "../../src/broker/sqlite.ts";
import { dataBytes, decodeAttributes } from "../../src/core/event.ts";
import { binaryHeaders } from "../../src/sinks/binary-headers.ts";
import type { BenchCase, BenchContext } from "../context.ts";
import { BROKER_FILE, startGateway } from "../gateway-process.ts";
import { type Helper, numberOf, startHelper } from "../helpers/start-helper.ts";
import { LIMITS } from "../limits.ts";
import type { Figure, Measurement } from "../report.ts";
import { sampleEvent } from "../sample.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

const CONCURRENCIES = [16, 64] as const;

export const deliveryCase: BenchCase = async (context) => {
  const { options, resources } = context;
  const { directory } = resources.own(createWorkspace(options.directory));
  const backlogFile = join(directory, "backlog.db");
  await fillBacklog(backlogFile, options.backlogWarmUp + options.backlog);
  const sink = resources.own(startHelper("sink"));
  const port = numberOf(await sink.ask({}), "port");

  const baselines: Figure[] = [];
  const measurements: Measurement[] = [];
  const bare = new Map<number, number[]>(CONCURRENCIES.map((concurrency) => [concurrency, []]));
  const drained = new Map<number, number[]>(CONCURRENCIES.map((concurrency) => [concurrency, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const concurrency of CONCURRENCIES) {
      bare.get(concurrency)?.push(await requestRate(context, sink, port, concurrency));
      drained.get(concurrency)?.push(await drainRate(context, sink, port, concurrency, backlogFile));
    }
  }
  for (const concurrency of CONCURRENCIES) {
    const requests = bare.get(concurrency) ?? [];
    const deliveries = drained.get(concurrency) ?? [];
    baselines.push({ label: `B4 undici.request, ${concurrency} at a time`, unit: "/s", rounds: requests });
    measurements.push({
      label: `O3 delivery of a backlog, concurrency ${concurrency}`,
      unit: "/s",
      rounds: deliveries,
      details: [
        {
          label: `to B4, ${concurrency} at a time`,
          unit: "x",
          rounds: ratios(deliveries, requests),
          target: TARGETS.deliveryToRequest,
        },
      ],
    });
  }
  return {
    baselines,
    measurements,
    notes: [
      `O3 drains ${options.backlog} events in binary mode after ${options.backlogWarmUp} that do not count; ` +
        "B4 sends the same headers and body. Both are timed by the sink, which answers 204.",
    ],
  };
};

async function fillBacklog(path: string, count: number): Promise<void> {
  const broker = openSqliteBroker({ ...LIMITS, path, clock: Date.now });
  const BATCH = 500;
  for (let first = 0; first < count; first += BATCH) {
    const events = Array.from({ length: Math.min(BATCH, count - first) }, (_, at) => sampleEvent(first + at));
    await broker.append({ events });
  }
  await broker.close();
}

async function requestRate({ options }: BenchContext, sink: Helper, port: number, connections: number) {
  const { backlogWarmUp: skip, backlog: count } = options;
  const { event } = sampleEvent(0);
  const headers = { "user-agent": "poolcast", ...binaryHeaders(decodeAttributes(event)) };
  const body = new TextDecoder().decode(dataBytes(event));
  const client = startHelper("undici-client");
  try {
    const timed = sink.ask({ skip, count });
    await Promise.all([timed, client.ask({ port, connections, count: skip + count, headers, body })]);
    return numberOf(await timed, "rate");
  } finally {
    await client.stop();
  }
}

async function drainRate(
  { options, resources }: BenchContext,
  sink: Helper,
  port: number,
  concurrency: number,
  backlogFile: string,
): Promise<number> {
  const { directory, stop } = resources.own(createWorkspace(options.directory));
  copyFileSync(backlogFile, join(directory, BROKER_FILE));
  const timed = sink.ask({ skip: options.backlogWarmUp, count: options.backlog });
  const subscriptions = { sink: { target: { url: `http://127.0.0.1:${port}/` }, delivery: { concurrency } } };
  const gateway = resources.own(
    await startGateway({
      directory,
      apiKey: "not-used-here",
      subscriptions,
      cpuProfDirectory: options.cpuProfDirectory,
    }),
  );
  const rate = numberOf(await timed, "rate");
  await gateway.stop();
  await stop();
  return rate;
}
