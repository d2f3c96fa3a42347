/** The routes under /api, as OpenAPI describes them. */
import { answer, json, KEYED, type Operation, type PathItem, problems, ref } from "./openapi-parts.ts";

const COUNT = { type: "integer", minimum: 0 };
const TIME = { type: "string", format: "date-time" };

const ALWAYS = ["unauthorized", "foreign_origin", "method_not_allowed", "internal_error"] as const;
const BROKER = ["broker_unavailable", "broker_full"] as const;

const NAME = { name: "name", in: "path", required: true, description: "Of a subscription", schema: { type: "string" } };

export const ADMIN_SCHEMAS = {
  Subscription: {
    type: "object",
    required: ["name", "state", "breaker", "pending", "leased", "dead"],
    properties: {
      name: { type: "string" },
      state: {
        enum: ["running", "resting", "paused", "disabled", "stopped"],
        description: "`resting`: the target fails or asked for a pause, and is only tried now and then",
      },
      pausedSince: TIME,
      disabledSince: TIME,
      reason: { type: "string", description: "Why it is disabled: `status_410` or `operator`" },
      breaker: { enum: ["open", "closed"], description: "Of this gateway" },
      pending: { ...COUNT, description: "Unsettled events, of which some may yet miss the filters" },
      leased: { ...COUNT, description: "Of those, under way now" },
      dead: { ...COUNT, description: "Dead letters kept" },
    },
  },
} as const;

function change(name: string, summary: string): PathItem {
  const operation: Operation = {
    operationId: `${name}Subscription`,
    summary,
    description: "Where it is so already, nothing changes. All gateways on one broker follow within seconds.",
    tags: ["administration"],
    security: KEYED,
    parameters: [NAME],
    responses: {
      "200": answer("How it is now", json(ref("schemas", "Subscription"))),
      ...problems("not_found", ...ALWAYS, ...BROKER),
    },
  };
  return { post: operation };
}

export const ADMIN_PATHS: Readonly<Record<string, PathItem>> = {
  "/api/subscriptions": {
    get: {
      operationId: "listSubscriptions",
      summary: "How every subscription is, and how much waits",
      tags: ["administration"],
      security: KEYED,
      responses: {
        "200": answer(
          "All that are configured",
          json({
            type: "object",
            required: ["subscriptions"],
            properties: { subscriptions: { type: "array", items: ref("schemas", "Subscription") } },
          }),
        ),
        ...problems(...ALWAYS, ...BROKER),
      },
    },
  },
  "/api/subscriptions/{name}/pause": change("pause", "Deliver nothing; events wait and do not age"),
  "/api/subscriptions/{name}/resume": change("resume", "End a pause"),
  "/api/subscriptions/{name}/disable": change("disable", "Deliver nothing until it is enabled, as after a 410"),
  "/api/subscriptions/{name}/enable": change("enable", "Deliver again after a 410 or a disable"),
};
