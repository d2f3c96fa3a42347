/** /api/subscriptions: how they are, and whether they may deliver. */
import { Hono } from "hono";
import type { Admin, SubscriptionChange } from "./admin-port.ts";
import { methodNotAllowed, problem } from "./problem.ts";

const CHANGES = ["pause", "resume", "disable", "enable"] as const satisfies readonly SubscriptionChange[];

export function subscriptionRoutes(admin: Admin): Hono {
  const routes = new Hono();
  routes.get("/", async (c) => c.json({ subscriptions: await admin.listSubscriptions() }));
  routes.all("/", methodNotAllowed("GET, HEAD"));
  for (const change of CHANGES) {
    routes.post(`/:name/${change}`, async (c) => {
      const changed = await admin.changeSubscription(c.req.param("name"), change);
      return changed ? c.json(changed) : noSubscription();
    });
    routes.all(`/:name/${change}`, methodNotAllowed("POST"));
  }
  return routes;
}

export function noSubscription(): Response {
  return problem("not_found", { detail: "no subscription of this name is configured" });
}
