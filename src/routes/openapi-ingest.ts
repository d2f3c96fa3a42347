/** The routes that take records and events, as OpenAPI describes them. */
import { answer, body, json, KEYED, type PathItem, problems, ref } from "./openapi-parts.ts";

const OFF = "404 where the route is not configured.";

const TAKEN = answer(
  "Every event that this request makes is committed, and every file it names is queued.",
  json(ref("schemas", "Accepted")),
);

const BODY_PROBLEMS = ["body_too_large", "unsupported_encoding", "invalid_encoding"] as const;

const ALWAYS = ["not_found", "method_not_allowed", "internal_error", "broker_unavailable", "broker_full"] as const;

const ACCESS = ["unauthorized", "foreign_origin"] as const;

const SNS_PROBLEMS = [
  "foreign_topic",
  "signature_version",
  "bad_signature",
  "stale_timestamp",
  "certificate_unavailable",
  "confirmation_failed",
] as const;

const ANY_JSON = { description: "JSON, also compressed with gzip" };

export const INGEST_PATHS: Readonly<Record<string, PathItem>> = {
  "/ingest/eventbridge": {
    post: {
      operationId: "ingestEventBridge",
      summary: "Take CloudTrail records from Amazon EventBridge",
      description: `An EventBridge event, its bare detail, an array of either, or a CloudEvent that wraps one; a notice of a CloudTrail file or an S3 event. ${OFF}`,
      tags: ["ingest"],
      security: KEYED,
      requestBody: body("EventBridge events or CloudTrail records", json(ANY_JSON)),
      responses: { "202": TAKEN, ...problems("invalid_json", ...BODY_PROBLEMS, ...ACCESS, ...ALWAYS) },
    },
  },
  "/ingest/cloudtrail": {
    post: {
      operationId: "ingestCloudTrail",
      summary: "Take CloudTrail records or whole log files",
      description: `A log file ({"Records": [...]}), one record, or one record a line; a notice of a CloudTrail file or an S3 event. ${OFF}`,
      tags: ["ingest"],
      security: KEYED,
      requestBody: body("CloudTrail records", {
        ...json(ANY_JSON),
        ...json({ type: "string" }, "application/x-ndjson"),
      }),
      responses: { "202": TAKEN, ...problems("invalid_json", ...BODY_PROBLEMS, ...ACCESS, ...ALWAYS) },
    },
  },
  "/ingest/sns": {
    post: {
      operationId: "ingestSns",
      summary: "Take what Amazon SNS sends",
      description:
        "A signed Notification whose Message is an EventBridge event, a record, a notice of a CloudTrail file or an S3 " +
        "event; SubscriptionConfirmation; UnsubscribeConfirmation. The signature is the credential. A raw delivery has " +
        `none and needs one of \`rawKeys\`. ${OFF}`,
      tags: ["ingest"],
      security: [{}, ...KEYED],
      requestBody: body("An SNS message", { ...json(ANY_JSON, "text/plain"), ...json(ANY_JSON) }),
      responses: {
        "200": TAKEN,
        ...problems("invalid_json", ...BODY_PROBLEMS, ...ACCESS, ...SNS_PROBLEMS, ...ALWAYS),
      },
    },
  },
  "/ingest/events": {
    post: {
      operationId: "ingestEvents",
      summary: "Take CloudEvents in binary, structured or batched mode",
      description: `Events pass through as they are; only \`recordedtime\` is added. ${OFF}`,
      tags: ["ingest"],
      security: KEYED,
      requestBody: body("CloudEvents; in binary mode the attributes are `ce-` headers and any body is data", {
        ...json(ref("schemas", "CloudEvent"), "application/cloudevents+json"),
        ...json({ type: "array", items: ref("schemas", "CloudEvent") }, "application/cloudevents-batch+json"),
        "*/*": {},
      }),
      responses: {
        "202": TAKEN,
        ...problems("invalid_json", "not_a_cloudevent", "invalid_cloudevent", ...BODY_PROBLEMS, ...ACCESS, ...ALWAYS),
      },
    },
    options: {
      operationId: "eventsHandshake",
      summary: "Answer the CloudEvents webhook handshake",
      tags: ["ingest"],
      security: [],
      responses: {
        "200": answer("This origin may send; to be taken, its events need a key."),
        ...problems("not_found"),
      },
    },
  },
};
