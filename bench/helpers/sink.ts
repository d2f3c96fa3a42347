/**
 * Takes deliveries and times them. `{}` makes it listen; `{skip, count}` waits for that many events and answers the rate at
 * which the last `count` of them came. A batch is counted by its events.
 */
import { createServer } from "node:http";
import { listenOnLoopback } from "../../test/support/loopback.ts";
import { answerQuestions } from "./answer-questions.ts";
import { numberOf } from "./start-helper.ts";

let taken = 0;
let onTaken: () => void = () => {};

const server = createServer((request, response) => {
  const isBatch = request.headers["content-type"]?.startsWith("application/cloudevents-batch+json") ?? false;
  const chunks: Buffer[] = [];
  if (isBatch) request.on("data", (chunk: Buffer) => chunks.push(chunk));
  else request.resume();
  request.on("end", () => {
    response.writeHead(204).end();
    taken += isBatch ? countEvents(Buffer.concat(chunks)) : 1;
    onTaken();
  });
});

const MARK = '{"specversion"';

/** Without reading the JSON, which would take longer than to send it. */
function countEvents(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + MARK.length)) count += 1;
  return count;
}

function rateOf(skip: number, count: number): Promise<{ readonly rate: number }> {
  taken = 0;
  let start: { readonly ms: number; readonly taken: number } | undefined;
  return new Promise((done) => {
    onTaken = () => {
      if (taken < skip) return;
      start ??= { ms: performance.now(), taken };
      if (taken < skip + count) return;
      onTaken = () => {};
      done({ rate: ((taken - start.taken) * 1000) / (performance.now() - start.ms) });
    };
  });
}

answerQuestions(async (question) =>
  server.listening
    ? rateOf(numberOf(question, "skip"), numberOf(question, "count"))
    : { port: await listenOnLoopback(server) },
);
