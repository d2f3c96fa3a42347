/** The sinks of a Worker: HTTP by `fetch`, Redis by a socket, or a line in the Worker's log. */
import type { Config, SubscriptionConfig } from "../config/config.ts";
import type { Clock, Sha256 } from "../core/clock.ts";
import { createEgressGuard } from "../core/egress.ts";
import type { Log } from "../core/log.ts";
import { createHttpSink } from "../sinks/http.ts";
import { createLineSink } from "../sinks/lines.ts";
import type { Sink } from "../sinks/sink.ts";
import { createFetchClient } from "./fetch-client.ts";
import { handshakeOf } from "./handshake-options.ts";
import { openRedisSink } from "./redis-sink.ts";
import { connectRedisSocket } from "./worker-redis.ts";

export interface WorkerSinkParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly log: Log;
  readonly writeLine: (line: string) => Promise<void>;
}

export function createWorkerSinks({ config, clock, sha256, log, writeLine }: WorkerSinkParts) {
  const { allowHttp, allowCidrs } = config.egress;
  const client = createFetchClient(createEgressGuard({ allowLoopback: false, allowHttp, allowCidrs }));

  return function createSink({ target, delivery, name }: SubscriptionConfig, place = "target.redis"): Sink {
    if (target.kind === "stdout") return createLineSink(writeLine);
    if (target.kind === "redis")
      return openRedisSink(target, {
        name: `subscriptions.${name}.${place}`,
        delivery,
        log,
        connect: connectRedisSocket,
      });
    if (target.kind === "handler") throw new Error(`nobody handed in the function that ${name} names`);
    const { url, mode, secrets, headers, auth } = target;
    const handshake = target.handshake ? handshakeOf(config, delivery) : undefined;
    return createHttpSink(
      { url, mode, secrets, headers, auth, handshake, keepAnswer: delivery.deadLetter !== undefined },
      { client, tokenClient: client, clock, sha256 },
    );
  };
}
