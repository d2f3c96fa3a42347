/** The routes that tell something, as OpenAPI describes them. */
import { answer, json, KEYED, type PathItem, problems, ref } from "./openapi-parts.ts";

const PUBLIC = { security: [] };

const ANY_OBJECT = { type: "object" };

const STATUS = { type: "object", required: ["status"], properties: { status: { type: "string" } } };

export const READ_PATHS: Readonly<Record<string, PathItem>> = {
  "/healthz": {
    get: {
      operationId: "health",
      summary: "Whether the process lives",
      tags: ["operation"],
      ...PUBLIC,
      responses: { "200": answer("It does", json(STATUS)), ...problems("method_not_allowed") },
    },
  },
  "/readyz": {
    get: {
      operationId: "readiness",
      summary: "Whether the broker can be reached and written",
      description: "The detail of pools and subscriptions is shown on a loopback listener, or with an admin key.",
      tags: ["operation"],
      security: [{}, ...KEYED],
      responses: {
        "200": answer("Ready", json(STATUS)),
        "503": answer("Not ready, or stopping", json(STATUS)),
        ...problems("method_not_allowed"),
      },
    },
  },
  "/metrics": {
    get: {
      operationId: "metrics",
      summary: "Metrics as Prometheus text",
      description: "Open on a loopback listener, else with an admin key.",
      tags: ["operation"],
      security: KEYED,
      responses: {
        "200": answer("Metrics", json({ type: "string" }, "text/plain")),
        ...problems("unauthorized", "foreign_origin", "method_not_allowed"),
      },
    },
  },
  "/types": {
    get: {
      operationId: "listTypes",
      summary: "Every type of event, with an example",
      tags: ["catalog"],
      ...PUBLIC,
      responses: { "200": answer("The catalog", json(ref("schemas", "Types"))), ...problems("method_not_allowed") },
    },
  },
  "/schemas/{type}": {
    get: {
      operationId: "schemaOfType",
      summary: "The JSON Schema (2020-12) of a type's event",
      tags: ["catalog"],
      ...PUBLIC,
      parameters: [{ name: "type", in: "path", required: true, schema: { type: "string" } }],
      responses: {
        "200": answer("The schema", json(ANY_OBJECT, "application/schema+json")),
        ...problems("not_found", "method_not_allowed"),
      },
    },
  },
  "/openapi.json": {
    get: {
      operationId: "openApi",
      summary: "This document",
      tags: ["catalog"],
      ...PUBLIC,
      responses: { "200": answer("OpenAPI 3.1", json(ANY_OBJECT)), ...problems("method_not_allowed") },
    },
  },
};
