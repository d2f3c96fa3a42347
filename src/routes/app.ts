/** All routes under one roof: what is configured answers, what is not is 404, the wrong method is 405. */
import { Hono } from "hono";
import type { Clock } from "../core/clock.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import type { RoadIngest } from "../ingest/ingest.ts";
import type { AccessCheck } from "./access.ts";
import { type CognitoOptions, cognitoRoute } from "./cognito-route.ts";
import { eventsHandshake, eventsRoute } from "./events-route.ts";
import { firehoseRoute } from "./firehose-route.ts";
import { lambdaRoute } from "./lambda-route.ts";
import { methodNotAllowed, problem } from "./problem.ts";
import { recordRoute } from "./record-routes.ts";
import { type SnsOptions, snsRoute } from "./sns-route.ts";

export interface RouteOptions {
  readonly access: AccessCheck;
  readonly maxBytes: number;
}

/** A road that is absent is off. */
export interface AppParts {
  readonly eventbridge?: RouteOptions;
  readonly cloudtrail?: RouteOptions;
  readonly events?: RouteOptions;
  readonly cognito?: CognitoOptions;
  readonly lambda?: { readonly access: AccessCheck };
  readonly sns?: SnsOptions | undefined;
  readonly firehose?: RouteOptions;
  readonly health: Hono;
  readonly catalog: Hono;
  /** Under /api. */
  readonly admin: Hono;
  readonly ingest: RoadIngest;
  readonly metrics: Pick<GatewayMetrics, "snsMessages">;
  readonly clock: Clock;
  readonly log: Log;
}

export function createApp(parts: AppParts): Hono {
  const { events, cognito, lambda, firehose, health, catalog, ingest, clock, log } = parts;
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
  if (cognito) {
    app.post("/ingest/cognito", cognitoRoute({ ...cognito, ingest, clock }));
    app.all("/ingest/cognito", methodNotAllowed("POST"));
  }
  if (lambda) {
    app.post("/2015-03-31/functions/:name/invocations", lambdaRoute({ ...lambda, ingest }));
    app.all("/2015-03-31/functions/:name/invocations", methodNotAllowed("POST"));
  }
  if (parts.sns) {
    app.post("/ingest/sns", snsRoute({ ...parts.sns, ingest, metrics: parts.metrics, log }));
    app.all("/ingest/sns", methodNotAllowed("POST"));
  }
  if (firehose) {
    app.post("/ingest/firehose", firehoseRoute({ ...firehose, ingest, clock }));
    app.all("/ingest/firehose", methodNotAllowed("POST"));
  }
  app.route("/", health);
  app.route("/", catalog);
  app.route("/api", parts.admin);
  for (const path of ["/healthz", "/readyz", "/metrics", "/types", "/schemas/:type", "/openapi.json"]) {
    app.all(path, methodNotAllowed("GET, HEAD"));
  }

  app.notFound(() => problem("not_found"));
  app.onError((error) => {
    log("error", "a request failed", { error: error.name, reason: error.message });
    return problem("internal_error");
  });
  return app;
}
