/**
 * From a step of a story to the CloudTrail record that AWS would write of it.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
import type { JsonObject } from "../../core/json.ts";
import { HIDDEN } from "../../mappers/extract/text.ts";
import type { Person } from "./cast.ts";
import {
  ACCOUNT,
  ANYONE,
  APP_CLIENT,
  backOffice,
  DOMAIN,
  POOL_ID,
  REGION,
  SERVER_AGENT,
  SERVER_IP,
  TRAINEE,
} from "./pool.ts";
import type { Random } from "./random.ts";
import type { ApiStep, ForeignStep, Moment, PageStep, Step } from "./step.ts";

export function recordOf(step: Step, moment: Moment, random: Random): JsonObject {
  return {
    eventVersion: "1.11",
    eventTime: recordTime(moment.atMs),
    awsRegion: REGION,
    eventName: step.action,
    ...partsOf(step, moment),
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: step.type === null && step.by !== "other_service",
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: "Management",
  };
}

/** CloudTrail and EventBridge alike know no fractions of a second. */
export function recordTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, "2026-01-01T00:00:00".length)}Z`;
}

function partsOf(step: Step, moment: Moment): JsonObject {
  if (step.by === "page") return pageParts(step, moment.person);
  if (step.by === "other_service") return foreignParts(step, moment.atMs);
  return apiParts(step, moment);
}

function apiParts(step: ApiStep, moment: Moment): JsonObject {
  const { person } = moment;
  const fromApp = step.by === "app" || step.by === "token";
  const { response } = step;
  return {
    eventSource: "cognito-idp.amazonaws.com",
    eventType: "AwsApiCall",
    userIdentity: fromApp ? ANYONE : step.by === "trainee" ? TRAINEE : backOffice(moment.atMs),
    sourceIPAddress: fromApp ? person.ip : SERVER_IP,
    userAgent: fromApp ? person.appAgent : SERVER_AGENT,
    ...(step.error && { errorCode: step.error.code, errorMessage: step.error.message }),
    requestParameters: step.request && { ...addressOf(step), ...step.request },
    responseElements: (typeof response === "function" ? response(moment) : response) ?? null,
    ...additionalOf(step, person),
    tlsDetails: {
      tlsVersion: "TLSv1.3",
      cipherSuite: "TLS_AES_128_GCM_SHA256",
      clientProvidedHostHeader: `cognito-idp.${REGION}.amazonaws.com`,
    },
  };
}

/** How the call says which pool, and which user of it, it means. */
function addressOf({ by, aboutPool }: ApiStep): JsonObject {
  if (by === "app") return { clientId: APP_CLIENT };
  if (by === "token") return { accessToken: HIDDEN };
  return { userPoolId: POOL_ID, ...(!aboutPool && { username: HIDDEN }) };
}

/** CloudTrail adds the sub of a user it knows, and the pool's id where the request has none. */
function additionalOf({ by, aboutPool }: ApiStep, { sub }: Person): JsonObject {
  if (aboutPool || sub === undefined) return {};
  return { additionalEventData: { sub, ...(by === "token" && { userPoolId: POOL_ID }) } };
}

function pageParts({ status, form, namesUser }: PageStep, person: Person): JsonObject {
  return {
    eventSource: "cognito-idp.amazonaws.com",
    eventType: "AwsServiceEvent",
    userIdentity: { accountId: ACCOUNT },
    sourceIPAddress: person.ip,
    userAgent: person.browserAgent,
    requestParameters: null,
    responseElements: null,
    additionalEventData: {
      responseParameters: { status },
      requestParameters: { ...form, ...(namesUser && { sub: [person.sub] }) },
      userPoolDomain: DOMAIN,
      userPoolId: POOL_ID,
    },
    // An account of Cognito's own, not the customer's.
    serviceEventDetails: { serviceAccountId: "333344445555" },
  };
}

function foreignParts({ eventSource, request }: ForeignStep, atMs: number): JsonObject {
  return {
    eventSource,
    eventType: "AwsApiCall",
    userIdentity: backOffice(atMs),
    sourceIPAddress: SERVER_IP,
    userAgent: SERVER_AGENT,
    requestParameters: request,
    responseElements: null,
  };
}
