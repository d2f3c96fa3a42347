/** What 99 dead targets cost the one that works: the time from a post to its delivery, with them and without. */
import type { BenchCase, BenchContext } from "../context.ts";
import { startGateway } from "../gateway-process.ts";
import { type Helper, numberOf, startHelper } from "../helpers/start-helper.ts";
import type { Figure } from "../report.ts";
import { SAMPLE_EVENT_ID, SAMPLE_TEXT } from "../sample.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

const DEAD = 99;
const PER_SECOND = 100;
const API_KEY = "bench";
/** Nothing listens there. */
const CLOSED_PORT = 1;

export const isolationCase: BenchCase = async (context) => {
  const { options, resources } = context;
  const clock = resources.own(startHelper("arrival-clock"));
  const dead = resources.own(startHelper("dead-sinks"));
  const healthy = { target: { url: `http://127.0.0.1:${numberOf(await clock.ask({}), "port")}/` } };
  const deadPort = numberOf(await dead.ask({}), "port");

  const figures = { alone: createFigures(), beside: createFigures() };
  for (let round = 0; round < options.rounds; round++) {
    await measure(context, clock, { healthy }, figures.alone);
    await measure(context, clock, { healthy, ...deadSubscriptions(deadPort) }, figures.beside);
  }
  const { alone, beside } = figures;
  const tail = ratios(beside.p99, alone.p99);
  return {
    baselines: [
      { label: "one target alone, p99", unit: "ms", rounds: alone.p99 },
      { label: "one target alone, p50", unit: "ms", rounds: alone.p50 },
    ],
    measurements: [
      {
        label: `the same beside ${DEAD} dead ones, p99`,
        unit: "ms",
        rounds: beside.p99,
        details: [
          { label: "to the one alone", unit: "x", rounds: tail, target: TARGETS.isolation },
          { label: "p50", unit: "ms", rounds: beside.p50 } satisfies Figure,
        ],
      },
    ],
    notes: [
      `${PER_SECOND} events a second, from the post to the target; of the dead ones a third refuse connections, a third ` +
        "answer 503 and a third never answer. Their first tries are part of the warm-up.",
    ],
  };
};

function createFigures() {
  const [p50, p99]: [number[], number[]] = [[], []];
  return { p50, p99 };
}

async function measure(
  { options, resources }: BenchContext,
  clock: Helper,
  subscriptions: object,
  figures: ReturnType<typeof createFigures>,
): Promise<void> {
  const { directory, stop } = resources.own(createWorkspace(options.directory));
  const { cpuProfDirectory } = options;
  const gateway = resources.own(await startGateway({ directory, apiKey: API_KEY, subscriptions, cpuProfDirectory }));
  const answer = await clock.ask({
    url: `http://127.0.0.1:${gateway.port}/ingest/eventbridge`,
    apiKey: API_KEY,
    body: SAMPLE_TEXT,
    eventId: SAMPLE_EVENT_ID,
    perSecond: PER_SECOND,
    warmUpMs: 8 * options.warmUpMs,
    windowMs: 5 * options.windowMs,
  });
  figures.p50.push(numberOf(answer, "p50Ms"));
  figures.p99.push(numberOf(answer, "p99Ms"));
  await gateway.stop();
  await stop();
}

function deadSubscriptions(port: number): object {
  const urls = [`http://127.0.0.1:${CLOSED_PORT}/`, `http://127.0.0.1:${port}/503`, `http://127.0.0.1:${port}/hang`];
  const delivery = { timeout: "PT1S" };
  return Object.fromEntries(
    Array.from({ length: DEAD }, (_, at) => [`dead-${at}`, { target: { url: urls[at % urls.length] }, delivery }]),
  );
}
