/** The files that a notice names. There are three kinds of notice, and each writes the key in its own way. */
import { isObject, type JsonObject, member } from "../../core/json.ts";
import type { IgnoredReason } from "../../mappers/mapping.ts";
import { mayHoldRecords, type S3File, toS3File } from "./file.ts";

export type Named =
  | { readonly kind: "file"; readonly file: S3File }
  | { readonly kind: "ignored"; readonly reason: IgnoredReason };

/**
 * CloudTrail's own notice of new log files. Keys are written as they are.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
 */
export function isFileNotice(value: JsonObject): boolean {
  return typeof value.s3Bucket === "string" && Object.hasOwn(value, "s3ObjectKey");
}

export function filesOfNotice({ s3Bucket: bucket, s3ObjectKey: keys }: JsonObject): readonly Named[] {
  const all: readonly unknown[] = Array.isArray(keys) ? keys : [keys];
  return all.map((key) => named({ bucket, key, versionId: undefined, etag: undefined, region: undefined }));
}

/**
 * A record of an S3 event notification. Keys are URL-encoded, with + for a space.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function isS3Record(record: unknown): boolean {
  return member(record, "eventSource") === "aws:s3";
}

export function fileOfS3Record(record: unknown): Named {
  if (!/^(s3:)?ObjectCreated:/.test(String(member(record, "eventName")))) return ignored("object_not_created");
  const s3 = member(record, "s3");
  const object = member(s3, "object");
  return named({
    bucket: member(member(s3, "bucket"), "name"),
    key: decodedKey(member(object, "key")),
    versionId: member(object, "versionId"),
    etag: member(object, "eTag"),
    region: member(record, "awsRegion"),
    size: member(object, "size"),
  });
}

function decodedKey(key: unknown): string | undefined {
  if (typeof key !== "string") return undefined;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    // Not URL-encoded.
    return undefined;
  }
}

/**
 * S3 by EventBridge. Keys are written as they are.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function isS3Event(event: JsonObject): boolean {
  return event.source === "aws.s3";
}

export function fileOfS3Event({ "detail-type": type, detail, region }: JsonObject): Named {
  if (type !== "Object Created" || !isObject(detail)) return ignored("object_not_created");
  const object = member(detail, "object");
  return named({
    bucket: member(member(detail, "bucket"), "name"),
    key: member(object, "key"),
    versionId: member(object, "version-id"),
    etag: member(object, "etag"),
    region,
    size: member(object, "size"),
  });
}

function named(parts: Parameters<typeof toS3File>[0] & { readonly size?: unknown }): Named {
  const file = toS3File(parts);
  if (!file) return ignored("invalid_notice");
  return parts.size === 0 || !mayHoldRecords(file.key) ? ignored("not_a_log_file") : { kind: "file", file };
}

function ignored(reason: IgnoredReason): Named {
  return { kind: "ignored", reason };
}
