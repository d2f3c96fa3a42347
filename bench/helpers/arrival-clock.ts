/**
 * Posts the sample at a steady rate and is the sink that it is delivered to, so that one clock sees both ends. `{}` makes
 * it listen; a job answers how long events were under way, in ms.
 */
import { createServer } from "node:http";
import * as z from "zod";
import { listenOnLoopback } from "../../test/support/loopback.ts";
import { percentile } from "../statistics.ts";
import { answerQuestions } from "./answer-questions.ts";

const job = z.object({
  url: z.string(),
  apiKey: z.string(),
  body: z.string(),
  eventId: z.string(),
  perSecond: z.number(),
  warmUpMs: z.number(),
  windowMs: z.number(),
});

const sentAtMs = new Map<string, number>();
let onArrival: (latencyMs: number) => void = () => {};

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(204).end();
    const id = String(request.headers["ce-id"]);
    const sentMs = sentAtMs.get(id);
    sentAtMs.delete(id);
    if (sentMs !== undefined) onArrival(performance.now() - sentMs);
  });
});

let posted = 0;

async function measure({ url, apiKey, body, eventId, perSecond, warmUpMs, windowMs }: z.infer<typeof job>) {
  const latencies: number[] = [];
  const startMs = performance.now();
  const fromMs = startMs + warmUpMs;
  onArrival = (latencyMs) => {
    if (performance.now() - latencyMs >= fromMs) latencies.push(latencyMs);
  };
  const posts: Promise<void>[] = [];
  for (let at = 0; ; at++) {
    const dueMs = startMs + (at * 1000) / perSecond;
    if (dueMs > fromMs + windowMs) break;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await new Promise((done) => setTimeout(done, waitMs));
    posts.push(post());
  }
  await Promise.all(posts);
  const patienceMs = performance.now() + 20_000;
  while (sentAtMs.size > 0 && performance.now() < patienceMs) await new Promise((done) => setTimeout(done, 20));
  if (sentAtMs.size > 0) throw new Error(`${sentAtMs.size} events did not arrive`);
  const sorted = Float64Array.from(latencies).sort();
  return { p50Ms: percentile(sorted, 50), p99Ms: percentile(sorted, 99), events: sorted.length };

  async function post(): Promise<void> {
    posted += 1;
    const id = `${eventId.slice(0, -12)}${posted.toString(16).padStart(12, "0")}`;
    sentAtMs.set(id, performance.now());
    const headers = { "content-type": "application/json", "x-api-key": apiKey };
    const answer = await fetch(url, { method: "POST", headers, body: body.replace(eventId, id) });
    await answer.arrayBuffer();
    if (answer.status !== 202) throw new Error(`status ${answer.status}`);
  }
}

answerQuestions(async (question) =>
  server.listening ? measure(job.parse(question)) : { port: await listenOnLoopback(server) },
);
