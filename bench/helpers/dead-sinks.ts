/** A server that no delivery succeeds at. `{}` makes it listen: /hang never answers, everything else answers 503. */
import { createServer } from "node:http";
import { listenOnLoopback } from "../../test/support/loopback.ts";
import { answerQuestions } from "./answer-questions.ts";

const server = createServer((request, response) => {
  request.resume();
  if (request.url !== "/hang") response.writeHead(503).end();
});

answerQuestions(async () => ({ port: await listenOnLoopback(server) }));
