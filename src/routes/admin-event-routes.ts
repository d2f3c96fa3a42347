/** /api/events: what is stored, and what is stored from now on. */
import { Hono } from "hono";
import { isPosition } from "../core/position.ts";
import { invalid, isOptionalText, readTime } from "./admin-body.ts";
import type { Admin } from "./admin-port.ts";
import { methodNotAllowed } from "./problem.ts";

const PAGE = 100;
const LARGEST_PAGE = 500;
const MOST_TYPES = 50;

/** To be mounted at /events. */
export function eventLogRoutes(admin: Admin): Hono {
  const routes = new Hono();
  routes.get("/", async (c) => {
    const { limit = String(PAGE), after, since } = c.req.query();
    const size = /^\d{1,3}$/.test(limit) ? Number(limit) : 0;
    if (size < 1 || size > LARGEST_PAGE) return invalid(`limit must be a whole number from 1 to ${LARGEST_PAGE}`);
    if (after !== undefined && !isPosition(after, admin.positions)) return invalid("after must be a position");
    const sinceMs = readTime(since);
    if (sinceMs === null) return invalid("since must be a time as 2026-05-04T07:31:09Z");
    const types = c.req.queries("type") ?? [];
    if (types.length > MOST_TYPES || !types.every(isOptionalText)) {
      return invalid(`type must be the beginning of a type; it may be given ${MOST_TYPES} times`);
    }
    return c.json(await admin.readEvents({ sinceMs, after, limit: size, types }));
  });
  routes.all("/", methodNotAllowed("GET, HEAD"));
  return routes;
}
