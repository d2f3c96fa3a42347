/**
 * Finds the records in what Amazon Data Firehose sends to an HTTP endpoint. What a record of Firehose holds is up to who
 * writes to the stream, so it is looked at, not configured: gzip or text, one JSON value or many.
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 */
import { decodeBase64 } from "../core/event.ts";
import { isObject, type JsonObject, member, parseJson } from "../core/json.ts";
import { readJsonValues } from "../core/json-values.ts";
import { err, ok, type Result } from "../core/result.ts";
import { isLogsPayload, unwrapLogs } from "./cloudwatch-logs.ts";
import { gunzip, type InflateBudget, isGzip } from "./gunzip.ts";
import { type Envelope, type Unwrapped, unwrap } from "./unwrap.ts";

export interface FirehoseRequest {
  readonly requestId: string;
  readonly records: readonly unknown[];
}

export type FirehoseFault = "invalid_json" | "not_a_firehose_request" | "too_many_records";

const MAX_RECORDS = 10_000;
/** A GUID today; "opaque" by the specification. */
const MAX_REQUEST_ID = 1024;

export function parseFirehoseRequest(text: string): Result<FirehoseRequest, FirehoseFault> {
  const body = parseJson(text);
  if (body === undefined) return err("invalid_json");
  const requestId = member(body, "requestId");
  const records = member(body, "records");
  if (typeof requestId !== "string" || requestId.length > MAX_REQUEST_ID || !Array.isArray(records)) {
    return err("not_a_firehose_request");
  }
  return records.length > MAX_RECORDS ? err("too_many_records") : ok({ requestId, records });
}

/** What the stream tells of itself: `arn:aws:firehose:<region>:<account>:deliverystream/<name>`. */
export function streamEnvelope(arn: string | null): Envelope {
  const [, , service, region, account] = arn?.split(":") ?? [];
  return service === "firehose" ? { ...(region && { region }), ...(account && { account }) } : {};
}

/** A record that cannot be read is ignored with a reason and its neighbours go on; an error where one is a bomb. */
export async function unwrapFirehose(
  records: readonly unknown[],
  envelope: Envelope,
  budget: InflateBudget,
): Promise<Result<readonly Unwrapped[], "bomb">> {
  const found: Unwrapped[] = [];
  for (const record of records) {
    const bytes = decodeData(member(record, "data"));
    if (!bytes) {
      found.push({ kind: "ignored", reason: "invalid_base64" });
    } else if (isGzip(bytes)) {
      const unpacked = await gunzip(bytes, budget);
      if (!unpacked.ok) return unpacked;
      const { members, broken } = unpacked.value;
      for (let piece = 0; piece < broken; piece++) found.push({ kind: "ignored", reason: "invalid_gzip" });
      collectText(members, envelope, found);
    } else {
      collectText([bytes], envelope, found);
    }
  }
  return ok(found);
}

function decodeData(data: unknown): Uint8Array | undefined {
  if (typeof data !== "string") return undefined;
  try {
    return decodeBase64(data);
  } catch {
    return undefined;
  }
}

/** A value may begin in one member and end in the next. A byte that is no UTF-8 spoils its own value, not the others. */
function collectText(parts: readonly Uint8Array[], envelope: Envelope, found: Unwrapped[]): void {
  const decoder = new TextDecoder();
  const text = parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
  if (text.trim() === "") return;
  const { values, broken } = readJsonValues(text);
  for (let piece = 0; piece < broken; piece++) found.push({ kind: "ignored", reason: "invalid_json" });
  for (const value of values.flat()) {
    for (const one of recordsOf(value, envelope)) found.push(one);
  }
}

function recordsOf(value: unknown, envelope: Envelope): readonly Unwrapped[] {
  if (isLogsPayload(value)) return unwrapLogs(value, envelope);
  if (!isSnsNotification(value)) return unwrap(value, envelope);
  const { values, broken } = readJsonValues(value.Message);
  const [message] = values;
  if (values.length !== 1 || broken > 0) return [{ kind: "ignored", reason: "not_a_record" }];
  return isLogsPayload(message) ? unwrapLogs(message, envelope) : unwrap(message, envelope);
}

/** SNS that writes to the stream wraps each message; that it came through the stream is all the proof there is. */
function isSnsNotification(value: unknown): value is JsonObject & { readonly Message: string } {
  return isObject(value) && value.Type === "Notification" && typeof value.Message === "string";
}
