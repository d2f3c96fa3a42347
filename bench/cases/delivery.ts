/** O3: how fast the real process drains a backlog to an HTTP sink, beside bare requests to the same sink. */
import { join } from "node:path";
import { dataBytes, decodeAttributes } from "../../src/core/event.ts";
import { binaryHeaders } from "../../src/sinks/binary-headers.ts";
import { drainRate, fillBacklog, requestRate } from "../backlog.ts";
import type { BenchCase, BenchContext } from "../context.ts";
import { type Helper, numberOf, startHelper } from "../helpers/start-helper.ts";
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
      bare.get(concurrency)?.push(await bareRate(context, sink, port, concurrency));
      const subscription = { target: { url: `http://127.0.0.1:${port}/` }, delivery: { concurrency } };
      const drain = { backlogFile, subscription, sink, skip: options.backlogWarmUp, count: options.backlog };
      drained.get(concurrency)?.push(await drainRate(context, drain));
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

async function bareRate({ options }: BenchContext, sink: Helper, port: number, connections: number) {
  const { event } = sampleEvent(0);
  const client = startHelper("undici-client");
  try {
    return await requestRate({
      sink,
      client,
      port,
      connections,
      headers: { "user-agent": "poolcast", ...binaryHeaders(decodeAttributes(event)) },
      body: new TextDecoder().decode(dataBytes(event)),
      eventsEach: 1,
      skip: options.backlogWarmUp,
      count: options.backlog,
    });
  } finally {
    await client.stop();
  }
}
