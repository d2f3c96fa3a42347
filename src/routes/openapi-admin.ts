/** The routes under /api, as OpenAPI describes them. */
import { answer, body, json, KEYED, type Operation, type PathItem, problems, ref } from "./openapi-parts.ts";

const COUNT = { type: "integer", minimum: 0 };
const TIME = { type: "string", format: "date-time" };

const ALWAYS = ["unauthorized", "foreign_origin", "method_not_allowed", "internal_error"] as const;
const BODY = ["invalid_request", "invalid_json", "invalid_encoding", "body_too_large", "unsupported_encoding"] as const;
const BROKER = ["broker_unavailable", "broker_full"] as const;

const POSITION = { name: "position", in: "path", required: true, schema: { type: "string" } };
const ID = { name: "id", in: "path", required: true, description: "Of a replay", schema: { type: "string" } };
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
      deadLetterTarget: {
        enum: ["running", "resting", "disabled", "stopped"],
        description: "Of `deadLetterURL` with this gateway, where there is one; `disabled` for an hour after its 410",
      },
      pending: { ...COUNT, description: "Unsettled events, of which some may yet miss the filters" },
      leased: { ...COUNT, description: "Of those, under way now" },
      dead: { ...COUNT, description: "Dead letters kept" },
    },
  },
  DeadLetter: {
    type: "object",
    required: ["position", "id", "source", "type", "reason", "attempts", "diedAt", "recordedAt"],
    properties: {
      position: { type: "string", description: "Where its event stands in the broker's log" },
      id: { type: "string", description: "Of the event, as source and type" },
      source: { type: "string" },
      type: { type: "string" },
      reason: { type: "string", description: "Why it was given up" },
      detail: { type: "string" },
      attempts: COUNT,
      diedAt: TIME,
      recordedAt: TIME,
      event: { ...ref("schemas", "CloudEvent"), description: "Where one letter was asked for" },
    },
  },
  ChosenDeadLetters: {
    oneOf: [
      {
        type: "object",
        required: ["positions"],
        additionalProperties: false,
        properties: { positions: { type: "array", minItems: 1, maxItems: 1000, items: { type: "string" } } },
      },
      {
        type: "object",
        required: ["all"],
        additionalProperties: false,
        properties: {
          all: { const: true },
          reason: { type: "string", description: "Only those that were given up for it" },
          after: { type: "string", description: "`next` of the answer before" },
        },
      },
    ],
  },
  EndedDeadLetters: {
    type: "object",
    required: ["count"],
    properties: {
      count: COUNT,
      next: { type: "string", description: "Of all, a bounded number is taken at once: the others are behind it" },
    },
  },
  Replay: {
    type: "object",
    required: ["id", "state", "until", "rate", "looked", "replayed", "createdAt"],
    properties: {
      id: { type: "string" },
      state: { enum: ["running", "done", "cancelled"] },
      since: TIME,
      until: TIME,
      fromId: { type: "string" },
      toId: { type: "string" },
      rate: { type: "number", description: "Events per second at most" },
      position: { type: "string", description: "In the broker's log, up to which it has come" },
      looked: { ...COUNT, description: "Events that were looked at" },
      replayed: { ...COUNT, description: "Those of them that were put back" },
      createdAt: TIME,
      finishedAt: TIME,
    },
  },
  Erasure: {
    type: "object",
    required: ["id", "state", "createdAt"],
    properties: {
      id: { type: "string" },
      sub: { type: "string", description: "Until it is done; then nobody knows it" },
      pool: { type: "string" },
      state: { enum: ["running", "done"] },
      createdAt: TIME,
      finishedAt: TIME,
      code: {
        type: "string",
        description: "Of the broker's failure, or `internal`, where the last try came to one; others follow",
      },
      erased: {
        type: "object",
        required: ["pools", "events", "deadLetters", "identity", "usersPoll"],
        properties: {
          pools: { type: "array", items: { type: "string" }, description: "In which the user was seen" },
          events: { type: "object", required: ["looked", "erased"], properties: { looked: COUNT, erased: COUNT } },
          deadLetters: { ...COUNT, description: "Of the erased events, how often one was a dead letter" },
          identity: { ...COUNT, description: "Entries of the identity cache that were deleted" },
          usersPoll: { ...COUNT, description: "Entries of the users poll of which the sub is left" },
        },
      },
    },
  },
  WantedErasure: {
    type: "object",
    required: ["sub"],
    additionalProperties: false,
    properties: {
      sub: { type: "string", minLength: 1, maxLength: 200 },
      pool: { type: "string", description: "ARN of a user pool: only there" },
    },
  },
  WantedReplay: {
    type: "object",
    description: "Bounds are part of the range; one of `since` and `fromId` is needed.",
    additionalProperties: false,
    properties: {
      since: { ...TIME, description: "By the `recordedtime` of the events" },
      until: { ...TIME, description: "Now, at the latest" },
      fromId: { type: "string", description: "A position of the broker, as dead letters show it" },
      toId: { type: "string" },
      rate: { type: "number", minimum: 0.1, maximum: 10_000, default: 100, description: "Events per second at most" },
    },
  },
} as const;

function query(name: string, description: string, schema: object): object {
  return { name, in: "query", required: false, description, schema };
}

function endDead(verb: "replay" | "drop", summary: string): PathItem {
  const operation: Operation = {
    operationId: `${verb}DeadLetters`,
    summary,
    tags: ["administration"],
    security: KEYED,
    parameters: [NAME],
    requestBody: body("Which of them", json(ref("schemas", "ChosenDeadLetters"))),
    responses: {
      "200": answer("How many there were", json(ref("schemas", "EndedDeadLetters"))),
      ...problems(...BODY, "not_found", ...ALWAYS, ...BROKER),
    },
  };
  return { post: operation };
}

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
  "/api/erasures": {
    post: {
      operationId: "startErasure",
      summary: "Remove what the store holds of a user",
      description:
        "From events, dead letters, the identity cache and the users poll. An event stays, and is delivered, with the sub alone.",
      tags: ["administration"],
      security: KEYED,
      requestBody: body("Who it is", json(ref("schemas", "WantedErasure"))),
      responses: {
        "202": answer(
          "It will be done, one after the other, whatever ends this gateway",
          json(ref("schemas", "Erasure")),
        ),
        ...problems(...BODY, ...ALWAYS, ...BROKER),
      },
    },
  },
  "/api/erasures/{id}": {
    get: {
      operationId: "showErasure",
      summary: "How an erasure is; by any gateway on the store, of the last hundred",
      tags: ["administration"],
      security: KEYED,
      parameters: [{ ...ID, description: "Of an erasure" }],
      responses: {
        "200": answer("The erasure", json(ref("schemas", "Erasure"))),
        ...problems("not_found", ...ALWAYS, ...BROKER),
      },
    },
  },
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
  "/api/subscriptions/{name}/enable": change(
    "enable",
    "Deliver again after a 410 or a disable; send dead letters again after a 410 of `deadLetterURL`",
  ),
  "/api/subscriptions/{name}/dead": {
    get: {
      operationId: "listDeadLetters",
      summary: "A page of dead letters, in the order of the log",
      tags: ["administration"],
      security: KEYED,
      parameters: [
        NAME,
        query("after", "`next` of the page before", { type: "string" }),
        query("limit", "Letters on a page", { type: "integer", minimum: 1, maximum: 100, default: 50 }),
        query("reason", "Only those that were given up for it", { type: "string" }),
      ],
      responses: {
        "200": answer(
          "Without their events. With `next` there may be more, also where this page is empty.",
          json({
            type: "object",
            required: ["deadLetters"],
            properties: {
              deadLetters: { type: "array", items: ref("schemas", "DeadLetter") },
              next: { type: "string" },
            },
          }),
        ),
        ...problems("invalid_request", "not_found", ...ALWAYS, ...BROKER),
      },
    },
  },
  "/api/subscriptions/{name}/dead/replay": endDead("replay", "Deliver dead letters once more"),
  "/api/subscriptions/{name}/dead/drop": endDead("drop", "End dead letters for good"),
  "/api/subscriptions/{name}/dead/{position}": {
    get: {
      operationId: "showDeadLetter",
      summary: "One dead letter with its event",
      tags: ["administration"],
      security: KEYED,
      parameters: [NAME, POSITION],
      responses: {
        "200": answer("The letter", json(ref("schemas", "DeadLetter"))),
        ...problems("not_found", ...ALWAYS, ...BROKER),
      },
    },
    delete: {
      operationId: "dropDeadLetter",
      summary: "End one dead letter for good",
      tags: ["administration"],
      security: KEYED,
      parameters: [NAME, POSITION],
      responses: {
        "200": answer("It is gone", json(ref("schemas", "EndedDeadLetters"))),
        ...problems("not_found", ...ALWAYS, ...BROKER),
      },
    },
  },
  "/api/subscriptions/{name}/replays": {
    get: {
      operationId: "listReplays",
      summary: "The latest replays, the newest first",
      tags: ["administration"],
      security: KEYED,
      parameters: [NAME],
      responses: {
        "200": answer(
          "One of them may be running",
          json({
            type: "object",
            required: ["replays"],
            properties: { replays: { type: "array", items: ref("schemas", "Replay") } },
          }),
        ),
        ...problems("not_found", ...ALWAYS, ...BROKER),
      },
    },
    post: {
      operationId: "startReplay",
      summary: "Deliver events of the past once more, also those that were delivered",
      description:
        "What is still on its way to the subscription is left alone. A dead letter in the range is delivered again and " +
        "is none any more. The `webhook-id` of an event stays the same.",
      tags: ["administration"],
      security: KEYED,
      parameters: [NAME],
      requestBody: body("Which events", json(ref("schemas", "WantedReplay"))),
      responses: {
        "202": answer("It runs, over restarts, until it is done", json(ref("schemas", "Replay"))),
        ...problems(...BODY, "not_found", "replay_running", ...ALWAYS, ...BROKER),
      },
    },
  },
  "/api/subscriptions/{name}/replays/{id}": {
    get: {
      operationId: "showReplay",
      summary: "How far a replay has come",
      tags: ["administration"],
      security: KEYED,
      parameters: [NAME, ID],
      responses: {
        "200": answer("The replay", json(ref("schemas", "Replay"))),
        ...problems("not_found", ...ALWAYS, ...BROKER),
      },
    },
    delete: {
      operationId: "cancelReplay",
      summary: "End a replay; what it put back already is delivered",
      tags: ["administration"],
      security: KEYED,
      parameters: [NAME, ID],
      responses: {
        "200": answer("As it is now", json(ref("schemas", "Replay"))),
        ...problems("not_found", ...ALWAYS, ...BROKER),
      },
    },
  },
};
