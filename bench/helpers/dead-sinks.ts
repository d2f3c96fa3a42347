/** A server that no delivery succeeds at. `{}` makes it listen: /hang never answers, everything else answers 503. */
import { createServer } from "node:http";
import { answerQuestions } from "./answer-questions.ts";
import { listenOnLoopback } from "./listen.ts";

const server = createServer((request, response) => {
  request.resume();
  if (request.url !== "/hang") response.writeHead(503).end();
});

answerQuestions(() => listenOnLoopback(server));
