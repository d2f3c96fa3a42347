/**
 * One connection by @redis/client, which is loaded when the first is made. It encodes, pipelines and decodes; what to
 * do about a connection that is lost is decided above it (docs/decisions/0010).
 */
import { isIP } from "node:net";
import type { RedisClientOptions } from "@redis/client";
import { connectionFailure, notReady, replyFailure } from "../redis/failure.ts";
import type { ConnectNode, RedisNode } from "../redis/node.ts";
import type { RedisArgument, RedisReply } from "../redis/redis.ts";

/** The same shapes from every server, and from proxies that know no RESP3. */
const PROTOCOL = { RESP: 2 } as const;

let library: ReturnType<typeof loadLibrary> | undefined;

async function loadLibrary() {
  const { RedisClient, ErrorReply, RESP_TYPES } = await import("@redis/client");
  return {
    // Not createClient, which builds the class with its hundreds of commands anew for options it has not just seen.
    newClient: RedisClient.factory(PROTOCOL),
    isErrorReply: (error: unknown) => error instanceof ErrorReply,
    asBytes: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  };
}

export const connectRedisNode: ConnectNode = async (node, timeoutMs) => {
  library ??= loadLibrary();
  const { newClient, isErrorReply, asBytes } = await library;
  const { username, password, database } = node;
  const client = newClient({
    ...PROTOCOL,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    socket: socketOptions(node, timeoutMs),
    // What is asked of a lost connection must fail at once, for the sender to come again.
    disableOfflineQueue: true,
    // Deadlines are kept above, for commands that were sent as well as for those that were not.
    commandOptions: { timeout: 0 },
    // Both are commands that a user with few rights may not use.
    disableClientInfo: true,
    maintNotifications: "disabled",
  });

  let lost: { readonly cause: unknown } | undefined;
  let onLost: ((cause: unknown) => void) | undefined;
  // Each error comes as a rejection besides; without a listener it would end the process.
  client.on("error", (cause: unknown) => {
    if (lost) return;
    lost = { cause };
    onLost?.(cause);
  });
  const toFailure = (error: unknown) => (isErrorReply(error) ? replyFailure(error.message) : connectionFailure(error));

  let timedOut = false;
  // The socket's own timeout ends with its handshake; a server may stand still after that.
  const timer = setTimeout(() => {
    timedOut = true;
    client.destroy();
  }, timeoutMs);
  try {
    await client.connect();
    if (timedOut) throw new Error("connected too late");
  } catch (error) {
    client.destroy();
    throw timedOut ? notReady(`no connection within ${timeoutMs} ms`) : toFailure(error);
  } finally {
    clearTimeout(timer);
  }

  return {
    send: (args, options) =>
      client.sendCommand<RedisReply>(args.map(toArgument), options?.bytes ? asBytes : undefined).catch((error) => {
        throw toFailure(error);
      }),
    onLost(listener) {
      if (lost) listener(lost.cause);
      else onLost = listener;
    },
    destroy: () => client.destroy(),
  };
};

function socketOptions({ host, port, tls }: RedisNode, timeoutMs: number): NonNullable<RedisClientOptions["socket"]> {
  const connection = { host, port, connectTimeout: timeoutMs, reconnectStrategy: false as const };
  if (!tls) return connection;
  const { ca, cert, key, skipVerify } = tls;
  return {
    ...connection,
    tls: true,
    rejectUnauthorized: !skipVerify,
    // RFC 6066: a server name is never an address.
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

function toArgument(argument: RedisArgument): string | Buffer {
  if (typeof argument === "string" || Buffer.isBuffer(argument)) return argument;
  return Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength);
}
