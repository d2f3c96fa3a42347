/** The routes that take Lambda trigger events, as OpenAPI describes them. */
import { answer, body, json, type PathItem, problems, ref } from "./openapi-parts.ts";

const TRIGGER_EVENT = {
  type: "object",
  description:
    "https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html",
  required: ["triggerSource"],
  properties: { triggerSource: { type: "string", minLength: 1 } },
};

const FORWARDED = {
  type: "object",
  required: ["event"],
  properties: {
    event: TRIGGER_EVENT,
    context: {
      type: "object",
      properties: {
        requestId: { type: "string" },
        time: { type: "string", format: "date-time" },
        accountId: { type: "string" },
      },
    },
  },
};

const SERVICE_FAULT = {
  type: "object",
  required: ["Type", "message"],
  properties: { Type: { enum: ["User", "Service"] }, message: { type: "string" } },
};

const FAULT = (description: string) => answer(`${description}, as AWS Lambda says it`, json(SERVICE_FAULT));

export const TRIGGER_PATHS: Readonly<Record<string, PathItem>> = {
  "/ingest/cognito": {
    post: {
      operationId: "ingestCognito",
      summary: "Take a Cognito Lambda trigger event",
      description:
        "Signed by Standard Webhooks with any of the configured secrets; `webhook-id` becomes the event's id. " +
        "404 where the route is not configured.",
      tags: ["ingest"],
      security: [{ standardWebhooks: [] }],
      requestBody: body("What the forwarder sends, or the bare event", json({ anyOf: [FORWARDED, TRIGGER_EVENT] })),
      responses: {
        "202": answer("Every event that this request makes is committed.", json(ref("schemas", "Accepted"))),
        ...problems(
          ...(["invalid_json", "invalid_encoding", "bad_signature", "stale_timestamp", "foreign_origin"] as const),
          ...(["not_found", "method_not_allowed", "body_too_large", "unsupported_encoding"] as const),
          ...(["internal_error", "broker_unavailable", "broker_full"] as const),
        ),
      },
    },
  },
  "/2015-03-31/functions/{name}/invocations": {
    post: {
      operationId: "lambdaInvoke",
      summary: "Be the Lambda function of an emulator's triggers",
      description: "The AWS Lambda Invoke call with a trigger event. Only on a loopback listener; any name will do.",
      tags: ["ingest"],
      security: [],
      parameters: [{ name: "name", in: "path", required: true, schema: { type: "string" } }],
      requestBody: body("The trigger event", json(TRIGGER_EVENT)),
      responses: {
        "200": answer("Committed. The event as it came, which is the neutral answer to Cognito.", json({})),
        "202": answer("Committed, where `X-Amz-Invocation-Type` is `Event`."),
        "204": answer("Nothing was done, where `X-Amz-Invocation-Type` is `DryRun`."),
        "400": FAULT("The body is not JSON, or the invocation type is unknown"),
        "413": FAULT("The body is too large"),
        "503": FAULT("The broker is out of reach or full"),
        ...problems("foreign_origin", "not_found", "method_not_allowed", "internal_error"),
      },
    },
  },
};
