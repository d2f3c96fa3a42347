/**
 * A log that a user pool exports in, typed event out.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html
 */
import { isObject, type JsonObject, member } from "../core/json.ts";
import { NOTIFICATION_LOG } from "../events/catalog/activity-logs.ts";
import type { EventData } from "../events/event-data.ts";
import { snakeCase } from "../events/snake-case.ts";
import { activityRequest, activityResponse, activityUser, logTime, shown } from "./activity-members.ts";
import { TYPE_PREFIX } from "./classification.ts";
import { eventAttributes } from "./event-attributes.ts";
import { actionName } from "./extract/action-name.ts";
import { cap } from "./extract/attribute-string.ts";
import { maskPersons } from "./extract/mask.ts";
import { validPoolId } from "./extract/pool.ts";
import { knownPlace } from "./extract/pool-place.ts";
import { HIDDEN, identifier, text } from "./extract/text.ts";
import { utcTime } from "./extract/time.ts";
import type { IgnoredReason, Mapping, Outcome } from "./mapping.ts";

export interface ActivityLogContext {
  /** What carried the log tells where it comes from: the owner of the log group, the ARN of the Firehose stream. */
  readonly accountId?: string | undefined;
  readonly region?: string | undefined;
  /** The ARN of a configured pool. */
  readonly poolArn: (poolId: string) => string | undefined;
  /** Ids of the pools to map logs of; null = all. */
  readonly onlyPools: ReadonlySet<string> | null;
  /** Gives an id to a log that has none; never empty. */
  readonly hash: (text: string) => string;
}

const MAX_MESSAGE_LENGTH = 1024;

export function mapActivityLog(log: unknown, context: ActivityLogContext): Mapping {
  if (!isObject(log)) return ignored("not_a_record");
  const poolId = poolOfLog(log);
  const kind = text(member(log, "eventSource"));
  const known = kind === "USER_ACTIVITY" || kind === "USER_NOTIFICATION";
  // Everything but the pool may be missing in a log; without both of these it is something else.
  if (kind === undefined || !(known || poolId !== undefined)) return ignored("not_a_record");
  if (poolId !== undefined && context.onlyPools?.has(poolId) === false) return ignored("pool_not_configured");
  return event(log, kind, poolId, context);
}

function ignored(reason: IgnoredReason): Mapping {
  return { kind: "ignored", reason };
}

export function poolOfLog(log: JsonObject): string | undefined {
  return (
    validPoolId(member(member(log, "logSourceId"), "userPoolId")) ??
    validPoolId(member(member(log, "message"), "userPoolId"))
  );
}

interface LogKind {
  readonly action: string;
  readonly type: string;
  readonly outcome: Outcome;
  readonly said: Pick<EventData, "error" | "user" | "request" | "response">;
}

function event(log: JsonObject, kind: string, poolId: string | undefined, context: ActivityLogContext): Mapping {
  const message = member(log, "message");
  const { action, type, outcome, said } = logKind(kind, message);
  const place = knownPlace(poolId, context.poolArn, context.region, context.accountId);
  const clientId = identifier(shown(member(message, "clientId")));
  const eventId = identifier(shown(member(message, "eventId")));
  const eventResponse = identifier(shown(member(message, "eventResponse")));
  const sub = said.user?.sub;

  const attributes = eventAttributes({
    // One act is logged in progress and again at its end, under the same id.
    id:
      eventId !== undefined && eventResponse !== undefined
        ? cap(`${eventId}:${eventResponse}`)
        : context.hash(identity(log, poolId)),
    source: place.source,
    type: TYPE_PREFIX + type,
    time: logTime(member(message, "creationDate")) ?? timestamp(member(log, "eventTimestamp")),
    action,
    outcome,
    road: "log",
    poolId,
    clientId,
    user: sub ?? said.user?.username,
    group: undefined,
    // Only a sign-in that passed proves that the user was there.
    auth:
      type === "activity.sign_in_passed" && sub !== undefined
        ? { authtype: "app_user", authid: sub }
        : { authtype: "unknown" },
  });

  const sourceIp = shown(member(message, "ipAddress"));
  const requestId = shown(member(message, "requestId"));
  const { error, user, request, response } = said;
  const data: EventData = {
    action,
    outcome,
    ...(error && { error }),
    userPool: place.userPool,
    ...(clientId !== undefined && { client: { id: clientId } }),
    ...(user && { user }),
    ...(sourceIp !== undefined && { actor: { sourceIp } }),
    ...(request && { request }),
    ...(response && { response }),
    record: {
      kind: "log",
      ...(eventId !== undefined && { id: eventId }),
      ...(requestId !== undefined && { requestId }),
    },
  };
  return { kind: "event", attributes, data };
}

function logKind(kind: string, message: unknown): LogKind {
  if (kind === "USER_ACTIVITY") return activity(message);
  if (kind !== "USER_NOTIFICATION") {
    // A kind of log that AWS added after this was built.
    const action = actionName(kind);
    return { action, type: `action.${snakeCase(action)}`, outcome: "unknown", said: {} };
  }
  const details = notificationDetails(member(message, "details"));
  const error = { code: "NotificationError", ...(details !== undefined && { message: details }) };
  return { action: kind, type: NOTIFICATION_LOG.type, outcome: "failure", said: { error } };
}

function activity(message: unknown): LogKind {
  const action = actionName(member(message, "eventType"));
  const [suffix, outcome] = ending(member(message, "eventResponse"));
  const user = activityUser(message);
  const request = activityRequest(message);
  const response = activityResponse(message);
  const said = { ...(user && { user }), ...(request && { request }), ...(response && { response }) };
  return { action, type: `activity.${snakeCase(action)}_${suffix}`, outcome, said };
}

/** The documentation writes Pass; other logs of AWS write such words in other cases. */
function ending(response: unknown): readonly [suffix: string, outcome: Outcome] {
  const word = typeof response === "string" && response.length < 16 ? response.toLowerCase() : "";
  if (word === "pass") return ["passed", "success"];
  return word === "fail" ? ["failed", "failure"] : ["in_progress", "unknown"];
}

/** Free text of whoever refused the message; it may name the address. */
function notificationDetails(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return text(cap(maskPersons(value.replaceAll(HIDDEN, "")), MAX_MESSAGE_LENGTH));
}

/** Milliseconds as a string. */
function timestamp(value: unknown): string | undefined {
  return utcTime(typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value);
}

/** What tells one log from another. Only what stands at the top of the message, so that no depth can break it. */
function identity(log: JsonObject, poolId: string | undefined): string {
  const message = member(log, "message");
  const members = isObject(message) ? Object.entries(message) : [["", message]];
  const flat = members.filter(([, value]) => typeof value !== "object");
  return JSON.stringify([poolId, plain(member(log, "eventTimestamp")), flat]);
}

function plain(value: unknown): unknown {
  return typeof value === "object" ? null : value;
}
