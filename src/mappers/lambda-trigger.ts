/**
 * Lambda trigger event in, typed event out. Cognito asks before it acts and may ask twice, so most of these are
 * attempts, not facts.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
 */
import { isObject, type JsonObject, member } from "../core/json.ts";
import { LAMBDA_TRIGGERS, OTHER_SPELLINGS } from "../events/catalog/lambda-triggers.ts";
import type { TypeRow } from "../events/catalog/type-row.ts";
import type { EventData, UserData } from "../events/event-data.ts";
import { snakeCase } from "../events/snake-case.ts";
import { TYPE_PREFIX } from "./classification.ts";
import { eventAttributes } from "./event-attributes.ts";
import { actionName } from "./extract/action-name.ts";
import { attributeString } from "./extract/attribute-string.ts";
import type { AuthContext } from "./extract/auth-context.ts";
import { validPoolId } from "./extract/pool.ts";
import { knownPlace } from "./extract/pool-place.ts";
import { firstValue, identifier, text } from "./extract/text.ts";
import { utcTime } from "./extract/time.ts";
import { userAttributes } from "./extract/user-attributes.ts";
import type { Mapping } from "./mapping.ts";
import { pickMembers } from "./pick-members.ts";

export interface LambdaTriggerContext {
  readonly road: "trigger";
  /** The event has no id of its own: that of the invocation, never empty. */
  readonly id: string;
  readonly requestId?: string | undefined;
  /** The event has no time either. */
  readonly time?: string | undefined;
  readonly accountId?: string | undefined;
  /** The ARN of a configured pool. */
  readonly poolArn: (poolId: string) => string | undefined;
  /** Ids of the pools to map events of; null = all. */
  readonly onlyPools: ReadonlySet<string> | null;
}

const ROWS: ReadonlyMap<string, TypeRow> = new Map<string, TypeRow>(Object.entries(LAMBDA_TRIGGERS));

/** What stands in place of a client where a call had none. */
const NO_CLIENT = "CLIENT_ID_NOT_APPLICABLE";

/** A client gets a token for itself; what stands as the userName is no user. */
const WITHOUT_USER = "TokenGeneration_ClientCredentials";

export function mapLambdaTrigger(event: unknown, context: LambdaTriggerContext): Mapping {
  const source = member(event, "triggerSource");
  if (!isObject(event) || typeof source !== "string" || source === "")
    return { kind: "ignored", reason: "not_a_record" };
  const poolId = validPoolId(member(event, "userPoolId"));
  if (poolId !== undefined && context.onlyPools?.has(poolId) === false) {
    return { kind: "ignored", reason: "pool_not_configured" };
  }
  return mapped(event, actionName(source), poolId, context);
}

function mapped(event: JsonObject, action: string, poolId: string | undefined, context: LambdaTriggerContext): Mapping {
  const place = knownPlace(poolId, context.poolArn, member(event, "region"), context.accountId);
  const name = commonSpelling(action);
  const row = ROWS.get(name);
  // What runs after the fact reports it; all others ask whether to go on.
  const outcome = action.startsWith("Post") ? "success" : "unknown";
  const clientId = clientOf(event);
  const user = action === WITHOUT_USER ? undefined : userOf(event, action);

  const attributes = eventAttributes({
    id: attributeString(context.id),
    source: place.source,
    type: TYPE_PREFIX + (row?.type ?? `lambda_trigger.${snakeCase(name)}`),
    time: utcTime(context.time),
    action,
    outcome,
    road: context.road,
    poolId,
    clientId,
    user: user?.sub ?? user?.username,
    group: undefined,
    auth: authContext(action, user?.sub),
  });

  const request = row?.request && pickMembers(row.request, withOneRole(member(event, "request")));
  const response = row?.response && pickMembers(row.response, member(event, "response"));
  const requestId = text(context.requestId);
  const data: EventData = {
    action,
    outcome,
    userPool: place.userPool,
    ...(clientId !== undefined && { client: { id: clientId } }),
    ...(user && { user }),
    ...(request && { request }),
    ...(response && { response }),
    record: { kind: "trigger", id: attributes.id, ...(requestId !== undefined && { requestId }) },
  };
  return { kind: "event", attributes, data };
}

function commonSpelling(name: string): string {
  for (const [written, meant] of OTHER_SPELLINGS) {
    if (name.startsWith(written)) return meant + name.slice(written.length);
  }
  return name;
}

function clientOf(event: JsonObject): string | undefined {
  const clientId = identifier(member(member(event, "callerContext"), "clientId"));
  return clientId === NO_CLIENT ? undefined : clientId;
}

function userOf(event: JsonObject, action: string): UserData | undefined {
  // A user who is to be migrated has attributes only once the function has found them.
  const asked = action.startsWith("UserMigration_") ? "response" : "request";
  const attributes = userAttributes(member(member(event, asked), "userAttributes"));
  const sub = identifier(attributes?.sub);
  const username = identifier(member(event, "userName"));
  const status = text(attributes?.["cognito:user_status"]);
  if (attributes === undefined && username === undefined) return undefined;
  return {
    ...(sub !== undefined && { sub }),
    ...(username !== undefined && { username }),
    ...(status !== undefined && { status }),
    ...(attributes && { attributes }),
  };
}

/**
 * Cognito calls for somebody who claims to be a user, which is proved only where the sign-in is over: after it, and
 * when its tokens are made. Nothing authorizes a sign-up. Whoever stands behind all others, the event does not tell.
 */
function authContext(action: string, sub: string | undefined): AuthContext {
  if (action === "PreSignUp_SignUp") return { authtype: "unauthenticated" };
  const signedIn = action.startsWith("PostAuthentication_") || action.startsWith("TokenGeneration_");
  return signedIn && sub !== undefined ? { authtype: "app_user", authid: sub } : { authtype: "unknown" };
}

/**
 * AWS's sample of the second version shows a list where the reference says that preferredRole is one string.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
 */
function withOneRole(request: unknown): unknown {
  const groups = member(request, "groupConfiguration");
  if (!isObject(request) || !isObject(groups)) return request;
  return {
    ...request,
    groupConfiguration: { ...groups, preferredRole: firstValue(member(groups, "preferredRole")) },
  };
}
