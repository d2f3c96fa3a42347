/**
 * Takes deliveries and times them. `{}` makes it listen; `{skip, count}` waits for that many deliveries and answers
 * the rate at which the last `count` of them came.
 */
import { createServer } from "node:http";
import { answerQuestions } from "./answer-questions.ts";
import { listenOnLoopback } from "./listen.ts";
import { numberOf } from "./start-helper.ts";

let taken = 0;
let onTaken: () => void = () => {};

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(204).end();
    taken += 1;
    onTaken();
  });
});

function rateOf(skip: number, count: number): Promise<{ readonly rate: number }> {
  taken = 0;
  let startMs = 0;
  return new Promise((done) => {
    onTaken = () => {
      if (taken === skip) startMs = performance.now();
      if (taken === skip + count) done({ rate: (count * 1000) / (performance.now() - startMs) });
    };
  });
}

answerQuestions(async (question) =>
  server.listening ? rateOf(numberOf(question, "skip"), numberOf(question, "count")) : listenOnLoopback(server),
);
