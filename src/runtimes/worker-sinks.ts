/** The sinks of a Worker: HTTP by `fetch`, Redis by a socket, or a line in the Worker's log. */
import { createEgressGuard } from "../core/egress.ts";
import { createFetchClient } from "./fetch-client.ts";
import { createSinkFactory, type SinkParts } from "./sink-factory.ts";
import { connectRedisSocket } from "./worker-redis.ts";

export function createWorkerSinks(parts: SinkParts) {
  const { allowHttp, allowCidrs } = parts.config.egress;
  const client = createFetchClient(createEgressGuard({ allowLoopback: false, allowHttp, allowCidrs }));
  return createSinkFactory(parts, {
    connectRedis: connectRedisSocket,
    httpClients: () => ({ client, tokenClient: client }),
  });
}
