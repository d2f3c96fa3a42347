/** /api/subscriptions/:name/replays: events of the past, delivered once more. */
import { type Context, Hono } from "hono";
import type { JsonObject } from "../core/json.ts";
import { isPosition } from "../core/position.ts";
import { err, ok, type Result } from "../core/result.ts";
import { invalid, readCommand, readTime, unknownMember } from "./admin-body.ts";
import type { Admin, WantedReplay } from "./admin-port.ts";
import { noSubscription } from "./admin-subscription-routes.ts";
import { methodNotAllowed, problem } from "./problem.ts";

const RATE = 100;
const LOWEST_RATE = 0.1;
const HIGHEST_RATE = 10_000;

/** To be mounted at /subscriptions. */
export function replayRoutes(admin: Admin): Hono {
  const routes = new Hono();
  routes.get("/:name/replays", async (c) => {
    const replays = await admin.listReplays(c.req.param("name"));
    return replays ? c.json({ replays }) : noSubscription();
  });
  routes.post("/:name/replays", async (c) => {
    const command = await readCommand(c.req.raw);
    const wanted = command.ok ? wantedReplay(command.value, admin) : command;
    if (!wanted.ok) return wanted.error;
    const started = await admin.startReplay(c.req.param("name"), wanted.value);
    if (!started) return noSubscription();
    return started.ok ? c.json(started.value, 202) : problem(started.error);
  });
  routes.all("/:name/replays", methodNotAllowed("GET, HEAD, POST"));
  routes.get("/:name/replays/:id", async (c) => {
    const replays = await admin.listReplays(c.req.param("name"));
    if (!replays) return noSubscription();
    const found = replays.find(({ id }) => id === c.req.param("id"));
    return found ? c.json(found) : noReplay();
  });
  routes.delete("/:name/replays/:id", async (c: Context<object, "/:name/replays/:id">) => {
    const cancelled = await admin.cancelReplay(c.req.param("name"), c.req.param("id"));
    if (cancelled === undefined) return noSubscription();
    return cancelled ? c.json(cancelled) : noReplay();
  });
  routes.all("/:name/replays/:id", methodNotAllowed("GET, HEAD, DELETE"));
  return routes;
}

function wantedReplay(command: JsonObject, { positions }: Admin): Result<WantedReplay, Response> {
  const unknown = unknownMember(command, ["since", "until", "fromId", "toId", "rate"]);
  if (unknown) return err(unknown);
  const { since, until, fromId, toId, rate = RATE } = command;
  const [sinceMs, untilMs] = [readTime(since), readTime(until)];
  if (sinceMs === null || untilMs === null)
    return err(invalid("since and until must be times as 2026-05-04T07:31:09Z"));
  const isOfLog = (one: unknown) => one === undefined || (typeof one === "string" && isPosition(one, positions));
  if (!isOfLog(fromId) || !isOfLog(toId)) {
    const written = positions === "number" ? "whole numbers" : "ids of the Redis stream, as 1777878669000-0";
    return err(invalid(`fromId and toId must be positions of the broker: ${written}`));
  }
  if (since === undefined && fromId === undefined) return err(invalid("give since or fromId: where to begin"));
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs > untilMs) return err(invalid("since is after until"));
  if (typeof rate !== "number" || !(rate >= LOWEST_RATE && rate <= HIGHEST_RATE)) {
    return err(invalid(`rate must be a number of events per second from ${LOWEST_RATE} to ${HIGHEST_RATE}`));
  }
  return ok({ range: { sinceMs, untilMs, fromPosition: textOf(fromId), toPosition: textOf(toId) }, rate });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function noReplay(): Response {
  return problem("not_found", { detail: "this subscription has no replay of this id" });
}
