/** The description of all routes, https://spec.openapis.org/oas/v3.1.1.html */
import { ADMIN_PATHS, ADMIN_SCHEMAS } from "./openapi-admin.ts";
import { EVENT_LOG_PATHS, EVENT_LOG_SCHEMAS } from "./openapi-events.ts";
import { FIREHOSE_PATHS } from "./openapi-firehose.ts";
import { INGEST_PATHS } from "./openapi-ingest.ts";
import { READ_PATHS } from "./openapi-reads.ts";
import { shardPaths } from "./openapi-shards.ts";
import { TRIGGER_PATHS } from "./openapi-triggers.ts";
import { PROBLEMS } from "./problem.ts";

const COUNT = { type: "integer", minimum: 0 };

const SCHEMAS = {
  Accepted: {
    type: "object",
    description: "How many events were committed, known already, or left out; of the last, records are counted.",
    required: ["accepted", "duplicates", "ignored"],
    properties: {
      accepted: COUNT,
      duplicates: COUNT,
      ignored: COUNT,
      queued: { ...COUNT, description: "Files that are still to be fetched" },
      rejected: {
        type: "array",
        description: "Single ones of a batch that were not valid",
        items: {
          type: "object",
          required: ["index", "code"],
          properties: { index: COUNT, code: { type: "string" } },
        },
      },
    },
  },
  CloudEvent: {
    type: "object",
    description: "https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md",
    required: ["specversion", "id", "source", "type"],
    properties: {
      specversion: { const: "1.0" },
      id: { type: "string", minLength: 1 },
      source: { type: "string", minLength: 1 },
      type: { type: "string", minLength: 1 },
      data: {},
      data_base64: { type: "string" },
    },
  },
  Problem: {
    type: "object",
    description: "RFC 9457 problem details; `code` is stable.",
    required: ["type", "title", "status", "code"],
    properties: {
      type: { type: "string" },
      title: { type: "string" },
      status: { type: "integer" },
      code: { enum: Object.keys(PROBLEMS) },
      detail: { type: "string" },
    },
  },
  Types: {
    type: "object",
    required: ["types"],
    properties: {
      types: {
        type: "array",
        items: {
          type: "object",
          required: ["type", "description", "actions", "schema", "example"],
          properties: {
            type: { type: "string" },
            description: { type: "string" },
            actions: { type: "array", items: { type: "string" }, description: "AWS names that become this type" },
            schema: { type: "string", format: "uri-reference" },
            example: { $ref: "#/components/schemas/CloudEvent" },
          },
        },
      },
    },
  },
} as const;

const SECURITY_SCHEMES = {
  apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
  bearer: { type: "http", scheme: "bearer" },
  firehoseKey: { type: "apiKey", in: "header", name: "X-Amz-Firehose-Access-Key" },
  basic: { type: "http", scheme: "basic", description: "The password is the key; the user name does not matter." },
  standardWebhooks: {
    type: "apiKey",
    in: "header",
    name: "webhook-signature",
    description: "With `webhook-id` and `webhook-timestamp`, https://www.standardwebhooks.com",
  },
} as const;

/** `sharded`: the gateway is several, see shard-routes.ts. */
export function openApiDocument(publicUrl: string | undefined, sharded = false): object {
  const api = { ...ADMIN_PATHS, ...EVENT_LOG_PATHS };
  const admin = sharded ? shardPaths(publicUrl ?? "", api) : api;
  return {
    openapi: "3.1.1",
    info: {
      title: "poolcast",
      summary: "Typed CloudEvents for everything that happens in Amazon Cognito user pools.",
      description:
        "Keys are those of the route's section in the configuration, or admin keys. On a loopback listener without an " +
        "`ingest` section all routes are open to programs on the same machine.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      // Of this interface, not of the program.
      version: "1",
    },
    servers: [{ url: publicUrl ?? "/" }],
    tags: [
      { name: "ingest", description: "Records and events come in" },
      { name: "operation", description: "How the gateway is" },
      {
        name: "administration",
        description:
          "Subscriptions, events, dead letters and replays: open on a loopback listener, else with an admin key",
      },
      { name: "catalog", description: "What can come out" },
    ],
    paths: { ...INGEST_PATHS, ...FIREHOSE_PATHS, ...TRIGGER_PATHS, ...READ_PATHS, ...admin },
    components: { schemas: { ...SCHEMAS, ...ADMIN_SCHEMAS, ...EVENT_LOG_SCHEMAS }, securitySchemes: SECURITY_SCHEMES },
  };
}
