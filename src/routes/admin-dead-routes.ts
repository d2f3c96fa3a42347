/** /api/subscriptions/:name/dead: events that were given up. */
import { type Context, Hono } from "hono";
import type { JsonObject } from "../core/json.ts";
import { isPosition } from "../core/position.ts";
import { err, ok, type Result } from "../core/result.ts";
import { invalid, isOptionalText, isPositions, readCommand, unknownMember } from "./admin-body.ts";
import type { Admin, ChosenDead } from "./admin-port.ts";
import { noSubscription } from "./admin-subscription-routes.ts";
import { methodNotAllowed, problem } from "./problem.ts";

const PAGE = 50;
const LARGEST_PAGE = 100;

/** To be mounted at /subscriptions. */
export function deadRoutes(admin: Admin): Hono {
  const routes = new Hono();
  routes.get("/:name/dead", async (c) => {
    const { limit = String(PAGE), after, reason } = c.req.query();
    const size = /^\d{1,3}$/.test(limit) ? Number(limit) : 0;
    if (size < 1 || size > LARGEST_PAGE) return invalid(`limit must be a whole number from 1 to ${LARGEST_PAGE}`);
    if (!isOptionalText(reason)) return invalid("reason must be a short text");
    if (after !== undefined && !isPosition(after, admin.positions)) return invalid("after must be a position");
    const page = await admin.listDead(c.req.param("name"), { limit: size, after, reason });
    return page ? c.json(page) : noSubscription();
  });
  routes.all("/:name/dead", methodNotAllowed("GET, HEAD"));

  for (const [verb, end] of [
    ["replay", admin.replayDead],
    ["drop", admin.dropDead],
  ] as const) {
    routes.post(`/:name/dead/${verb}`, async (c) => {
      const command = await readCommand(c.req.raw);
      const chosen = command.ok ? chosenDead(command.value, admin) : command;
      if (!chosen.ok) return chosen.error;
      const ended = await end(c.req.param("name"), chosen.value);
      return ended ? c.json(ended) : noSubscription();
    });
    routes.all(`/:name/dead/${verb}`, methodNotAllowed("POST"));
  }

  routes.get("/:name/dead/:position", async (c) => {
    const letter = await admin.getDead(c.req.param("name"), c.req.param("position"));
    if (letter === undefined) return noSubscription();
    return letter ? c.json(letter) : noLetter();
  });
  routes.delete("/:name/dead/:position", async (c: Context<object, "/:name/dead/:position">) => {
    const ended = await admin.dropDead(c.req.param("name"), { positions: [c.req.param("position")] });
    if (!ended) return noSubscription();
    return ended.count > 0 ? c.json(ended) : noLetter();
  });
  routes.all("/:name/dead/:position", methodNotAllowed("GET, HEAD, DELETE"));
  return routes;
}

function chosenDead(command: JsonObject, admin: Admin): Result<ChosenDead, Response> {
  const unknown = unknownMember(command, ["positions", "all", "reason", "after"]);
  if (unknown) return err(unknown);
  const { positions, all, reason, after } = command;
  if (isPositions(positions) && all === undefined && reason === undefined && after === undefined) {
    return ok({ positions });
  }
  const isBehind = after === undefined || (typeof after === "string" && isPosition(after, admin.positions));
  if (all === true && positions === undefined && isOptionalText(reason) && isBehind) return ok({ all, reason, after });
  return err(invalid("give positions, up to 1000 of them, or all: true with a reason or without"));
}

function noLetter(): Response {
  return problem("not_found", { detail: "no dead letter of this subscription is at this position" });
}
