/** The load generator: each connection has one request under way, and every request carries a fresh eventID. */
import * as z from "zod";
import { percentile } from "../statistics.ts";
import { answerQuestions } from "./answer-questions.ts";
import { createRequest } from "./fresh-request.ts";
import { type HttpConnection, openConnection } from "./http-connection.ts";

const job = z.object({
  port: z.number(),
  path: z.string(),
  apiKey: z.string(),
  body: z.string(),
  eventId: z.string(),
  connections: z.number(),
  warmUpMs: z.number(),
  windowMs: z.number(),
});
type LoadJob = z.infer<typeof job>;

export interface LoadResult {
  /** Answers a second within the window. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** All answers, with those outside the window. */
  readonly answers: number;
  /** Share of one core that the generator itself used. */
  readonly busy: number;
}

const EXPECTED_STATUS = 202;

answerQuestions((question) => generate(job.parse(question)));

async function generate(load: LoadJob): Promise<LoadResult> {
  const latencies = createWindow(load);
  await Promise.all(Array.from({ length: load.connections }, () => keepAsking(load, latencies)));
  return latencies.result();
}

type Window = ReturnType<typeof createWindow>;

/** Collects latencies after the warm-up and until the end. */
function createWindow({ warmUpMs, windowMs }: LoadJob) {
  const fromMs = performance.now() + warmUpMs;
  const untilMs = fromMs + windowMs;
  const latencies: number[] = [];
  let answers = 0;
  let cpuBefore: NodeJS.CpuUsage | undefined;
  let cpu: NodeJS.CpuUsage | undefined;
  return {
    /** False when the window is over. */
    add(sentMs: number, nowMs: number): boolean {
      answers += 1;
      if (nowMs >= untilMs) {
        cpu ??= process.cpuUsage(cpuBefore);
        return false;
      }
      if (nowMs >= fromMs) {
        cpuBefore ??= process.cpuUsage();
        latencies.push(nowMs - sentMs);
      }
      return true;
    },
    result(): LoadResult {
      const sorted = Float64Array.from(latencies).sort();
      const rate = (latencies.length * 1000) / windowMs;
      const busy = cpu ? (cpu.user + cpu.system) / 1000 / windowMs : 0;
      return { rate, p50Ms: percentile(sorted, 50), p99Ms: percentile(sorted, 99), answers, busy };
    },
  };
}

async function keepAsking(load: LoadJob, window: Window): Promise<void> {
  const request = createRequest(load);
  let connection: HttpConnection | undefined;
  let sentMs = 0;

  function send(): void {
    request.refresh();
    sentMs = performance.now();
    connection?.send(request.bytes);
  }

  try {
    await new Promise<void>((done, fail) => {
      const onAnswer = (status: number) => {
        if (status !== EXPECTED_STATUS) fail(new Error(`status ${status}`));
        else if (window.add(sentMs, performance.now())) send();
        else done();
      };
      openConnection({ port: load.port, onAnswer, onError: fail }).then((opened) => {
        connection = opened;
        send();
      }, fail);
    });
  } finally {
    connection?.close();
  }
}
