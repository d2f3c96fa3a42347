/** How fast the real process drains a backlog to a target in batch mode, beside bare requests of as many events. */
import { join } from "node:path";
import { batchMessage } from "../../src/sinks/batch-message.ts";
import { drainRate, fillBacklog, requestRate } from "../backlog.ts";
import type { BenchCase } from "../context.ts";
import { numberOf, startHelper } from "../helpers/start-helper.ts";
import { sampleEvent } from "../sample.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

const MAX_EVENTS = 100;
const CONCURRENCY = 16;
/** A batch holds many events, so that as many requests are measured. */
const EVENTS_EACH = 8;

export const batchCase: BenchCase = async (context) => {
  const { options, resources } = context;
  const skip = EVENTS_EACH * options.backlogWarmUp;
  const count = EVENTS_EACH * options.backlog;
  const { directory } = resources.own(createWorkspace(options.directory));
  const backlogFile = join(directory, "backlog.db");
  await fillBacklog(backlogFile, skip + count);
  const sink = resources.own(startHelper("sink"));
  const client = resources.own(startHelper("undici-client"));
  const port = numberOf(await sink.ask({}), "port");

  const events = Array.from({ length: MAX_EVENTS }, (_, number) => sampleEvent(number).event);
  const { headers, body } = batchMessage(events);
  const target = {
    url: `http://127.0.0.1:${port}/`,
    mode: "batch",
    batch: { maxEvents: MAX_EVENTS, maxBytes: "1MiB" },
  };
  const subscription = { target, delivery: { concurrency: CONCURRENCY } };

  const bare: number[] = [];
  const drained: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const request = { headers: { "user-agent": "poolcast", ...headers }, body: new TextDecoder().decode(body) };
    const parts = { sink, client, port, connections: CONCURRENCY, eventsEach: MAX_EVENTS, skip, count };
    bare.push(await requestRate({ ...parts, ...request }));
    drained.push(await drainRate(context, { backlogFile, subscription, sink, skip, count }));
  }
  const label = `batches of ${MAX_EVENTS}, ${CONCURRENCY} at a time`;
  return {
    baselines: [{ label: `undici.request, ${label}`, unit: "/s", rounds: bare }],
    measurements: [
      {
        label: `delivery of a backlog, ${label}`,
        unit: "/s",
        rounds: drained,
        target: TARGETS.batchPerSecond,
        details: [
          { label: "to undici.request", unit: "x", rounds: ratios(drained, bare), target: TARGETS.batchToRequest },
        ],
      },
    ],
    notes: [
      `Both are events a second, ${count} of them after ${skip} that do not count, timed by the sink. One of the two floors ` +
        "is meant: the absolute one is of two idle cores.",
    ],
  };
};
