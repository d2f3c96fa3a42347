/** A record as EventBridge posts it, and the event that poolcast makes of it. */
import type { NewEvent } from "../src/broker/broker.ts";
import { encodeEvent } from "../src/core/event.ts";
import { type CloudTrailContext, type Mapping, mapCloudTrail } from "../src/mappers/index.ts";

/** Stands in the sample once; whoever posts it again puts another in its place. */
export const SAMPLE_EVENT_ID = "8f3b2a10-6c1d-4f6e-9d0a-000000000000";

const POOL = "us-west-2_aaaaaaaaa";
const TIME = "2026-03-02T09:41:07Z";

const DETAIL = {
  eventVersion: "1.08",
  userIdentity: {
    type: "AssumedRole",
    principalId: "AROAEXAMPLEEXAMPLE000:backend",
    arn: "arn:aws:sts::123456789012:assumed-role/backend/i-0123456789abcdef0",
    accountId: "123456789012",
    sessionContext: {
      sessionIssuer: { type: "Role", arn: "arn:aws:iam::123456789012:role/backend", accountId: "123456789012" },
    },
  },
  eventTime: TIME,
  eventSource: "cognito-idp.amazonaws.com",
  eventName: "AdminDisableUser",
  awsRegion: "us-west-2",
  sourceIPAddress: "198.51.100.7",
  userAgent: "aws-sdk-js/3.750.0 ua/2.1 os/linux lang/js md/nodejs#24.0.0 api/cognito-identity-provider#3.750.0",
  requestParameters: { userPoolId: POOL, username: "HIDDEN_DUE_TO_SECURITY_REASONS" },
  responseElements: null,
  additionalEventData: { sub: "6ba7b810-9dad-11d1-80b4-00c04fd430c8" },
  requestID: "c7f1d3a2-3a0e-4d0f-a9a5-7b8f8c1c9e11",
  eventID: SAMPLE_EVENT_ID,
  readOnly: false,
  eventType: "AwsApiCall",
  managementEvent: true,
  recipientAccountId: "123456789012",
  eventCategory: "Management",
};

/** The body of one POST /ingest/eventbridge. */
export const SAMPLE_TEXT = JSON.stringify({
  version: "0",
  id: "2d1b7c1e-5d3c-9c1a-6a53-0f8d6d6b9a77",
  "detail-type": "AWS API Call via CloudTrail",
  source: "aws.cognito-idp",
  account: "123456789012",
  time: TIME,
  region: "us-west-2",
  resources: [],
  detail: DETAIL,
});

const CONTEXT: CloudTrailContext = {
  road: "eventbridge",
  includeReads: false,
  onlyPools: null,
  envelope: { account: "123456789012", region: "us-west-2", time: TIME },
  fallbackId: () => SAMPLE_EVENT_ID,
  poolOfClient: () => undefined,
};

/** Maps and encodes one record, as ingest does. */
export function mapSample(detail: unknown): Mapping {
  return mapCloudTrail(detail, CONTEXT);
}

export function toEvent(detail: unknown): NewEvent {
  const mapping = mapSample(detail);
  if (mapping.kind === "ignored") throw new Error(`the sample is ignored: ${mapping.reason}`);
  const { attributes, data } = mapping;
  return {
    dedupeKey: `cloudtrail\n${attributes.id}`,
    type: attributes.type,
    partitionKey: typeof attributes.partitionkey === "string" ? attributes.partitionkey : undefined,
    event: encodeEvent({ ...attributes, recordedtime: new Date().toISOString() }, "json", JSON.stringify(data)),
  };
}

/** The event of the sample with another eventID, which `number` makes unique. */
export function sampleEvent(number: number): NewEvent {
  const eventID = `${SAMPLE_EVENT_ID.slice(0, -12)}${number.toString(16).padStart(12, "0")}`;
  return toEvent({ ...DETAIL, eventID });
}
