/** CloudTrail record in, typed event out. Any JSON is taken: a member of the wrong type is lost, never the event. */
import { isObject, type JsonObject, member } from "../core/json.ts";
import type { EventData, RecordData, UserData, UserPoolData } from "../events/event-data.ts";
import { apiActionExchange, classifyApiAction } from "./api-action.ts";
import type { Classification } from "./classification.ts";
import { eventAttributes } from "./event-attributes.ts";
import { actionName } from "./extract/action-name.ts";
import { actorData } from "./extract/actor.ts";
import { apiAuthContext, hostedUiAuthContext } from "./extract/auth-context.ts";
import { clientId as clientIdOf } from "./extract/client.ts";
import { errorData } from "./extract/error.ts";
import { poolId as poolIdOf } from "./extract/pool.ts";
import { accountOf, type Envelope, poolArn, regionOf } from "./extract/pool-arn.ts";
import { identifier, text } from "./extract/text.ts";
import { utcTime } from "./extract/time.ts";
import { userData } from "./extract/user.ts";
import { classifyHostedUi, hostedUiExchange } from "./hosted-ui.ts";
import type { IgnoredReason, Mapping, Road } from "./mapping.ts";
import type { Mutable } from "./mutable.ts";
import { type RecordParts, recordParts } from "./record-parts.ts";

export interface CloudTrailContext {
  readonly road: Road;
  readonly includeReads: boolean;
  /** Ids of the pools to map records of; null = all. */
  readonly onlyPools: ReadonlySet<string> | null;
  readonly envelope: Envelope;
  /** Gives the id of a record that has none. */
  readonly fallbackId: () => string;
  /** Sign-in calls name their client and no pool. */
  readonly poolOfClient: (clientId: string) => string | undefined;
}

const EVENT_SOURCE = "cognito-idp.amazonaws.com";
const OWN_USER_AGENT = /poolcast/i;

export function mapCloudTrail(record: unknown, context: CloudTrailContext): Mapping {
  if (!isObject(record)) return ignored("not_a_record");
  const foreign = foreignReason(record);
  if (foreign !== undefined) return ignored(foreign);

  const action = actionName(member(record, "eventName"));
  const parts = recordParts(record);
  const hostedUi = member(record, "eventType") === "AwsServiceEvent";
  const classification = hostedUi ? classifyHostedUi(action, parts) : classifyApiAction(action, parts);
  if (classification.read && !context.includeReads) return ignored("read");

  const clientId = clientIdOf(parts);
  const poolId = poolIdOf(parts, clientId, context.poolOfClient);
  // A record whose pool is unknown may well be of a configured one.
  if (poolId !== undefined && context.onlyPools?.has(poolId) === false) return ignored("pool_not_configured");
  return event({ action, parts, hostedUi, classification, clientId, poolId }, context);
}

function ignored(reason: IgnoredReason): Mapping {
  return { kind: "ignored", reason };
}

function foreignReason(record: JsonObject): IgnoredReason | undefined {
  // Before the event source, which an Insights record has only within insightDetails.
  if (member(record, "eventType") === "AwsCloudTrailInsight" || member(record, "eventCategory") === "Insight") {
    return "insight";
  }
  const eventSource = member(record, "eventSource");
  if (typeof eventSource !== "string") return "not_a_record";
  if (eventSource !== EVENT_SOURCE) return "foreign_event_source";
  const userAgent = member(record, "userAgent");
  return typeof userAgent === "string" && OWN_USER_AGENT.test(userAgent) ? "own_call" : undefined;
}

interface Reading {
  readonly action: string;
  readonly parts: RecordParts;
  readonly hostedUi: boolean;
  readonly classification: Classification;
  readonly clientId: string | undefined;
  readonly poolId: string | undefined;
}

function event(reading: Reading, context: CloudTrailContext): Mapping {
  const { action, parts, hostedUi, classification, clientId, poolId } = reading;
  const { record, request, response } = parts;
  const id = identifier(member(record, "eventID"));
  const region = regionOf(parts, context.envelope);
  const account = accountOf(parts, context.envelope);
  const source = poolArn(region, account, poolId ?? "unknown");
  const user = userData(parts);
  const group = identifier(member(request, "groupName")) ?? identifier(member(member(response, "group"), "groupName"));

  const attributes = eventAttributes({
    id: id ?? context.fallbackId(),
    source,
    type: classification.type,
    time: utcTime(member(record, "eventTime")) ?? utcTime(context.envelope.time),
    action,
    outcome: classification.outcome,
    road: context.road,
    poolId,
    clientId,
    user: user?.sub ?? user?.username,
    group,
    auth: hostedUi ? hostedUiAuthContext(action, parts) : apiAuthContext(action, classification, parts, user?.sub),
  });

  return { kind: "event", attributes, data: eventData(reading, { id, source, region, account, user, group }) };
}

/** What the attributes needed too. */
interface Facts {
  readonly id: string | undefined;
  readonly source: string;
  readonly region: string;
  readonly account: string;
  readonly user: UserData | undefined;
  readonly group: string | undefined;
}

function eventData(reading: Reading, facts: Facts): EventData {
  const { action, parts, hostedUi, classification, clientId } = reading;
  const { user, group } = facts;
  const error = errorData(parts.record);
  const userPool = userPoolData(reading, facts);
  const { outcome } = classification;
  const data: Mutable<Omit<EventData, "record">> =
    error === undefined ? { action, outcome, userPool } : { action, outcome, error, userPool };
  if (clientId !== undefined) data.client = { id: clientId };
  if (user !== undefined) data.user = user;
  if (group !== undefined) data.group = { name: group };
  const actor = actorData(parts);
  if (actor !== undefined) data.actor = actor;
  const { request, response } = hostedUi ? hostedUiExchange(parts) : apiActionExchange(action, parts);
  if (request !== undefined) data.request = request;
  if (response !== undefined) data.response = response;
  return Object.assign(data, { record: recordData(parts.record, facts.id) });
}

function userPoolData({ parts, poolId }: Reading, { source, region, account }: Facts): UserPoolData {
  const userPool: Mutable<UserPoolData> = {};
  if (poolId !== undefined) {
    userPool.id = poolId;
    userPool.arn = source;
  }
  if (region !== "") userPool.region = region;
  if (account !== "") userPool.accountId = account;
  const domain = text(member(parts.additional, "userPoolDomain"));
  if (domain !== undefined) userPool.domain = domain;
  return userPool;
}

function recordData(record: JsonObject, id: string | undefined): RecordData {
  const requestId = text(member(record, "requestID"));
  // An addendum corrects or completes an earlier record, under an id of its own.
  const amends = text(member(member(record, "addendum"), "originalEventID"));
  const data: Mutable<RecordData> = { kind: "cloudtrail" };
  if (id !== undefined) data.id = id;
  if (requestId !== undefined) data.requestId = requestId;
  if (amends !== undefined) data.amends = amends;
  return data;
}
