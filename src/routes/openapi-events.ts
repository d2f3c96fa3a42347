/** /api/events, as OpenAPI describes it. */
import { ALWAYS, BROKER, query, TIME } from "./openapi-admin.ts";
import { answer, json, KEYED, type PathItem, problems, ref } from "./openapi-parts.ts";

export const EVENT_LOG_SCHEMAS = {
  LoggedEvent: {
    type: "object",
    required: ["position", "recordedAt", "event"],
    properties: {
      position: { type: "string", description: "Where it stands in the broker's log" },
      recordedAt: TIME,
      event: ref("schemas", "CloudEvent"),
    },
  },
} as const;

export const EVENT_LOG_PATHS: Readonly<Record<string, PathItem>> = {
  "/api/events": {
    get: {
      operationId: "readEvents",
      summary: "A page of what is stored, in the order of the log",
      description:
        "Whatever became of the events, and whole: privacy settings are those of subscriptions. Without `after` and " +
        "`since` the page is empty, and its `next` is the end of the log: what is stored from now on is behind it. Asked " +
        "again with `after`, nothing is missed and nothing comes twice.",
      tags: ["administration"],
      security: KEYED,
      parameters: [
        query("after", "`next` of the page before", { type: "string" }),
        query("since", "Only what was recorded at or after it", TIME),
        query("type", "How the type begins; given several times, one of them", {
          type: "array",
          items: { type: "string" },
        }),
        query("limit", "Events that are looked at", { type: "integer", minimum: 1, maximum: 500, default: 100 }),
      ],
      responses: {
        "200": answer(
          "Fewer than `limit` where they are large or of other types",
          json({
            type: "object",
            required: ["events", "next", "more"],
            properties: {
              events: { type: "array", items: ref("schemas", "LoggedEvent") },
              next: { type: "string", description: "Where to go on, also at the end" },
              more: { type: "boolean", description: "Whether others may be there now" },
            },
          }),
        ),
        ...problems("invalid_request", ...ALWAYS, ...BROKER),
      },
    },
  },
};
