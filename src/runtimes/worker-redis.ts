/**
 * One connection to Redis by the sockets of Workers. @redis/client works there as well, and would be a third of the bundle.
 * https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/
 */
import { connect } from "cloudflare:sockets";
import { joinBytes } from "../core/collect-bytes.ts";
import { connectionFailure, notReady, replyFailure } from "../redis/failure.ts";
import type { ConnectNode, NodeConnection, RedisNode } from "../redis/node.ts";
import type { RedisReply } from "../redis/redis.ts";
import { createReplyReader, encodeCommand, type RawReply, toReply } from "../redis/resp.ts";

/** A certificate is always checked by the platform's own authorities: `tls` has nothing else to say here. */
export const connectRedisSocket: ConnectNode = async (node, timeoutMs) => {
  let connection: Connection | undefined;
  const timer = setTimeout(() => connection?.fail(notReady(`no connection within ${timeoutMs} ms`)), timeoutMs);
  try {
    // The platform may refuse the address at once.
    connection = openSocket(node);
    await introduce(connection, node);
    return connection;
  } catch (error) {
    connection?.destroy();
    throw connectionFailure(error);
  } finally {
    clearTimeout(timer);
  }
};

async function introduce({ send }: NodeConnection, { username, password, database }: RedisNode): Promise<void> {
  if (password !== undefined) await send(username === undefined ? ["AUTH", password] : ["AUTH", username, password]);
  if (database !== undefined && database !== 0) await send(["SELECT", String(database)]);
  // Without either nothing would show that somebody answers.
  await send(["PING"]);
}

interface Asked {
  readonly asBytes: boolean;
  resolve(reply: RedisReply): void;
  reject(error: unknown): void;
}

interface Connection extends NodeConnection {
  /** Ends it, and rejects what has no answer with this. */
  fail(cause: unknown): void;
}

function openSocket({ host, port, tls }: RedisNode): Connection {
  const socket = connect({ hostname: host, port }, { secureTransport: tls ? "on" : "off", allowHalfOpen: false });
  const writer = socket.writable.getWriter();
  const asked: Asked[] = [];
  let unsent: Uint8Array[] = [];
  let ended: { readonly cause: unknown } | undefined;
  let onLost: ((cause: unknown) => void) | undefined;

  function end(cause: unknown): void {
    if (ended) return;
    ended = { cause };
    for (const one of asked.splice(0)) one.reject(connectionFailure(cause));
    // Each part of the socket fails as well, which nobody needs to hear again.
    for (const part of [socket.opened, socket.closed, writer.closed, socket.close()]) part.catch(() => {});
  }

  function lose(cause: unknown): void {
    if (ended) return;
    end(cause);
    onLost?.(cause);
  }

  /** Commands of one tick travel together. */
  async function flush(): Promise<void> {
    const bytes = joinBytes(unsent);
    unsent = [];
    await writer.write(bytes);
  }

  function answer(raw: RawReply): void {
    const one = asked.shift();
    if (raw.kind === "error") one?.reject(replyFailure(raw.text));
    else one?.resolve(toReply(raw, one.asBytes));
  }

  async function listen(): Promise<void> {
    const replies = createReplyReader();
    const reader = socket.readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the server closed the connection");
      for (const raw of replies.push(value)) answer(raw);
    }
  }

  listen().catch(lose);
  return {
    send(args, options) {
      if (ended) return Promise.reject(connectionFailure(ended.cause));
      if (unsent.length === 0) queueMicrotask(() => flush().catch(lose));
      unsent.push(encodeCommand(args));
      return new Promise((resolve, reject) => asked.push({ asBytes: options?.bytes === true, resolve, reject }));
    },
    onLost(listener) {
      if (ended) listener(ended.cause);
      else onLost = listener;
    },
    fail: lose,
    destroy: () => end(notReady("the connection was closed")),
  };
}
