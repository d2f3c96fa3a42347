/**
 * What a Worker answers where its gateway cannot: 503, so that AWS comes again, with one line that says what to do. And 401 as
 * Firehose wants it.
 */
import type { BrokerFailureCode } from "../broker/broker.ts";
import type { ConfigFault } from "../config/config.ts";
import { brokerProblem, problem } from "../routes/problem.ts";
import { workerLog } from "./worker-log.ts";

export function misconfigured(request: Request, faults: readonly ConfigFault[]): Response {
  const lines = faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  for (const line of lines) workerLog("error", `configuration: ${line}`);
  const detail = lines.join("; ");
  const response = problem("misconfigured", { detail, headers: { "retry-after": "60" } });
  return isFirehose(request) ? toFirehose(request, response, `misconfigured: ${detail}`) : response;
}

/** The object is gone, overloaded, or its store cannot be used. */
export function unavailable(request: Request, code: BrokerFailureCode): Response {
  const response = brokerProblem(code);
  return isFirehose(request) ? toFirehose(request, response, code) : response;
}

export function refusedFirehose(request: Request): Response {
  return toFirehose(request, problem("unauthorized"), "A valid access key is needed");
}

function isFirehose(request: Request): boolean {
  return new URL(request.url).pathname === "/ingest/firehose";
}

/** https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html */
function toFirehose(request: Request, { status, headers }: Response, errorMessage: string): Response {
  const requestId = request.headers.get("x-amz-firehose-request-id") ?? "";
  return Response.json({ requestId, timestamp: Date.now(), errorMessage }, { status, headers: withoutType(headers) });
}

function withoutType(headers: Headers): Headers {
  const others = new Headers(headers);
  others.delete("content-type");
  return others;
}
