/**
 * POST /2015-03-31/functions/:name/invocations: the AWS Lambda Invoke call, so that an emulator of Cognito can have
 * poolcast for the Lambda function of all its triggers. Answers and faults are those of AWS, for its SDKs read them.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
import type { Context, Handler } from "hono";
import type { Ingest } from "../ingest/ingest.ts";
import type { AccessCheck } from "./access.ts";
import { readBody } from "./body.ts";
import { parseJsonBody } from "./json-body.ts";
import { traceparentOf } from "./traceparent.ts";

export interface LambdaRoute {
  readonly access: AccessCheck;
  readonly ingest: Pick<Ingest, "trigger">;
}

/** Of a call that is waited for. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_BYTES = 6 * 1024 ** 2;

const TYPES: ReadonlySet<string> = new Set(["RequestResponse", "Event", "DryRun"]);

export function lambdaRoute({ access, ingest }: LambdaRoute): Handler {
  return async function invoke(c: Context): Promise<Response> {
    const request = c.req.raw;
    const refused = access(request);
    if (refused) return refused;
    const type = request.headers.get("x-amz-invocation-type") || "RequestResponse";
    if (!TYPES.has(type)) return fault(400, "InvalidParameterValueException", `unknown invocation type: ${type}`);
    const body = await readBody(request, MAX_BYTES);
    if (!body.ok) {
      return body.error === "body_too_large"
        ? fault(413, "RequestTooLargeException", `at most ${MAX_BYTES} bytes`)
        : fault(400, "InvalidRequestContentException", "the body is not in the encoding it is said to be in");
    }
    const event = parseJsonBody(body.value);
    if (!event.ok) return fault(400, "InvalidRequestContentException", "the body is not JSON");
    if (type === "DryRun") return new Response(null, { status: 204 });

    // The same over the SDK's repetitions of one call.
    const id = request.headers.get("amz-sdk-invocation-id") || crypto.randomUUID();
    const result = await ingest.trigger(event.value, { id, traceparent: traceparentOf(request) });
    // SDKs try again on a 5xx. Answering the event would let the sign-up go on and lose what is told of it.
    if (!result.ok) return fault(503, "ServiceException", `${result.error}: the event could not be stored`);
    if (type === "Event") return new Response(null, { status: 202 });
    return new Response(body.value.slice(), {
      headers: { "content-type": "application/json", "x-amz-executed-version": "$LATEST" },
    });
  };
}

function fault(status: number, name: string, message: string): Response {
  const body = JSON.stringify({ Type: status < 500 ? "User" : "Service", message });
  return new Response(body, { status, headers: { "content-type": "application/json", "x-amzn-errortype": name } });
}
