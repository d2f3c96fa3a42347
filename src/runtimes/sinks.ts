/** The sinks of a process: HTTP by undici, Redis by its client for Node, lines on stdout. */
import { getCACertificates } from "node:tls";
import type { HttpTargetConfig } from "../config/config.ts";
import { createEgressGuard } from "../core/egress.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import { createLazyClient } from "./lazy-client.ts";
import { createSinkFactory, type SinkParts } from "./sink-factory.ts";

/** Tokens are fetched one at a time. */
const TOKEN_CONNECTIONS = 1;

export function createSinks(parts: SinkParts) {
  const { listen, egress: allowed } = parts.config;
  const onLoopback = isLoopbackHost(listen.host);
  const egress = createEgressGuard({
    allowLoopback: onLoopback,
    allowHttp: onLoopback || allowed.allowHttp,
    allowCidrs: allowed.allowCidrs,
  });

  return createSinkFactory(parts, {
    connectRedis: async (node, timeoutMs) => (await import("./redis-client.ts")).connectRedisNode(node, timeoutMs),
    httpClients: (target, connections) => ({
      client: createLazyClient({ connections, egress, tls: target.tls }),
      tokenClient: tokenClientOf(target),
    }),
  });

  /** A client of its own: neither the target's client certificate nor its connections are shared with another host. */
  function tokenClientOf({ auth, tls }: HttpTargetConfig) {
    if (!auth || !("oauth2" in auth)) return undefined;
    // An own CA stands beside the public ones here: login services are often public where the target is not.
    const trusted = tls?.ca === undefined ? undefined : { ca: [...getCACertificates("default"), tls.ca] };
    return createLazyClient({ connections: TOKEN_CONNECTIONS, egress, tls: trusted });
  }
}
