/**
 * Finds the records in whatever a road delivered: an EventBridge event, a bare record, a CloudTrail file's
 * `{"Records": [...]}`, an array of any of these, or a CloudEvent around one; and the files that notices of S3 name.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 */
import { decodeBase64 } from "../core/event.ts";
import { isObject, type JsonObject, member, parseJson } from "../core/json.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import type { IgnoredReason } from "../mappers/mapping.ts";
import type { S3File } from "./s3/file.ts";
import { fileOfS3Event, fileOfS3Record, filesOfNotice, isFileNotice, isS3Event, isS3Record } from "./s3/notice.ts";

export type Unwrapped =
  | { readonly kind: "record"; readonly record: unknown; readonly envelope: Envelope }
  /** An exported Cognito log. */
  | { readonly kind: "log"; readonly log: unknown; readonly envelope: Envelope }
  /** To be fetched for the records in it. */
  | { readonly kind: "file"; readonly file: S3File }
  | { readonly kind: "ignored"; readonly reason: IgnoredReason };

/** What stands around a record, for records that lack it themselves. */
export interface Envelope {
  readonly id?: string;
  readonly account?: string;
  readonly region?: string;
  readonly time?: string;
}

/** Arrays in arrays, CloudEvents in CloudEvents: nobody sends more than one or two. */
const MAX_DEPTH = 4;
const NO_ENVELOPE: Envelope = {};

export function unwrap(value: unknown, carrier: Envelope = NO_ENVELOPE): readonly Unwrapped[] {
  const found: Unwrapped[] = [];
  collect(value, carrier, 0, found);
  return found;
}

function collect(value: unknown, envelope: Envelope, depth: number, found: Unwrapped[]): void {
  if (Array.isArray(value) && depth < MAX_DEPTH) {
    for (const item of value) collect(item, envelope, depth + 1, found);
  } else if (!isObject(value) || depth >= MAX_DEPTH) {
    found.push({ kind: "ignored", reason: "not_a_record" });
  } else {
    collectObject(value, envelope, depth, found);
  }
}

function collectObject(value: JsonObject, envelope: Envelope, depth: number, found: Unwrapped[]): void {
  const records = member(value, "Records");
  if (isEventBridgeEvent(value)) {
    collectDetail(value, found);
  } else if (isCloudEvent(value)) {
    collect(cloudEventData(value), envelope, depth + 1, found);
  } else if (Array.isArray(records)) {
    for (const record of records) {
      found.push(isS3Record(record) ? fileOfS3Record(record) : { kind: "record", record, envelope });
    }
  } else if (isFileNotice(value)) {
    for (const one of filesOfNotice(value)) found.push(one);
  } else if (isCognitoLog(value)) {
    found.push({ kind: "log", log: value, envelope });
  } else if (value.Event === "s3:TestEvent") {
    found.push({ kind: "ignored", reason: "test_event" });
  } else {
    found.push({ kind: "record", record: value, envelope });
  }
}

/** EventBridge adds members of its own to the detail, so the detail is the record as it is. */
function collectDetail(event: JsonObject, found: Unwrapped[]): void {
  if (isS3Event(event)) found.push(fileOfS3Event(event));
  else if (!isObject(event.detail)) found.push({ kind: "ignored", reason: "not_a_record" });
  else found.push({ kind: "record", record: event.detail, envelope: envelopeOf(event) });
}

function isEventBridgeEvent(value: JsonObject): boolean {
  return Object.hasOwn(value, "detail") && typeof value["detail-type"] === "string";
}

function isCloudEvent(value: JsonObject): boolean {
  return typeof value.specversion === "string" && (Object.hasOwn(value, "data") || Object.hasOwn(value, "data_base64"));
}

/** The data as JSON; a template may have written it as a text, or as bytes. */
function cloudEventData({ data, data_base64: base64 }: JsonObject): unknown {
  if (typeof data === "string") return parseJson(data);
  if (typeof base64 !== "string") return data;
  try {
    return parseJson(decodeUtf8(decodeBase64(base64)) ?? "");
  } catch {
    // No base64.
    return undefined;
  }
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html */
function isCognitoLog(value: JsonObject): boolean {
  return isObject(value.logSourceId) && typeof value.eventTimestamp === "string" && Object.hasOwn(value, "message");
}

function envelopeOf({ id, account, region, time }: JsonObject): Envelope {
  return {
    ...(typeof id === "string" && { id }),
    ...(typeof account === "string" && { account }),
    ...(typeof region === "string" && { region }),
    ...(typeof time === "string" && { time }),
  };
}
