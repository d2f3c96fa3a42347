/** /api/erasures: what the store holds of a user is removed. */
import { Hono } from "hono";
import type { JsonObject } from "../core/json.ts";
import { isPoolArn } from "../core/pool-arn.ts";
import { err, ok, type Result } from "../core/result.ts";
import { invalid, isOptionalText, readCommand, unknownMember } from "./admin-body.ts";
import type { Admin, ErasedUser } from "./admin-port.ts";
import { methodNotAllowed, problem } from "./problem.ts";

/** To be mounted at /erasures. */
export function erasureRoutes(admin: Admin): Hono {
  const routes = new Hono();
  routes.post("/", async (c) => {
    const command = await readCommand(c.req.raw);
    const user = command.ok ? erasedUser(command.value) : command;
    return user.ok ? c.json(await admin.startErasure(user.value), 202) : user.error;
  });
  routes.all("/", methodNotAllowed("POST"));
  routes.get("/:id", async (c) => {
    const view = await admin.findErasure(c.req.param("id"));
    return view ? c.json(view) : problem("not_found", { detail: "no such erasure is known" });
  });
  routes.all("/:id", methodNotAllowed("GET, HEAD"));
  return routes;
}

function erasedUser(command: JsonObject): Result<ErasedUser, Response> {
  const unknown = unknownMember(command, ["sub", "pool"]);
  if (unknown) return err(unknown);
  const { sub, pool } = command;
  if (typeof sub !== "string" || !isOptionalText(sub)) return err(invalid("sub must be the sub of a user"));
  if (pool !== undefined && !isPoolArn(pool)) return err(invalid("pool must be the ARN of a user pool"));
  return ok({ sub, poolArn: pool });
}
