/** POST /ingest/firehose, as OpenAPI describes it: its answers are those that Firehose understands. */
import { answer, body, json, type PathItem, problems } from "./openapi-parts.ts";

const REQUEST = {
  type: "object",
  required: ["requestId", "records"],
  properties: {
    requestId: { type: "string" },
    timestamp: { type: "integer" },
    records: {
      type: "array",
      maxItems: 10_000,
      items: { type: "object", properties: { data: { type: "string", contentEncoding: "base64" } } },
    },
  },
};

const ANSWER = {
  type: "object",
  required: ["requestId", "timestamp"],
  properties: {
    requestId: { type: "string" },
    timestamp: { type: "integer" },
    errorMessage: { type: "string", maxLength: 8192 },
  },
};

export const FIREHOSE_PATHS: Readonly<Record<string, PathItem>> = {
  "/ingest/firehose": {
    post: {
      operationId: "ingestFirehose",
      summary: "Take a batch of Amazon Data Firehose",
      description:
        "Records are EventBridge events, CloudTrail records, CloudWatch Logs data, SNS messages or activity logs, " +
        "one or many in each, also as gzip. One that cannot be read is left out. 404 where the route is not configured.",
      tags: ["ingest"],
      security: [{ firehoseKey: [] }],
      requestBody: body("A request of Firehose, also compressed with gzip", json(REQUEST)),
      responses: {
        "200": answer("Every event that this request makes is committed.", json(ANSWER)),
        "400": answer("The request is not one of Firehose, or too large.", json(ANSWER)),
        "401": answer("The access key is not one of the configured ones.", json(ANSWER)),
        "403": answer("Without keys, only programs on the same machine may call.", json(ANSWER)),
        "503": answer("The events could not be committed; Firehose sends the request again.", json(ANSWER)),
        ...problems("not_found", "method_not_allowed", "internal_error"),
      },
    },
  },
};
