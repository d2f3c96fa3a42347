/** Posts the sample to a server for a while, and looks at what that cost the server. */
import type { LoadResult } from "./helpers/load-client.ts";
import { type Helper, numberOf } from "./helpers/start-helper.ts";
import { processCpuMs } from "./process-cpu.ts";
import { SAMPLE_EVENT_ID, SAMPLE_TEXT } from "./sample.ts";

export interface Load {
  readonly server: { readonly port: number; readonly pid: number };
  readonly apiKey: string;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface LoadFigures extends LoadResult {
  /** Processor time of the server for one request, in all its threads. */
  readonly serverUs: number;
}

const PAUSE_MS = 200;

export async function generateLoad(client: Helper, { server, ...load }: Load): Promise<LoadFigures> {
  // What the server before still has to do must not run into this measurement.
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const cpuBefore = processCpuMs(server.pid);
  const answer = await client.ask({
    ...load,
    port: server.port,
    path: "/ingest/eventbridge",
    body: SAMPLE_TEXT,
    eventId: SAMPLE_EVENT_ID,
  });
  const answers = numberOf(answer, "answers");
  return {
    rate: numberOf(answer, "rate"),
    p50Ms: numberOf(answer, "p50Ms"),
    p99Ms: numberOf(answer, "p99Ms"),
    answers,
    busy: numberOf(answer, "busy"),
    serverUs: ((processCpuMs(server.pid) - cpuBefore) * 1000) / answers,
  };
}
