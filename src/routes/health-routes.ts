/** GET /healthz, /readyz and /metrics. */
import { Hono } from "hono";
import type { Broker, BrokerHealth } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { AccessCheck } from "./access.ts";

export interface HealthParts {
  readonly broker: Broker;
  readonly metrics: MetricsRegistry;
  readonly clock: Clock;
  /** Who may see the metrics and the detail of /readyz. */
  readonly access: AccessCheck;
  readonly detail: () => Promise<Readonly<Record<string, unknown>>>;
  readonly isStopping: () => boolean;
  /** The broker answers, and has no room for more events. */
  readonly isFull: () => boolean;
}

/** Asking costs a commit, and anybody may ask. */
const CHECK_EVERY_MS = 1000;

export function healthRoutes(parts: HealthParts): Hono {
  let last: { readonly atMs: number; readonly health: Promise<BrokerHealth> } | undefined;

  function check(): Promise<BrokerHealth> {
    const now = parts.clock();
    if (!last || now < last.atMs || now - last.atMs >= CHECK_EVERY_MS)
      last = { atMs: now, health: parts.broker.check() };
    return last.health;
  }

  return new Hono()
    .get("/healthz", (c) => c.json({ status: "live" }))
    .get("/readyz", async (c) => {
      const health = await check();
      const { persistence, warnings } = health;
      const writable = health.writable && !parts.isFull();
      const code = parts.isFull() ? "broker_full" : health.code;
      const ready = writable && !parts.isStopping();
      const status = ready ? 200 : 503;
      const reason = parts.isStopping() ? "shutting_down" : code;
      if (parts.access(c.req.raw)) return c.json({ status: ready ? "ready" : "not_ready" }, status);
      return c.json(
        {
          status: ready ? "ready" : "not_ready",
          ...(reason !== undefined && { reason }),
          broker: { kind: parts.broker.capabilities.kind, writable, persistence, ...(warnings && { warnings }) },
          ...(await parts.detail()),
        },
        status,
      );
    })
    .get("/metrics", async (c) => {
      const refused = parts.access(c.req.raw);
      if (refused) return refused;
      return c.body(await parts.metrics.render(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    });
}
