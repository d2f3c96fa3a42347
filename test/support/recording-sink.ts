/** A real HTTP server that keeps what it was sent and answers as told. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { listenOnLoopback } from "./loopback.ts";

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RecordingSink {
  readonly url: string;
  readonly received: readonly Received[];
  readonly server: Server;
  close(): Promise<void>;
}

/** `answer` is asked for the status of each request, which it may take its time for. */
export async function startRecordingSink(
  answer: (request: Received) => number | Promise<number> = () => 204,
): Promise<RecordingSink> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const one = { headers: request.headers, body: Buffer.concat(chunks) };
    received.push(one);
    response.writeHead(await answer(one)).end();
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    server,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
