/** The sinks of a Worker: HTTP by `fetch`, or a line in the Worker's log. */
import type { Config, SubscriptionConfig } from "../config/config.ts";
import type { Clock, Sha256 } from "../core/clock.ts";
import { createEgressGuard } from "../core/egress.ts";
import { createHttpSink } from "../sinks/http.ts";
import { createLineSink } from "../sinks/lines.ts";
import type { Sink } from "../sinks/sink.ts";
import { createFetchClient } from "./fetch-client.ts";
import { handshakeOf } from "./handshake-options.ts";

export interface WorkerSinkParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly writeLine: (line: string) => Promise<void>;
}

export function createWorkerSinks({ config, clock, sha256, writeLine }: WorkerSinkParts) {
  const { allowHttp, allowCidrs } = config.egress;
  const client = createFetchClient(createEgressGuard({ allowLoopback: false, allowHttp, allowCidrs }));

  return function createSink({ target, delivery, name }: SubscriptionConfig): Sink {
    if (target.kind === "stdout") return createLineSink(writeLine);
    if (target.kind === "redis" || target.kind === "handler") {
      throw new Error(`the target of ${name} should have been refused at start`);
    }
    const { url, mode, secrets, headers, auth } = target;
    const handshake = target.handshake ? handshakeOf(config, delivery) : undefined;
    return createHttpSink(
      { url, mode, secrets, headers, auth, handshake, keepAnswer: delivery.deadLetter !== undefined },
      { client, tokenClient: client, clock, sha256 },
    );
  };
}
