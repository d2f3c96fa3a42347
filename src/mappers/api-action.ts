/** Calls of the user pools API, by an SDK, the console or an app. */
import { member } from "../core/json.ts";
import { type ApiActionRow, ATTRIBUTE_NAMES, AUTH } from "../events/catalog/api-action-row.ts";
import { API_ACTIONS } from "../events/catalog/api-actions.ts";
import { snakeCase } from "../events/snake-case.ts";
import { type Classification, type Exchange, NO_EXCHANGE, TYPE_PREFIX } from "./classification.ts";
import { hasError } from "./extract/error.ts";
import { present } from "./extract/text.ts";
import { userAttributeNames } from "./extract/user-attributes.ts";
import { pickMembers } from "./pick-members.ts";
import type { RecordParts } from "./record-parts.ts";

interface Row extends ApiActionRow {
  /** Made once: this is asked for every record. */
  readonly succeeded: Classification;
  readonly failed: Classification;
}

/** A map, so that an action called `constructor` finds nothing. */
const ROWS: ReadonlyMap<string, Row> = new Map(
  Object.entries<ApiActionRow>(API_ACTIONS).map(([action, row]) => [action, classified(row)]),
);

function classified(row: ApiActionRow): Row {
  const [resource, fact, failure] = row.facts === AUTH ? ["session", "attempted", "start_failed"] : row.facts;
  return { ...row, succeeded: event(`${resource}.${fact}`, false), failed: event(`${resource}.${failure}`, true) };
}

const READ_PREFIXES = ["Get", "List", "Describe", "AdminGet", "AdminList"];

export function classifyApiAction(action: string, parts: RecordParts): Classification {
  const failed = hasError(parts.record);
  const row = ROWS.get(action);
  if (row === undefined) return uncatalogued(action, failed);
  if (row.facts === AUTH) return authentication(parts, failed);
  return failed ? row.failed : row.succeeded;
}

/** Reads, and whatever AWS adds after this was built. */
function uncatalogued(action: string, failed: boolean): Classification {
  const name = snakeCase(action);
  // What is no name of an action may be anything, and must not be left out as a read.
  const read = name !== "unknown" && READ_PREFIXES.some((prefix) => action.startsWith(prefix));
  return event(`${read ? "read" : "action"}.${name}${failed ? "_failed" : ""}`, failed, read);
}

function event(name: string, failed: boolean, read = false): Classification {
  return { type: TYPE_PREFIX + name, outcome: failed ? "failure" : "success", read };
}

/**
 * Sign-in is a conversation: each call ends in tokens, in the next challenge, or in an error. Whether the response
 * had tokens shows even where their value is hidden.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
 */
function authentication({ request, response }: RecordParts, failed: boolean): Classification {
  const flow = member(request, "authFlow");
  if (flow === "REFRESH_TOKEN" || flow === "REFRESH_TOKEN_AUTH") {
    return event(failed ? "session.refresh_failed" : "session.refreshed", failed);
  }
  if (failed) return event("session.start_failed", true);
  if (present(member(response, "authenticationResult"))) return event("session.started", false);
  if (present(member(response, "challengeName"))) {
    return { type: `${TYPE_PREFIX}session.challenged`, outcome: "challenge", read: false };
  }
  return { type: `${TYPE_PREFIX}session.attempted`, outcome: "unknown", read: false };
}

/** Nothing for reads and for what AWS adds later: which of their members are secret, nobody has looked at. */
export function apiActionExchange(action: string, { record, request, response }: RecordParts): Exchange {
  const row = ROWS.get(action);
  if (row === undefined) return NO_EXCHANGE;
  return {
    request: row.request && pickMembers(row.request, row.request === ATTRIBUTE_NAMES ? namesIn(request) : request),
    // A call that failed has no response, and the types of failures declare none.
    response: row.response && !hasError(record) ? pickMembers(row.response, response) : undefined,
  };
}

function namesIn(request: unknown): unknown {
  return { attributeNames: userAttributeNames(member(request, "userAttributes")) };
}
