import { getCACertificates } from "node:tls";
import type { Config, HttpTargetConfig, SubscriptionConfig } from "../config/config.ts";
import type { Clock, Sha256 } from "../core/clock.ts";
import { createEgressGuard } from "../core/egress.ts";
import type { Log } from "../core/log.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import { createHttpSink } from "../sinks/http.ts";
import { createLineSink } from "../sinks/lines.ts";
import type { Sink } from "../sinks/sink.ts";
import { handshakeOf } from "./handshake-options.ts";
import { createLazyClient } from "./lazy-client.ts";
import { connectRedisNode } from "./redis-client.ts";
import { openRedisSink } from "./redis-sink.ts";

export interface SinkParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly writeLine: (line: string) => Promise<void>;
  readonly log: Log;
}

/** Tokens are fetched one at a time. */
const TOKEN_CONNECTIONS = 1;

export function createSinkFactory({ config, clock, sha256, writeLine, log }: SinkParts) {
  const onLoopback = isLoopbackHost(config.listen.host);
  const egress = createEgressGuard({
    allowLoopback: onLoopback,
    allowHttp: onLoopback || config.egress.allowHttp,
    allowCidrs: config.egress.allowCidrs,
  });

  return function createSink({ target, delivery, name }: SubscriptionConfig, place = "target.redis"): Sink {
    if (target.kind === "stdout") return createLineSink(writeLine);
    if (target.kind === "redis")
      return openRedisSink(target, {
        name: `subscriptions.${name}.${place}`,
        delivery,
        log,
        connect: connectRedisNode,
      });
    if (target.kind === "handler") throw new Error(`nobody handed in the function that ${name} names`);
    const { url, mode, secrets, headers, auth, tls } = target;
    const client = createLazyClient({ connections: delivery.concurrency, egress, tls });
    const handshake = target.handshake ? handshakeOf(config, delivery) : undefined;
    return createHttpSink(
      { url, mode, secrets, headers, auth, handshake, keepAnswer: delivery.deadLetter !== undefined },
      { client, tokenClient: tokenClientOf(target), clock, sha256 },
    );
  };

  /** A client of its own: neither the target's client certificate nor its connections are shared with another host. */
  function tokenClientOf({ auth, tls }: HttpTargetConfig) {
    if (!auth || !("oauth2" in auth)) return undefined;
    // An own CA stands beside the public ones here: login services are often public where the target is not.
    const trusted = tls?.ca === undefined ? undefined : { ca: [...getCACertificates("default"), tls.ca] };
    return createLazyClient({ connections: TOKEN_CONNECTIONS, egress, tls: trusted });
  }
}
