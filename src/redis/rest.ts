/**
 * A connection to one database by Upstash's REST API, which has none of its own: a queue of commands, of which one
 * request at a time is under way. What is asked meanwhile is the next one, so that commands are executed in the order of
 * the calls, as on a socket, and a Worker needs one of its six connections (docs/decisions/0026).
 */
import { collectBytes } from "../core/collect-bytes.ts";
import { connectionFailure, notReady, RedisFailure } from "./failure.ts";
import { addressOf, type ConnectNode, type NodeConnection, type RedisNode } from "./node.ts";
import type { RedisReply } from "./redis.ts";
import { encodeRestCommand, pipelineOf, type RestResponse, readOutcome } from "./rest-wire.ts";

/** The runtime's own `fetch`. */
export type RestFetch = (url: string, init: RequestInit) => Promise<Response>;

/** Upstash takes 10 MB. A single command may be larger: other servers take more, and none could take it in parts. */
const MAX_REQUEST_BYTES = 8_000_000;
/** An isolate of Workers has 128 MB, in which a reply is there as bytes, as text and as what it says. */
const MAX_REPLY_BYTES = 32 * 1024 ** 2;
/** Commands in a request whose replies are events, 2 MiB each or a single one. */
const MOST_LARGE = 8;

/** For nodes with `rest`. */
export function connectRest(fetch: RestFetch): ConnectNode {
  return (node) => openRest(node, fetch);
}

interface Asked {
  readonly command: Uint8Array;
  readonly asBytes: boolean;
  resolve(reply: RedisReply): void;
  reject(failure: RedisFailure): void;
}

/** Rejects with a RedisFailure where the token can be none. Nothing is asked before the first command. */
async function openRest(node: RedisNode, fetch: RestFetch): Promise<NodeConnection> {
  const url = `${node.rest}://${addressOf(node)}/pipeline`;
  const headers = headersOf(node);
  const controller = new AbortController();
  const waiting: Asked[] = [];
  let underWay: readonly Asked[] = [];
  let running = false;
  let mostLarge = MOST_LARGE;
  let ended: { readonly cause: unknown } | undefined;
  let onLost: ((cause: unknown) => void) | undefined;

  function end(cause: unknown): void {
    if (ended) return;
    ended = { cause };
    controller.abort();
    for (const one of [...underWay, ...waiting.splice(0)]) one.reject(connectionFailure(cause));
  }

  function lose(cause: unknown): void {
    if (ended) return;
    end(cause);
    onLost?.(cause);
  }

  async function run(): Promise<void> {
    // Commands of one tick travel together.
    await undefined;
    while (waiting.length > 0) {
      underWay = waiting.splice(0, requestSize(waiting, mostLarge));
      const response = await exchange(pipelineOf(underWay.map(({ command }) => command)));
      if (ended) return;
      if (!response.body) mostLarge = Math.max(1, Math.floor(mostLarge / 2));
      settle(response);
      underWay = [];
    }
    running = false;
  }

  function settle(response: RestResponse): void {
    const asked = underWay;
    const outcome = readOutcome(
      response,
      asked.map(({ asBytes }) => asBytes),
    );
    if (outcome.kind === "lost") {
      lose(outcome.failure);
      return;
    }
    for (const [at, one] of asked.entries()) {
      const reply = outcome.kind === "refused" ? outcome.failure : outcome.replies[at];
      if (reply instanceof RedisFailure) one.reject(reply);
      else one.resolve(reply ?? null);
    }
  }

  async function exchange(body: Uint8Array): Promise<RestResponse> {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: new Uint8Array(body),
      redirect: "manual",
      signal: controller.signal,
    });
    // What is written is seen by what is read after it, also where another region answers.
    const syncToken = response.headers.get(SYNC_TOKEN);
    if (syncToken !== null) headers.set(SYNC_TOKEN, syncToken);
    return { status: response.status, body: await collectBytes(response.body, MAX_REPLY_BYTES) };
  }

  return {
    async send(args, options) {
      if (ended) throw connectionFailure(ended.cause);
      const command = encodeRestCommand(args);
      const { promise, resolve, reject } = Promise.withResolvers<RedisReply>();
      waiting.push({ command, asBytes: options?.bytes === true, resolve, reject });
      if (!running) {
        running = true;
        run().catch((error) => lose(requestFailure(error)));
      }
      return promise;
    },
    onLost(listener) {
      if (ended) listener(ended.cause);
      else onLost = listener;
    },
    destroy: () => end(notReady("the connection was closed")),
  };
}

/** https://upstash.com/docs/redis/howto/readyourwrites */
const SYNC_TOKEN = "upstash-sync-token";

function headersOf({ password = "" }: RedisNode): Headers {
  try {
    return new Headers({
      authorization: `Bearer ${password}`,
      "content-type": "application/json",
      "upstash-encoding": "base64",
    });
  } catch {
    // The error's own message has the token in it.
    throw new RedisFailure("denied", "the token of the REST API holds what no header may");
  }
}

/** How many of those that wait go in one request: as many as fit. */
function requestSize(waiting: readonly Asked[], mostLarge: number): number {
  let bytes = 2;
  let large = 0;
  for (const [at, { command, asBytes }] of waiting.entries()) {
    bytes += command.length + 1;
    if (asBytes) large += 1;
    if (bytes > MAX_REQUEST_BYTES || large > mostLarge) return Math.max(1, at);
  }
  return waiting.length;
}

/** Of Node, what `fetch` met stands in the cause. */
function requestFailure(error: unknown): RedisFailure {
  return connectionFailure(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}
