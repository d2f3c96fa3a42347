/** One Redis server, and one connection to it, as the runtime's client makes it. */
import type { CommandOptions, RedisArgument, RedisReply } from "./redis.ts";

export interface RedisNode {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: number | undefined;
  readonly tls?: RedisTls | undefined;
  /** Spoken to by Upstash's REST API instead of RESP, with the password for its token. */
  readonly rest?: "http" | "https" | undefined;
}

/** PEM texts. Without `ca` the runtime's own authorities are trusted. */
export interface RedisTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly skipVerify: boolean;
}

/**
 * Connects, authenticates and selects the database, within `timeoutMs` or not at all. Rejects with a RedisFailure.
 * Nothing is ever tried again beneath this: a connection that is lost stays lost.
 */
export type ConnectNode = (node: RedisNode, timeoutMs: number) => Promise<NodeConnection>;

export interface NodeConnection {
  /** Commands of one tick are pipelined. Rejects with a RedisFailure. */
  send(args: readonly RedisArgument[], options?: CommandOptions): Promise<RedisReply>;
  /** Calls `listener` once, when the connection is lost by other means than `destroy`. */
  onLost(listener: (cause: unknown) => void): void;
  /** What has no answer yet is rejected. */
  destroy(): void;
}

/** As `10.0.0.1:6379` or `[fd00::1]:6379`. */
export function addressOf({ host, port }: Pick<RedisNode, "host" | "port">): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
