/**
 * What a subscription filter of CloudWatch Logs sends, unpacked: log lines, each the text of one CloudTrail record or of
 * one exported Cognito log.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 */
import { isObject, type JsonObject, member, parseJson } from "../core/json.ts";
import { type Envelope, type Unwrapped, unwrap } from "./unwrap.ts";

export function isLogsPayload(value: unknown): value is JsonObject {
  return isObject(value) && typeof value.messageType === "string" && Array.isArray(value.logEvents);
}

/** `carrier` is what brought the payload here; the owner of the log group is known better from within. */
export function unwrapLogs(payload: JsonObject, carrier: Envelope = {}): readonly Unwrapped[] {
  // Sent now and then to see whether anybody is there.
  if (payload.messageType === "CONTROL_MESSAGE") return [{ kind: "ignored", reason: "control_message" }];
  if (payload.messageType !== "DATA_MESSAGE" || !Array.isArray(payload.logEvents)) {
    return [{ kind: "ignored", reason: "not_a_record" }];
  }
  const { owner } = payload;
  const envelope = typeof owner === "string" ? { ...carrier, account: owner } : carrier;
  return payload.logEvents.flatMap((logEvent: unknown) => unwrapLine(logEvent, envelope));
}

function unwrapLine(logEvent: unknown, envelope: Envelope): readonly Unwrapped[] {
  const message = member(logEvent, "message");
  if (typeof message !== "string") return [{ kind: "ignored", reason: "not_a_record" }];
  const value = parseJson(message);
  // Any program may write to a log group, and not all write JSON.
  if (value === undefined) return [{ kind: "ignored", reason: "invalid_json" }];
  return unwrap(value, { ...envelope, ...sourceOf(member(logEvent, "extractedFields")) });
}

/** Where logs of several accounts and regions come together in one group, each line tells its own. */
function sourceOf(fields: unknown): Envelope {
  const account = member(fields, "@aws.account");
  const region = member(fields, "@aws.region");
  return { ...(typeof account === "string" && { account }), ...(typeof region === "string" && { region }) };
}
