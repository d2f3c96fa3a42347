/** O1: from a webhook to its durable 202, against the real process, beside a bare server and the bare disk. */
import { randomUUID } from "node:crypto";
import { fdatasyncRate } from "../baselines/fdatasync.ts";
import type { BenchCase } from "../context.ts";
import { startGateway } from "../gateway-process.ts";
import type { LoadResult } from "../helpers/load-client.ts";
import { type Helper, numberOf, startHelper } from "../helpers/start-helper.ts";
import type { BenchOptions } from "../options.ts";
import type { Measurement } from "../report.ts";
import { SAMPLE_EVENT_ID, SAMPLE_TEXT } from "../sample.ts";
import { ratios, spread } from "../statistics.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

const MANY = 64;
const PAUSE_MS = 200;

/** Wants nothing, so that no delivery is mixed in; it costs a look at every event nevertheless. */
const SUBSCRIPTIONS = {
  nothing: { filters: [{ exact: { type: "bench.none" } }], target: { url: "http://127.0.0.1:9/" } },
};

export const webhookCase: BenchCase = async ({ options, resources }) => {
  const { directory } = resources.own(createWorkspace(options.directory));
  const apiKey = randomUUID();
  const { cpuProfDirectory } = options;
  const gateway = resources.own(
    await startGateway({ directory, apiKey, subscriptions: SUBSCRIPTIONS, cpuProfDirectory }),
  );
  const bareServer = resources.own(startHelper("raw-http-server"));
  const barePort = numberOf(await bareServer.ask({}), "port");
  const client = resources.own(startHelper("load-client"));
  const load = (port: number, connections: number) => generateLoad(client, options, { port, connections, apiKey });

  await load(barePort, MANY);
  await load(gateway.port, MANY);
  const disk: number[] = [];
  const bareOne: LoadResult[] = [];
  const bareMany: LoadResult[] = [];
  const one: LoadResult[] = [];
  const many: LoadResult[] = [];
  for (let round = 0; round < options.rounds; round++) {
    disk.push(fdatasyncRate(directory, options.windowMs / 2));
    one.push(await load(gateway.port, 1));
    bareOne.push(await load(barePort, 1));
    many.push(await load(gateway.port, MANY));
    bareMany.push(await load(barePort, MANY));
  }

  const diskToOne = { label: "to B2", unit: "x", target: TARGETS.webhookOneToDisk } as const;
  const httpToMany = { label: `to B1, ${MANY} connections`, unit: "x", target: TARGETS.webhookManyToHttp } as const;
  return {
    baselines: [
      { label: "B1 node:http, read and JSON.parse, 1 connection", unit: "/s", rounds: rates(bareOne) },
      { label: `B1 node:http, read and JSON.parse, ${MANY} connections`, unit: "/s", rounds: rates(bareMany) },
      { label: "B2 append of 4 KiB and fdatasync, one at a time", unit: "/s", rounds: disk },
    ],
    measurements: [
      measurement(one, 1, [
        { ...diskToOne, rounds: ratios(rates(one), disk) },
        { label: "to B1, 1 connection", unit: "x", rounds: ratios(rates(one), rates(bareOne)) },
        { label: "p50", unit: "ms", rounds: one.map(({ p50Ms }) => p50Ms), target: TARGETS.webhookOneMedianMs },
        { label: "p99", unit: "ms", rounds: one.map(({ p99Ms }) => p99Ms), target: TARGETS.webhookOneTailMs },
      ]),
      measurement(many, MANY, [
        { ...httpToMany, rounds: ratios(rates(many), rates(bareMany)) },
        { label: "p50", unit: "ms", rounds: many.map(({ p50Ms }) => p50Ms) },
        { label: "p99", unit: "ms", rounds: many.map(({ p99Ms }) => p99Ms), target: TARGETS.webhookManyTailMs },
      ]),
    ],
    notes: [
      "O1 posts a fresh eventID each time; one subscription, whose filter matches nothing, so nothing is delivered.",
      `O1 load generator: busy ${busy(one)} of a core with 1 connection, ${busy(many)} with ${MANY}; ` +
        `against B1 ${busy(bareOne)} and ${busy(bareMany)}.`,
    ],
  };
};

function measurement(
  results: readonly LoadResult[],
  connections: number,
  details: Measurement["details"],
): Measurement {
  const plural = connections === 1 ? "connection" : "connections";
  return { label: `O1 webhook to durable 202, ${connections} ${plural}`, unit: "/s", rounds: rates(results), details };
}

function rates(results: readonly LoadResult[]): readonly number[] {
  return results.map(({ rate }) => rate);
}

function busy(results: readonly LoadResult[]): string {
  return `${Math.round(100 * spread(results.map((result) => result.busy)).median)} %`;
}

interface Load {
  readonly port: number;
  readonly connections: number;
  readonly apiKey: string;
}

async function generateLoad(client: Helper, { warmUpMs, windowMs }: BenchOptions, load: Load): Promise<LoadResult> {
  // What the server before still has to do must not run into this measurement.
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const answer = await client.ask({
    ...load,
    path: "/ingest/eventbridge",
    body: SAMPLE_TEXT,
    eventId: SAMPLE_EVENT_ID,
    warmUpMs,
    windowMs,
  });
  return {
    rate: numberOf(answer, "rate"),
    p50Ms: numberOf(answer, "p50Ms"),
    p99Ms: numberOf(answer, "p99Ms"),
    busy: numberOf(answer, "busy"),
  };
}
