/** Records and the way to map them, for the tests of this folder. */
import { type CloudTrailContext, type MappedEvent, type Mapping, mapCloudTrail } from "../../src/mappers/index.ts";

export const POOL_ID = "eu-central-1_Kq3vX9TzP";
export const CLIENT_ID = "7h2v9k4m1q8s3d6f5g0j2l4n8p";
export const SUB = "c0a8f5d2-5b1e-4f37-9a6d-2e7b41d09c83";
export const HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS";

type Members = Readonly<Record<string, unknown>>;

export function context(changes: Partial<CloudTrailContext> = {}): CloudTrailContext {
  return {
    road: "eventbridge",
    includeReads: false,
    onlyPools: null,
    envelope: {},
    fallbackId: () => "fallback-id",
    poolOfClient: (clientId) => (clientId === CLIENT_ID ? POOL_ID : undefined),
    ...changes,
  };
}

export function apiRecord(eventName: unknown, members: Members = {}): Members {
  return {
    eventTime: "2026-05-04T12:00:07Z",
    eventSource: "cognito-idp.amazonaws.com",
    eventName,
    awsRegion: "eu-central-1",
    eventID: "d3a90000-7d1f-4c02-8e5a-000000000001",
    eventType: "AwsApiCall",
    recipientAccountId: "210987654321",
    ...members,
  };
}

export function pageRecord(eventName: string, status: unknown, additional: Members = {}): Members {
  return apiRecord(eventName, {
    eventType: "AwsServiceEvent",
    userIdentity: { accountId: "210987654321" },
    requestParameters: null,
    responseElements: null,
    additionalEventData: { responseParameters: { status }, userPoolId: POOL_ID, ...additional },
  });
}

/** The event of a record; a failed test where the record is ignored. */
export function eventOf(record: unknown, changes: Partial<CloudTrailContext> = {}): MappedEvent {
  const mapping = mapCloudTrail(record, context({ includeReads: true, ...changes }));
  if (mapping.kind === "ignored") throw new Error(`ignored: ${mapping.reason}`);
  return mapping;
}

/** `<resource>.<fact> <outcome>`, or `ignored <reason>`. */
export function summary(mapping: Mapping): string {
  if (mapping.kind === "ignored") return `ignored ${mapping.reason}`;
  const { type, outcome } = mapping.attributes;
  return `${type.replace(/^com\.amazon\.cognito-idp\./, "")} ${outcome}`;
}
