/** Events into a Redis stream, one entry each, as TriggerMesh's brokers write and read them: `ce` holds the structured JSON. */
import { orAborted } from "../core/or-aborted.ts";
import { connectionFailure, type RedisFailure } from "../redis/failure.ts";
import type { Redis } from "../redis/redis.ts";
import type { Sink, SinkFailure, SinkResult } from "./sink.ts";

export interface RedisSinkOptions {
  readonly stream: string;
  /** About how many entries the stream keeps; absent: all. */
  readonly maxLen?: number | undefined;
}

/** Tries that are under way at once share `redis`, which the sink closes. */
export function createRedisSink({ stream, maxLen }: RedisSinkOptions, redis: Redis): Sink {
  const limit = maxLen === undefined ? [] : ["MAXLEN", "~", String(maxLen)];
  const head = ["XADD", stream, ...limit, "*", "ce"];
  return {
    async send(event, signal): Promise<SinkResult> {
      try {
        await orAborted(redis.command([...head, event.bytes]), signal);
        return { kind: "taken" };
      } catch (error) {
        if (signal.aborted) return { kind: "failure", reason: "aborted", message: "aborted" };
        const failure = connectionFailure(error);
        return { kind: "failure", reason: reasonOf(failure), message: failure.message };
      }
    },
    close: () => redis.close(),
  };
}

function reasonOf({ code, reply }: RedisFailure): SinkFailure {
  switch (code) {
    case "full":
      return "target_full";
    case "denied":
      return "not_authorized";
    case "rejected":
      return "target_unfit";
    case "unavailable":
      return reply === "" ? "connection_failed" : "target_unavailable";
  }
}
