/**
 * A connection to Redis as the broker and the sink use it: to the one node that holds a given key, whatever the
 * topology is. A command is answered or refused within the connection's timeout, so that nobody waits for a Redis
 * that is away; finding the node again is the connection's own business.
 *
 * Everything asked of one connection must lie in the hash slot of its key, since in a cluster only that node is known.
 */
import type { RedisFailure } from "./failure.ts";
import type { RedisScript } from "./script.ts";

export interface Redis {
  /** `rest`: each command is paid for, and bytes that are no UTF-8 cannot be an argument. */
  readonly wire: "resp" | "rest";

  /**
   * One command. Those of one tick travel together, and are executed in the order of the calls unless the connection
   * is lost between them.
   *
   * Rejects with a RedisFailure. One that says `unavailable` may have been executed or not: the reply may be what was
   * lost. Nothing is ever sent a second time but what the server itself refused to execute.
   */
  command(args: readonly RedisArgument[], options?: CommandOptions): Promise<RedisReply>;

  /** Runs a script atomically, by its hash where the server knows it. All `keys` share the slot of the connection. */
  eval(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
    options?: CommandOptions,
  ): Promise<RedisReply>;

  status(): RedisStatus;

  /** Calls `listener` at each change. */
  onStatus(listener: (status: RedisStatus) => void): void;

  /** Refuses new commands, waits for the answers to the others, lets go. */
  close(): Promise<void>;
}

/** Text is sent as UTF-8. */
export type RedisArgument = string | Uint8Array;

export interface CommandOptions {
  /** Bulk strings of the reply come as bytes instead of text. */
  readonly bytes?: boolean;
  /** Instead of the connection's own: for large answers that no sender waits for. */
  readonly timeoutMs?: number;
}

/** As RESP2 has it: a status or a bulk string, an integer, null, or a list of these. */
export type RedisReply = string | number | null | Uint8Array | readonly RedisReply[];

export type RedisStatus =
  /** The first look for the node, after the start or after a loss: commands wait for its outcome. */
  | { readonly state: "connecting" }
  /** `version` where the server tells, as `7.0.15`. */
  | { readonly state: "ready"; readonly address: string; readonly version?: string | undefined }
  /** Commands are refused with this failure; the search goes on. */
  | { readonly state: "down"; readonly failure: RedisFailure }
  | { readonly state: "closed" };
