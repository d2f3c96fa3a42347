/** The sinks that a configuration asks for; each runtime brings its own ways to connect. */
import type { Config, HttpTargetConfig, SubscriptionConfig } from "../config/config.ts";
import type { Clock, Sha256 } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { ConnectNode } from "../redis/node.ts";
import { createHttpSink, type HttpSinkParts } from "../sinks/http.ts";
import { createLineSink } from "../sinks/lines.ts";
import type { Sink } from "../sinks/sink.ts";
import { handshakeOf } from "./handshake-options.ts";
import { createLazySink } from "./lazy-sink.ts";

export interface SinkParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly writeLine: (line: string) => Promise<void>;
  readonly log: Log;
}

export interface Connections {
  readonly connectRedis: ConnectNode;
  /** Those of one target, with up to so many connections. */
  readonly httpClients: (
    target: HttpTargetConfig,
    connections: number,
  ) => Pick<HttpSinkParts, "client" | "tokenClient">;
}

export function createSinkFactory(
  { config, clock, sha256, writeLine, log }: SinkParts,
  { connectRedis: connect, httpClients }: Connections,
) {
  return function createSink({ target, delivery, name }: SubscriptionConfig, place = "target.redis"): Sink {
    switch (target.kind) {
      case "stdout":
        return createLineSink(writeLine);
      case "redis":
        return createLazySink(async () => {
          const { openRedisSink } = await import("./redis-sink.ts");
          return openRedisSink(target, { name: `subscriptions.${name}.${place}`, delivery, log, connect });
        });
      case "handler":
        throw new Error(`nobody handed in the function that ${name} names`);
      case "http": {
        const { url, mode, secrets, headers, auth } = target;
        const handshake = target.handshake ? handshakeOf(config, delivery) : undefined;
        return createHttpSink(
          { url, mode, secrets, headers, auth, handshake, keepAnswer: delivery.deadLetter !== undefined },
          { ...httpClients(target, delivery.concurrency), clock, sha256 },
        );
      }
    }
  };
}
