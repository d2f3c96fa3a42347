/** O1: from a webhook to its durable 202, against the real process, beside a bare server and the bare disk. */
import { randomUUID } from "node:crypto";
import { fdatasyncRate } from "../baselines/fdatasync.ts";
import type { BenchCase } from "../context.ts";
import { startGateway } from "../gateway-process.ts";
import { numberOf, startHelper } from "../helpers/start-helper.ts";
import { generateLoad, type Load, type LoadFigures } from "../load.ts";
import type { Figure, Measurement, Target } from "../report.ts";
import { ratios, spread } from "../statistics.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

const MANY = 64;

/** Wants nothing, so that no delivery is mixed in; it costs a look at every event nevertheless. */
const SUBSCRIPTIONS = {
  nothing: { filters: [{ exact: { type: "bench.none" } }], target: { url: "http://127.0.0.1:9/" } },
};

export const webhookCase: BenchCase = async ({ options, resources }) => {
  const { rounds, warmUpMs, windowMs, cpuProfDirectory } = options;
  const { directory } = resources.own(createWorkspace(options.directory));
  const apiKey = randomUUID();
  const gateway = resources.own(
    await startGateway({ directory, apiKey, subscriptions: SUBSCRIPTIONS, cpuProfDirectory }),
  );
  const bareHelper = resources.own(startHelper("raw-http-server"));
  const bareServer = { port: numberOf(await bareHelper.ask({}), "port"), pid: bareHelper.pid };
  const client = resources.own(startHelper("load-client"));
  const load = (server: Load["server"], connections: number) =>
    generateLoad(client, { server, apiKey, connections, warmUpMs, windowMs });

  await load(bareServer, MANY);
  await load(gateway, MANY);
  const disk: number[] = [];
  const bareOne: LoadFigures[] = [];
  const bareMany: LoadFigures[] = [];
  const one: LoadFigures[] = [];
  const many: LoadFigures[] = [];
  for (let round = 0; round < rounds; round++) {
    disk.push(fdatasyncRate(directory, windowMs / 2));
    one.push(await load(gateway, 1));
    bareOne.push(await load(bareServer, 1));
    many.push(await load(gateway, MANY));
    bareMany.push(await load(bareServer, MANY));
  }

  return {
    baselines: [
      bareFigure("1 connection", bareOne),
      bareFigure(`${MANY} connections`, bareMany),
      { label: "B2 append of 4 KiB and fdatasync, one at a time", unit: "/s", rounds: disk },
    ],
    measurements: [
      measurement("1 connection", one, [
        {
          label: "to B2",
          unit: "x",
          rounds: ratios(rates(one), disk),
          target: TARGETS.webhookOneToDisk,
        },
        { label: "to B1, 1 connection", unit: "x", rounds: ratios(rates(one), rates(bareOne)) },
        ...latencies(one, TARGETS.webhookOneMedianMs, TARGETS.webhookOneTailMs),
      ]),
      measurement(`${MANY} connections`, many, [
        {
          label: `to B1, ${MANY} connections`,
          unit: "x",
          rounds: ratios(rates(many), rates(bareMany)),
          target: TARGETS.webhookManyToHttp,
        },
        ...latencies(many, undefined, TARGETS.webhookManyTailMs),
        { label: "processor time of the gateway for one", unit: "µs", rounds: many.map(({ serverUs }) => serverUs) },
        { label: "that of B1's server for one", unit: "µs", rounds: bareMany.map(({ serverUs }) => serverUs) },
      ]),
    ],
    notes: [
      "O1 posts a fresh eventID each time; one subscription, whose filter matches nothing, so nothing is delivered.",
      `O1 load generator: busy ${busy(one)} of a core with 1 connection, ${busy(many)} with ${MANY}; ` +
        `against B1 ${busy(bareOne)} and ${busy(bareMany)}.`,
    ],
  };
};

function bareFigure(connections: string, results: readonly LoadFigures[]): Figure {
  return { label: `B1 node:http, read and JSON.parse, ${connections}`, unit: "/s", rounds: rates(results) };
}

function measurement(connections: string, results: readonly LoadFigures[], details: readonly Figure[]): Measurement {
  return { label: `O1 webhook to durable 202, ${connections}`, unit: "/s", rounds: rates(results), details };
}

function latencies(results: readonly LoadFigures[], median: Target | undefined, tail: Target): readonly Figure[] {
  return [
    { label: "p50", unit: "ms", rounds: results.map(({ p50Ms }) => p50Ms), target: median },
    { label: "p99", unit: "ms", rounds: results.map(({ p99Ms }) => p99Ms), target: tail },
  ];
}

function rates(results: readonly LoadFigures[]): readonly number[] {
  return results.map(({ rate }) => rate);
}

function busy(results: readonly LoadFigures[]): string {
  return `${Math.round(100 * spread(results.map((result) => result.busy)).median)} %`;
}
