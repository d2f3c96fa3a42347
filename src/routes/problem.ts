/** RFC 9457 problem details. `code` is stable and for programs; `title` and `detail` are for people. */
import type { BrokerFailureCode } from "../broker/broker.ts";

export const PROBLEMS = {
  invalid_json: [400, "The body is not JSON"],
  invalid_request: [400, "A parameter or a member of the body is not valid"],
  invalid_encoding: [400, "The body is not in the encoding it is said to be in"],
  not_a_cloudevent: [400, "The body is not a CloudEvent"],
  invalid_cloudevent: [400, "The CloudEvent is not valid"],
  unauthorized: [401, "A valid credential is needed"],
  bad_signature: [401, "The signature is missing or not valid"],
  stale_timestamp: [401, "The signature is too old, or of the future"],
  foreign_topic: [401, "The message is from a topic that is not expected here"],
  signature_version: [401, "Signatures of this version are not taken"],
  foreign_origin: [403, "Requests from web pages and for other host names are refused"],
  shard_required: [404, "Each shard of the gateway has this for itself"],
  not_found: [404, "There is nothing here"],
  method_not_allowed: [405, "This method does not work here"],
  replay_running: [409, "A replay for this subscription is still running"],
  body_too_large: [413, "The body is too large"],
  unsupported_encoding: [415, "This content encoding is not understood"],
  internal_error: [500, "Something went wrong inside the gateway"],
  certificate_unavailable: [503, "The certificate of the signature cannot be had; try again later"],
  confirmation_failed: [503, "The subscription could not be confirmed; try again later"],
  broker_unavailable: [503, "The broker cannot be reached; try again later"],
  broker_full: [503, "The broker is full; try again later"],
  misconfigured: [503, "The gateway cannot start with its configuration"],
  shutting_down: [503, "The gateway is stopping; try again elsewhere or later"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemExtras {
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function problem(code: ProblemCode, { detail, headers }: ProblemExtras = {}): Response {
  const [status, title] = PROBLEMS[code];
  const body = JSON.stringify({ type: "about:blank", title, status, code, ...(detail !== undefined && { detail }) });
  return new Response(body, { status, headers: { "content-type": "application/problem+json", ...headers } });
}

/** A sender that is told when to come back comes back; a full store needs longer than one out of reach. */
export function retryAfter(code: BrokerFailureCode): { readonly "retry-after": string } {
  return { "retry-after": code === "broker_full" ? "30" : "5" };
}

export function brokerProblem(code: BrokerFailureCode): Response {
  return problem(code === "broker_full" ? code : "broker_unavailable", { headers: retryAfter(code) });
}

export function methodNotAllowed(allow: string): () => Response {
  return () => problem("method_not_allowed", { headers: { allow } });
}
