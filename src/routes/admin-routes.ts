/** /api: the gateway's operation. Each request is judged before its body is read, whatever it asks for. */
import { Hono } from "hono";
import { brokerFailureCode } from "../broker/broker.ts";
import type { AccessCheck } from "./access.ts";
import { deadRoutes } from "./admin-dead-routes.ts";
import { erasureRoutes } from "./admin-erasure-routes.ts";
import { eventLogRoutes } from "./admin-event-routes.ts";
import type { Admin } from "./admin-port.ts";
import { replayRoutes } from "./admin-replay-routes.ts";
import { subscriptionRoutes } from "./admin-subscription-routes.ts";
import { brokerProblem, problem } from "./problem.ts";

export interface AdminRoutesParts {
  readonly admin: Admin;
  readonly access: AccessCheck;
}

/** To be mounted at /api. Other parts of it are routes of their own, mounted here. */
export function adminRoutes({ admin, access }: AdminRoutesParts): Hono {
  const api = new Hono();
  api.use("*", async (c, next) => access(c.req.raw) ?? (await next()));
  api.route("/subscriptions", subscriptionRoutes(admin));
  api.route("/subscriptions", deadRoutes(admin));
  api.route("/subscriptions", replayRoutes(admin));
  api.route("/events", eventLogRoutes(admin));
  api.route("/erasures", erasureRoutes(admin));
  api.onError((error) => {
    // What a broker rejects with is expected here, and nothing else.
    if (!("code" in error && /^(broker_|state_)/.test(String(error.code)))) throw error;
    return brokerProblem(brokerFailureCode(error));
  });
  api.all("*", () => problem("not_found"));
  return api;
}
