import type { Clock, Sha256 } from "../../core/clock.ts";
import { RedisFailure } from "../../redis/failure.ts";
import type { CommandOptions, Redis, RedisArgument, RedisReply } from "../../redis/redis.ts";
import type { RedisScript } from "../../redis/script.ts";
import { BrokerFailure, type BrokerLimits, type BrokerNotice } from "../broker.ts";
import type { RedisKeys } from "./keys.ts";

/** How full it may get is for Redis to say (`maxmemory`). */
export type RedisBrokerLimits = Omit<BrokerLimits, "maxBytes">;

/** What everything in this folder works with. */
export interface RedisStore {
  readonly redis: Redis;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly keys: RedisKeys;
  readonly limits: RedisBrokerLimits;
  /** Consumer groups are named `<group>.<subscription>`. */
  readonly group: string;
  readonly keepGroups: readonly string[];
  readonly trackingId: boolean;
  /** A text never given before, by this handle or another. */
  readonly newToken: () => string;
  readonly notify: (notice: BrokerNotice) => void;
  /** The subscriptions that this handle was told of, and what the store called itself then. */
  readonly known: Map<string, string>;
  /** What the store calls itself; it has another name after everything was lost. */
  epoch?: string | undefined;
}

/** No sender waits for these, and an answer to a claim may be megabytes on a slow line. */
const GROUP_TIMEOUT_MS = 10_000;

/** Runs a script about the log. Rejects with a BrokerFailure. */
export async function runOnLog(
  store: RedisStore,
  script: RedisScript,
  args: readonly RedisArgument[],
  options?: CommandOptions,
): Promise<readonly RedisReply[]> {
  const { stream, log } = store.keys;
  return listOf(await store.redis.eval(script, [stream, log], args, options).catch(raise(store)));
}

/** The same about the consumer group of a subscription; its first arguments are the group and the time. */
export async function runOnGroup(
  store: RedisStore,
  script: RedisScript,
  subscription: string,
  args: readonly RedisArgument[],
  options?: CommandOptions,
): Promise<readonly RedisReply[]> {
  const { stream, log, info } = store.keys;
  const group = groupOf(store, subscription);
  const all = [group, String(store.clock()), ...args];
  const patient = { timeoutMs: GROUP_TIMEOUT_MS, ...options };
  return listOf(await store.redis.eval(script, [stream, log, info(group)], all, patient).catch(raise(store)));
}

export function command(
  store: RedisStore,
  args: readonly RedisArgument[],
  options?: CommandOptions,
): Promise<RedisReply> {
  return store.redis.command(args, options).catch(raise(store));
}

export function groupOf({ group }: RedisStore, subscription: string): string {
  return `${group}.${subscription}`;
}

/** Makes a broker failure of what the connection rejected with. */
export function toBrokerFailure(error: unknown, { keys }: Pick<RedisStore, "keys">): BrokerFailure {
  if (error instanceof BrokerFailure) return error;
  const options = { cause: error };
  if (!(error instanceof RedisFailure)) return new BrokerFailure("broker_unavailable", `Redis: ${error}`, options);
  if (error.code === "full") return new BrokerFailure("broker_full", `Redis: ${error.message}`, options);
  if (error.reply === "WRONGTYPE") {
    const message = `Redis: ${keys.stream}, or a key of poolcast beside it, holds something that is not of poolcast`;
    return new BrokerFailure("broker_incompatible", message, options);
  }
  return new BrokerFailure("broker_unavailable", `Redis: ${error.message}`, options);
}

function raise(store: RedisStore): (error: unknown) => never {
  return (error) => {
    throw toBrokerFailure(error, store);
  };
}

export function listOf(reply: RedisReply | undefined): readonly RedisReply[] {
  return Array.isArray(reply) ? reply : [];
}

const decoder = new TextDecoder();

/** Ids, names and counts are ASCII, also where bytes were asked for. */
export function textOf(reply: RedisReply | undefined): string {
  if (reply instanceof Uint8Array) return decoder.decode(reply);
  return typeof reply === "string" ? reply : "";
}

export function numberOf(reply: RedisReply | undefined): number {
  return typeof reply === "number" ? reply : Number(textOf(reply));
}

/** Words with a space between. */
export function wordsOf(reply: RedisReply | undefined): readonly string[] {
  const text = textOf(reply);
  return text === "" ? [] : text.split(" ");
}
