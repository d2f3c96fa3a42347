/** POST /ingest/events: CloudEvents in all three modes; OPTIONS: the handshake of the CloudEvents webhook specification. */
import type { Context, Handler } from "hono";
import {
  decodeBatch,
  decodeBinaryEvent,
  type PostedEventFault,
  type PostedEventResult,
} from "../core/cloudevents-http.ts";
import { err, ok, type Result } from "../core/result.ts";
import { decodeStructuredEvent, mediaType } from "../core/structured-event.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { AccessCheck } from "./access.ts";
import { bodyProblem, readBody } from "./body.ts";
import { brokerProblem, problem } from "./problem.ts";

export interface EventsRoute {
  readonly maxBytes: number;
  readonly access: AccessCheck;
  readonly ingest: Pick<Ingest, "posted">;
}

export function eventsRoute({ maxBytes, access, ingest }: EventsRoute): Handler {
  return async function takeEvents(c: Context): Promise<Response> {
    const refused = access(c.req.raw);
    if (refused) return refused;
    const body = await readBody(c.req.raw, maxBytes);
    if (!body.ok) return bodyProblem(body.error, maxBytes);
    const events = decodeEvents(c.req.raw.headers, body.value);
    if (!events.ok) return eventProblem(events.error);
    const result = await ingest.posted(events.value);
    return result.ok ? c.json(result.value, 202) : brokerProblem(result.error);
  };
}

/** A single event that is not valid is an error; in a batch it is named beside its neighbours. */
function decodeEvents(headers: Headers, body: Uint8Array): Result<readonly PostedEventResult[], PostedEventFault> {
  const type = mediaType(headers.get("content-type") ?? undefined);
  const structured = type === "application/cloudevents" || type.startsWith("application/cloudevents+");
  const batched = type.startsWith("application/cloudevents-batch");
  if (!structured && !batched) return single(decodeBinaryEvent(headers, body));
  if ((structured || batched) && type.includes("+") && !type.endsWith("+json")) return err("not_a_cloudevent");
  const text = decodeUtf8(body);
  if (text === undefined) return err("invalid_json");
  return batched ? decodeBatch(text) : single(decodeStructuredEvent(text));
}

function single(result: PostedEventResult): Result<readonly PostedEventResult[], PostedEventFault> {
  return result.ok ? ok([result]) : result;
}

function eventProblem(fault: PostedEventFault): Response {
  if (fault === "invalid_json" || fault === "not_a_cloudevent") return problem(fault);
  // The usual first try: a structured event under the content type of plain JSON.
  const hint =
    ": ce-specversion, ce-id, ce-source and ce-type as headers, or content-type application/cloudevents+json";
  return problem("invalid_cloudevent", { detail: fault === "missing_attribute" ? fault + hint : fault });
}

/**
 * Every sender may send: what an event needs to be taken is a credential, which this answer does not replace.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
export function eventsHandshake(c: Context): Response {
  const origin = c.req.header("webhook-request-origin");
  const headers: Record<string, string> = { allow: "POST, OPTIONS" };
  if (origin !== undefined) {
    headers["webhook-allowed-origin"] = origin;
    headers["webhook-allowed-rate"] = "*";
  }
  return new Response(null, { status: 200, headers });
}
