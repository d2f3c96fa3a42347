/** O9: what subscriptions cost that want nothing of what comes: ingest with one that is delivered, alone and among many. */
import type { BenchCase, BenchContext } from "../context.ts";
import { startGateway } from "../gateway-process.ts";
import { type Helper, numberOf, startHelper } from "../helpers/start-helper.ts";
import { generateLoad } from "../load.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

const MANY = 1000;
const CONNECTIONS = 16;
/** For what a start costs. */
const SETTLE_MS = 3000;
const API_KEY = "bench-bench-bench-bench";
/** Long enough that every subscription had its turn. */
const WARM_UP_MS = 11_000;

interface Rates {
  readonly accepted: number;
  readonly p99Ms: number;
  readonly serverUs: number;
}

export const subscriptionsCase: BenchCase = async (context) => {
  const { options, resources } = context;
  const sink = resources.own(startHelper("sink"));
  const client = resources.own(startHelper("load-client"));
  const port = numberOf(await sink.ask({}), "port");
  const one: Rates[] = [];
  const many: Rates[] = [];
  for (let round = 0; round < options.rounds; round++) {
    one.push(await rates(context, client, port, 1));
    many.push(await rates(context, client, port, MANY));
  }
  const alone = one.map(({ accepted }) => accepted);
  const among = many.map(({ accepted }) => accepted);
  return {
    baselines: [
      { label: "B10 accepted events, one subscription that wants and is sent all", unit: "/s", rounds: alone },
      { label: "processor time of the gateway for each", unit: "µs", rounds: one.map(({ serverUs }) => serverUs) },
    ],
    measurements: [
      {
        label: `O9 the same among ${MANY} subscriptions of which the others want other types`,
        unit: "/s",
        rounds: among,
        details: [
          { label: "to B10", unit: "x", rounds: ratios(among, alone), target: TARGETS.manySubscriptionsToOne },
          { label: "processor time of the gateway for each", unit: "µs", rounds: many.map(({ serverUs }) => serverUs) },
          {
            label: "99th percentile of the answers, one subscription",
            unit: "ms",
            rounds: one.map(({ p99Ms }) => p99Ms),
          },
          { label: `the same among ${MANY}`, unit: "ms", rounds: many.map(({ p99Ms }) => p99Ms) },
        ],
      },
    ],
    notes: [
      `O9: ${CONNECTIONS} connections, SQLite, HTTP to a sink in another process; filters by exact and prefixed types.`,
    ],
  };
};

async function rates(
  { options, resources }: BenchContext,
  client: Helper,
  port: number,
  count: number,
): Promise<Rates> {
  const { directory, stop } = resources.own(createWorkspace(options.directory));
  const target = { url: `http://127.0.0.1:${port}/` };
  const others = Array.from({ length: count - 1 }, (_, at) => {
    const type = `com.example.other.${at}`;
    return [`other-${at}`, { target, filters: [at % 2 === 0 ? { exact: { type } } : { prefix: { type } }] }];
  });
  const gateway = resources.own(
    await startGateway({
      directory,
      apiKey: API_KEY,
      subscriptions: { wants: { target }, ...Object.fromEntries(others) },
      cpuProfDirectory: options.cpuProfDirectory,
    }),
  );
  await new Promise((done) => setTimeout(done, SETTLE_MS));
  const { rate, p99Ms, serverUs } = await generateLoad(client, {
    server: gateway,
    apiKey: API_KEY,
    connections: CONNECTIONS,
    warmUpMs: Math.min(WARM_UP_MS, 5.5 * options.windowMs),
    windowMs: 2 * options.windowMs,
  });
  await gateway.stop();
  await stop();
  return { accepted: rate, p99Ms, serverUs };
}
