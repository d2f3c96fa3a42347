/** Baseline B1: the least that a webhook receiver on node:http does. */
import { createServer } from "node:http";
import { listenOnLoopback } from "../../test/support/loopback.ts";
import { answerQuestions } from "./answer-questions.ts";

const ANSWER = JSON.stringify({ accepted: 1, duplicates: 0, ignored: 0 });
const HEADERS = { "content-type": "application/json", "content-length": ANSWER.length };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const record: unknown = JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(record === null ? 400 : 202, HEADERS).end(ANSWER);
  });
});

answerQuestions(async () => ({ port: await listenOnLoopback(server) }));
