/** What S3 tells of an object, in both of its forms. */
import { randomUUID } from "node:crypto";

/** A record of an S3 event notification; `object` beside its key. */
export function s3Record(
  bucket: string,
  key: string,
  object: object = {},
  eventName = "ObjectCreated:Put",
): Record<string, unknown> {
  return {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: "eu-central-1",
    eventTime: "2026-05-04T07:36:00.123Z",
    eventName,
    s3: {
      s3SchemaVersion: "1.0",
      bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
      object: { key: encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/"), size: 1024, ...object },
    },
  };
}

/** The same by EventBridge. */
export function s3Event(bucket: string, key: string, object: object = {}): Record<string, unknown> {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Object Created",
    source: "aws.s3",
    account: "210987654321",
    time: "2026-05-04T07:36:00Z",
    region: "eu-central-1",
    resources: [`arn:aws:s3:::${bucket}`],
    detail: { version: "0", bucket: { name: bucket }, object: { key, size: 1024, ...object }, reason: "PutObject" },
  };
}
