import type { Config, SubscriptionConfig } from "../config/config.ts";
import type { Clock, Sha256 } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import { createAddressCheck } from "../sinks/address.ts";
import { createHttpSink } from "../sinks/http.ts";
import { createLineSink } from "../sinks/lines.ts";
import type { Sink } from "../sinks/sink.ts";
import { openRedisSink } from "./redis-sink.ts";
import { createUndiciClient } from "./undici-client.ts";

export interface SinkParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly writeLine: (line: string) => Promise<void>;
  readonly log: Log;
}

export function createSinkFactory({ config, clock, sha256, writeLine, log }: SinkParts) {
  const isAllowedAddress = createAddressCheck({
    allowLoopback: isLoopbackHost(config.listen.host),
    allowCidrs: config.egress.allowCidrs,
  });

  return function createSink({ target, delivery, name }: SubscriptionConfig): Sink {
    if (target.kind === "stdout") return createLineSink(writeLine);
    if (target.kind === "redis") return openRedisSink(target, { name, delivery, log });
    if (target.mode === "batch" || (target.auth && "oauth2" in target.auth)) {
      throw new Error(`the target of ${name} should have been refused at start`);
    }
    const client = createUndiciClient({ connections: delivery.concurrency, isAllowedAddress });
    const { url, mode, secrets, headers, auth } = target;
    return createHttpSink({ url, mode, secrets, headers, auth }, { client, clock, sha256 });
  };
}
