/** A real target and token endpoint on loopback, told what to answer, and a sink before them on a clock that is moved. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { type EncodedEvent, encodeEvent } from "../../src/core/event.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { createUndiciClient } from "../../src/runtimes/undici-client.ts";
import { createHttpSink, type HttpSinkOptions } from "../../src/sinks/http.ts";
import type { Sink, SinkResult } from "../../src/sinks/sink.ts";
import { LOOPBACK_EGRESS } from "./egress.ts";
import { listenOnLoopback } from "./loopback.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AnsweringServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** `answer` ends the response, now or later. */
export async function startAnsweringServer(
  answer: (request: Asked, response: ServerResponse, before: number) => void,
): Promise<AnsweringServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url = "", headers } = request;
    const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    asked.push(one);
    answer(one, response, asked.length - 1);
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

export interface SteppedClock {
  now(): number;
  advance(ms: number): void;
}

export function createSteppedClock(): SteppedClock {
  let nowMs = Date.parse("2026-05-04T12:00:00Z");
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}

export interface TargetKit {
  readonly sink: Sink;
  send(signal?: AbortSignal): Promise<SinkResult>;
}

export function openTargetSink(
  options: Partial<HttpSinkOptions> & { readonly url: string },
  clock: SteppedClock,
): TargetKit {
  const client = createUndiciClient({ connections: 16, egress: LOOPBACK_EGRESS });
  const tokenClient = createUndiciClient({ connections: 1, egress: LOOPBACK_EGRESS });
  const all = { mode: "binary", secrets: [], headers: {}, ...options } as const;
  const sink = createHttpSink(all, { client, tokenClient, clock: clock.now, sha256 });
  return { sink, send: (signal = AbortSignal.timeout(10_000)) => sink.send(EVENT, signal) };
}

export const EVENT: EncodedEvent = encodeEvent(
  { specversion: "1.0", id: "e-1", source: "/crm", type: "com.example.thing" },
  "json",
  '{"a":1}',
);
