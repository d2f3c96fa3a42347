/** Baseline B4: the same request over and over by undici.request, with nothing around it. */
import { Agent, request } from "undici";
import * as z from "zod";
import { answerQuestions } from "./answer-questions.ts";

const job = z.object({
  port: z.number(),
  connections: z.number(),
  count: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

answerQuestions(async (question) => {
  const { port, connections, count, headers, body } = job.parse(question);
  const url = new URL(`http://127.0.0.1:${port}/`);
  const bytes = new TextEncoder().encode(body);
  const dispatcher = new Agent({ connections, pipelining: 1 });
  let left = count;

  async function send(): Promise<void> {
    while (left > 0) {
      left -= 1;
      const answer = await request(url, { method: "POST", dispatcher, headers, body: bytes });
      await answer.body.dump();
    }
  }

  await Promise.all(Array.from({ length: connections }, send));
  await dispatcher.close();
});
