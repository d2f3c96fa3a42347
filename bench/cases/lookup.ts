/** O5: how near a catch-up by LookupEvents comes to what AWS allows, and what a thousand idle pools cost. */
import { randomUUID } from "node:crypto";
import { EVENTS_PER_PAGE, REQUESTS_PER_SECOND } from "../../src/ingest/poll/event-history.ts";
import { CLOUDTRAIL_PLACE } from "../cloudtrail-place.ts";
import type { BenchCase, BenchContext } from "../context.ts";
import { startGateway } from "../gateway-process.ts";
import { type Helper, numberOf, startHelper } from "../helpers/start-helper.ts";
import { createResources } from "../resources.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

/** Of LookupEvents, for one account and Region. */
const CEILING = REQUESTS_PER_SECOND * EVENTS_PER_PAGE;
const MANY_POOLS = 1000;
const IDLE_SCANS = 4;
/** A round takes half a minute, since AWS's rate is what it is. */
const MOST_ROUNDS = 2;

const SUBSCRIPTIONS = {
  nothing: { filters: [{ exact: { type: "bench.none" } }], target: { url: "http://127.0.0.1:9/" } },
};

export const lookupCase: BenchCase = async (context) => {
  const { options, resources } = context;
  const cloudTrail = resources.own(startHelper("cloudtrail"));
  const rounds = Math.min(options.rounds, MOST_ROUNDS);
  const caughtUp: number[] = [];
  const one: number[] = [];
  const many: number[] = [];
  for (let round = 0; round < rounds; round++) {
    caughtUp.push(await catchUpRate(context, cloudTrail, options.catchUp));
    one.push(await requestsPerScan(context, cloudTrail, 1));
    many.push(await requestsPerScan(context, cloudTrail, MANY_POOLS));
  }
  const ceiling = caughtUp.map(() => CEILING);
  return {
    baselines: [{ label: `B5 LookupEvents: ${REQUESTS_PER_SECOND} requests a second`, unit: "/s", rounds: ceiling }],
    measurements: [
      {
        label: `O5 catch-up of ${options.catchUp} events from CloudTrail's event history`,
        unit: "/s",
        rounds: caughtUp,
        details: [
          { label: "to B5", unit: "x", rounds: ratios(caughtUp, ceiling), target: TARGETS.catchUpToCeiling },
          {
            label: `requests of an idle scan for ${MANY_POOLS} pools, to one pool`,
            unit: "x",
            rounds: ratios(many, one),
            target: TARGETS.manyPoolsToOne,
          },
        ],
      },
    ],
    notes: [
      "O5 runs the real process against a fake of CloudTrail on loopback that throttles as AWS does, from its first " +
        "request to the commit of the last event.",
    ],
  };
};

interface PollingGateway {
  metric(name: string): Promise<number>;
}

/** With a gateway that has so many pools in one Region, all polled, and a CloudTrail of so many events. */
async function withGateway<T>(
  { options }: BenchContext,
  cloudTrail: Helper,
  { events, pools }: { readonly events: number; readonly pools: number },
  use: (gateway: PollingGateway) => Promise<T>,
): Promise<T> {
  const resources = createResources();
  try {
    const { directory } = resources.own(createWorkspace(options.directory));
    const port = numberOf(await cloudTrail.ask({ events }), "port");
    const { account, region, accessKeyId } = CLOUDTRAIL_PLACE;
    const pool = (n: number) => ({
      arn: `arn:aws:cognito-idp:${region}:${account}:userpool/${region}_Bench${n}`,
      auth: { credentials: { accessKeyID: accessKeyId, secretAccessKey: "bench" } },
      poll: { lookupEvents: "PT0.5S" },
      cloudtrailEndpoint: `http://127.0.0.1:${port}`,
    });
    const gateway = resources.own(
      await startGateway({
        directory,
        apiKey: randomUUID(),
        subscriptions: SUBSCRIPTIONS,
        pools: Array.from({ length: pools }, (_, n) => pool(n)),
      }),
    );
    return await use({
      async metric(name) {
        const text = await (await fetch(`http://127.0.0.1:${gateway.port}/metrics`)).text();
        const line = text.split("\n").find((one) => one.startsWith(name));
        return Number(line?.split(" ").at(-1) ?? 0);
      },
    });
  } finally {
    await resources.release();
  }
}

function catchUpRate(context: BenchContext, cloudTrail: Helper, events: number): Promise<number> {
  return withGateway(context, cloudTrail, { events, pools: 1 }, async (gateway) => {
    await until(async () => (await gateway.metric('poolcast_ingest_accepted_total{road="lookup"}')) >= events);
    const firstAtMs = numberOf(await cloudTrail.ask({}), "firstAtMs");
    return (events * 1000) / (Date.now() - firstAtMs);
  });
}

function requestsPerScan(context: BenchContext, cloudTrail: Helper, pools: number): Promise<number> {
  return withGateway(context, cloudTrail, { events: 0, pools }, async (gateway) => {
    let scans = 0;
    await until(async () => {
      scans = await gateway.metric("poolcast_poll_scans_total");
      return scans >= IDLE_SCANS;
    });
    return numberOf(await cloudTrail.ask({}), "requests") / scans;
  });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((done) => setTimeout(done, 50));
}
