/** POST /ingest/cognito: Lambda trigger events, as the forwarder in deploy/forwarder sends them, or bare. */
import type { Context, Handler } from "hono";
import type { Clock } from "../core/clock.ts";
import { isObject, member } from "../core/json.ts";
import { ok, type Result } from "../core/result.ts";
import type { WebhookFault, WebhookVerifier } from "../core/standard-webhooks.ts";
import type { Ingest, Invocation } from "../ingest/ingest.ts";
import type { AccessCheck } from "./access.ts";
import { bodyProblem, readBody } from "./body.ts";
import { parseJsonBody } from "./json-body.ts";
import { brokerProblem, problem } from "./problem.ts";
import { traceparentOf } from "./traceparent.ts";

/** Who may call is judged by the headers, or by a signature of the body. */
export type CognitoOptions = { readonly access: AccessCheck } | { readonly verify: WebhookVerifier };

export type CognitoRoute = CognitoOptions & { readonly ingest: Pick<Ingest, "trigger">; readonly clock: Clock };

/** A trigger event is a few KB; Lambda takes no more than this of one that nobody waits for. */
const MAX_BYTES = 256 * 1024;

export function cognitoRoute(route: CognitoRoute): Handler {
  const { ingest, clock } = route;
  return async function takeTrigger(c: Context): Promise<Response> {
    const request = c.req.raw;
    const refused = "access" in route ? route.access(request) : undefined;
    if (refused) return refused;
    const body = await readBody(request, MAX_BYTES);
    if (!body.ok) return bodyProblem(body.error, MAX_BYTES);
    const id = await provedId(request.headers, body.value);
    if (!id.ok) return problem(id.error);
    const posted = parseJsonBody(body.value);
    if (!posted.ok) return problem(posted.error);
    const { event, context } = opened(posted.value);
    const result = await ingest.trigger(event, {
      ...context,
      id: id.value,
      traceparent: traceparentOf(request),
    });
    return result.ok ? c.json(result.value, 202) : brokerProblem(result.error);
  };

  async function provedId(headers: Headers, body: Uint8Array): Promise<Result<string, WebhookFault>> {
    if ("verify" in route) return route.verify({ headers, body, nowMs: clock() });
    return ok(headers.get("webhook-id") || crypto.randomUUID());
  }
}

interface Opened {
  readonly event: unknown;
  readonly context: Pick<Invocation, "requestId" | "time" | "accountId">;
}

/** What the forwarder adds stands beside the event; an event as Cognito made it has no member of that name. */
function opened(posted: unknown): Opened {
  const event = member(posted, "event");
  if (!isObject(event) || member(posted, "triggerSource") !== undefined) return { event: posted, context: {} };
  const said = (name: string) => {
    const value = member(member(posted, "context"), name);
    return typeof value === "string" ? value : undefined;
  };
  return { event, context: { requestId: said("requestId"), time: said("time"), accountId: said("accountId") } };
}
