/**
 * POST /ingest/firehose. Firehose takes an answer for a failure unless it is 200 with the request's id, as JSON that is
 * not compressed; and it lets go of a batch for good on 413, so what is too large is 400 here.
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 */
import type { Context, Handler } from "hono";
import type { Clock } from "../core/clock.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import { parseFirehoseRequest, streamEnvelope, unwrapFirehose } from "../ingest/firehose.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { AccessCheck } from "./access.ts";
import { readBody } from "./body.ts";
import { PROBLEMS, retryAfter } from "./problem.ts";
import { traceparentOf } from "./traceparent.ts";

export interface FirehoseRoute {
  readonly access: AccessCheck;
  readonly maxBytes: number;
  readonly ingest: Pick<Ingest, "records">;
  readonly clock: Clock;
}

/** Faults and what is said of them. Firehose copies this text into its error records in S3, so nothing of the input. */
const FAULTS = {
  unauthorized: [401, "A valid access key is needed"],
  foreign_origin: PROBLEMS.foreign_origin,
  body_too_large: [400, "The body is too large; lower the buffer size of the stream"],
  bomb: [400, "The records unpack to too much; lower the buffer size of the stream"],
  unsupported_encoding: [400, PROBLEMS.unsupported_encoding[1]],
  invalid_encoding: PROBLEMS.invalid_encoding,
  invalid_json: PROBLEMS.invalid_json,
  not_a_firehose_request: [400, "The body has no requestId or no records"],
  request_id_mismatch: [400, "The requestId of the body is not that of the header"],
  too_many_records: [400, "A request has 10000 records at most"],
  broker_unavailable: PROBLEMS.broker_unavailable,
  broker_full: PROBLEMS.broker_full,
} as const satisfies Record<string, readonly [status: number, message: string]>;

type FaultCode = keyof typeof FAULTS;

/** Logs pack some 10 times smaller. All records of a request are in memory at once. */
const INFLATED_PER_BODY = 4;

export function firehoseRoute({ access, maxBytes, ingest, clock }: FirehoseRoute): Handler {
  return async function takeBatch(c: Context): Promise<Response> {
    const { headers } = c.req.raw;
    const headerId = headers.get("x-amz-firehose-request-id");
    let requestId = headerId ?? "";

    const refused = access(c.req.raw);
    if (refused) return fault(refused.status === 403 ? "foreign_origin" : "unauthorized");
    const body = await readBody(c.req.raw, maxBytes);
    if (!body.ok) return fault(body.error);
    const text = decodeUtf8(body.value);
    if (text === undefined) return fault("invalid_json");
    const request = parseFirehoseRequest(text);
    if (!request.ok) return fault(request.error);
    requestId = request.value.requestId;
    if (headerId !== null && headerId !== requestId) return fault("request_id_mismatch");

    const stream = streamEnvelope(headers.get("x-amz-firehose-source-arn"));
    const found = await unwrapFirehose(request.value.records, stream, { left: INFLATED_PER_BODY * maxBytes });
    if (!found.ok) return fault(found.error);
    // All or nothing: Firehose repeats whole requests, and what was committed before is known by its ids.
    const result = await ingest.records(found.value, { road: "firehose", traceparent: traceparentOf(c.req.raw) });
    if (result.ok) return answer(200);
    return fault(result.error === "broker_full" ? result.error : "broker_unavailable", retryAfter(result.error));

    function fault(code: FaultCode, extra: Readonly<Record<string, string>> = {}): Response {
      const [status, message] = FAULTS[code];
      return answer(status, `${code}: ${message}`, extra);
    }

    function answer(status: number, errorMessage?: string, extra: Readonly<Record<string, string>> = {}): Response {
      const content = {
        requestId,
        timestamp: Math.trunc(clock()),
        ...(errorMessage !== undefined && { errorMessage }),
      };
      return new Response(JSON.stringify(content), {
        status,
        headers: { "content-type": "application/json", ...extra },
      });
    }
  };
}
