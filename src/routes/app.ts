/** All routes under one roof: what is configured answers, what is not is 404, the wrong method is 405. */
import { Hono } from "hono";
import type { Log } from "../core/log.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { AccessCheck } from "./access.ts";
import { eventsHandshake, eventsRoute } from "./events-route.ts";
import { problem } from "./problem.ts";
import { recordRoute } from "./record-routes.ts";

export interface RouteOptions {
  readonly access: AccessCheck;
  readonly maxBytes: number;
}

/** A road that is absent is off. */
export interface AppParts {
  readonly eventbridge?: RouteOptions;
  readonly cloudtrail?: RouteOptions;
  readonly events?: RouteOptions;
  readonly health: Hono;
  readonly catalog: Hono;
  readonly ingest: Ingest;
  readonly log: Log;
}

export function createApp(parts: AppParts): Hono {
  const { events, health, catalog, ingest, log } = parts;
  const app = new Hono();

  for (const road of ["eventbridge", "cloudtrail"] as const) {
    const route = parts[road];
    if (!route) continue;
    app.post(`/ingest/${road}`, recordRoute({ ...route, road, ingest }));
    app.all(`/ingest/${road}`, methodNotAllowed("POST"));
  }
  if (events) {
    app.post("/ingest/events", eventsRoute({ ...events, ingest }));
    app.options("/ingest/events", eventsHandshake);
    app.all("/ingest/events", methodNotAllowed("POST, OPTIONS"));
  }
  app.route("/", health);
  app.route("/", catalog);
  for (const path of ["/healthz", "/readyz", "/metrics", "/types", "/schemas/:type", "/openapi.json"]) {
    app.all(path, methodNotAllowed("GET, HEAD"));
  }

  app.notFound(() => problem("not_found"));
  app.onError((error) => {
    log("error", "a request failed", { error: error.name, message: error.message });
    return problem("internal_error");
  });
  return app;
}

function methodNotAllowed(allow: string): () => Response {
  return () => problem("method_not_allowed", { headers: { allow } });
}
