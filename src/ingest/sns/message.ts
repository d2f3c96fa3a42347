/**
 * What SNS posts to a subscription without raw delivery. Nothing here is trusted yet: anybody may post it.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
import { isObject, type JsonObject, member } from "../../core/json.ts";
import { err, ok, type Result } from "../../core/result.ts";

export type SnsMessage = SnsNotification | SnsConfirmation;

export interface SnsNotification extends SnsCommon {
  readonly type: "Notification";
  readonly subject?: string | undefined;
}

export interface SnsConfirmation extends SnsCommon {
  readonly type: "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  readonly token: string;
  /** Part of what is signed, and never fetched. */
  readonly subscribeUrl: string;
}

interface SnsCommon {
  readonly message: string;
  readonly messageId: string;
  readonly timestamp: string;
  readonly topicArn: string;
  readonly signatureVersion: string;
  readonly signature: string;
  readonly signingCertUrl: string;
}

/** `not_an_envelope`: something else altogether, as raw delivery brings it. */
export type SnsMessageFault = "not_an_envelope" | "malformed";

/**
 * By the body's own `Type`: the `x-amz-sns-message-type` header is not signed. `UnsubscribeURL` and `MessageAttributes`
 * are not signed either, so they are not even read.
 */
export function parseSnsMessage(body: unknown): Result<SnsMessage, SnsMessageFault> {
  const type = member(body, "Type");
  if (!isObject(body) || !isType(type)) return err("not_an_envelope");
  const message = textOf(body, "Message");
  const messageId = lineOf(body, "MessageId");
  const timestamp = lineOf(body, "Timestamp");
  const topicArn = lineOf(body, "TopicArn");
  const signatureVersion = lineOf(body, "SignatureVersion");
  const signature = lineOf(body, "Signature");
  const signingCertUrl = lineOf(body, "SigningCertURL");
  if (message === undefined || messageId === undefined || timestamp === undefined || topicArn === undefined) {
    return err("malformed");
  }
  if (signatureVersion === undefined || signature === undefined || signingCertUrl === undefined) {
    return err("malformed");
  }
  const common = { message, messageId, timestamp, topicArn, signatureVersion, signature, signingCertUrl };
  if (type === "Notification") {
    if (!Object.hasOwn(body, "Subject")) return ok({ ...common, type });
    const subject = lineOf(body, "Subject");
    return subject === undefined ? err("malformed") : ok({ ...common, type, subject });
  }
  const token = lineOf(body, "Token");
  const subscribeUrl = lineOf(body, "SubscribeURL");
  if (token === undefined || subscribeUrl === undefined) return err("malformed");
  return ok({ ...common, type, token, subscribeUrl });
}

function isType(type: unknown): type is SnsMessage["type"] {
  return type === "Notification" || type === "SubscriptionConfirmation" || type === "UnsubscribeConfirmation";
}

/** A lone surrogate has no UTF-8 of its own: two different texts would be signed as the same bytes. */
function textOf(body: JsonObject, key: string): string | undefined {
  const value = member(body, key);
  return typeof value === "string" && value.isWellFormed() ? value : undefined;
}

/** With newlines in the message only, what is signed can be divided into fields in one way only. */
function lineOf(body: JsonObject, key: string): string | undefined {
  const value = textOf(body, key);
  return value === undefined || value.includes("\n") ? undefined : value;
}
