/** CloudTrail records with invented values. */
import { randomUUID } from "node:crypto";

export function cloudTrailRecord(
  eventID: string = randomUUID(),
  overrides: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    eventVersion: "1.11",
    userIdentity: { type: "Unknown", principalId: "Anonymous" },
    eventTime: "2026-05-04T07:31:09Z",
    eventSource: "cognito-idp.amazonaws.com",
    eventName: "SignUp",
    awsRegion: "eu-central-1",
    sourceIPAddress: "203.0.113.77",
    userAgent: "okhttp/4.12.0",
    requestParameters: { clientId: "7f3kq2v9c1m8d5t6r4s0w2x1yz", username: "HIDDEN_DUE_TO_SECURITY_REASONS" },
    responseElements: { userConfirmed: false, userSub: "c1f0a7de-3b52-4a56-9a5e-2f6b7f0d8e11" },
    additionalEventData: { sub: "c1f0a7de-3b52-4a56-9a5e-2f6b7f0d8e11" },
    requestID: randomUUID(),
    eventID,
    readOnly: false,
    eventType: "AwsApiCall",
    managementEvent: true,
    recipientAccountId: "210987654321",
    eventCategory: "Management",
    ...overrides,
  };
}

export function eventBridgeEvent(record: Record<string, unknown> = cloudTrailRecord()): Record<string, unknown> {
  const service = record.eventType === "AwsServiceEvent";
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": service ? "AWS Service Event via CloudTrail" : "AWS API Call via CloudTrail",
    source: "aws.cognito-idp",
    account: "210987654321",
    time: "2026-05-04T07:31:09Z",
    region: "eu-central-1",
    resources: [],
    detail: record,
  };
}

export function postJson(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
