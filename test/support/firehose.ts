/** Requests as Amazon Data Firehose makes them, and what it puts into their records. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { cloudTrailRecord } from "./records.ts";
import { post } from "./test-gateway.ts";

export const STREAM_ARN = "arn:aws:firehose:eu-central-1:210987654321:deliverystream/cognito";

export function base64(data: string | Uint8Array): string {
  return Buffer.from(data).toString("base64");
}

export function firehoseBody(data: readonly (string | Uint8Array)[], requestId: string = randomUUID()): string {
  return JSON.stringify({ requestId, timestamp: 1777879869000, records: data.map((one) => ({ data: base64(one) })) });
}

export function firehoseHeaders(requestId: string, key?: string): Record<string, string> {
  return {
    "x-amz-firehose-protocol-version": "1.0",
    "x-amz-firehose-request-id": requestId,
    "x-amz-firehose-source-arn": STREAM_ARN,
    ...(key !== undefined && { "x-amz-firehose-access-key": key }),
  };
}

/** A whole request, ready to be sent. */
export function firehosePost(data: readonly (string | Uint8Array)[], key?: string): RequestInit {
  const requestId = randomUUID();
  return post(firehoseBody(data, requestId), firehoseHeaders(requestId, key));
}

export function logsPayload(messages: readonly unknown[], overrides: Record<string, unknown> = {}): string {
  return JSON.stringify({
    messageType: "DATA_MESSAGE",
    owner: "333322221111",
    logGroup: "trail",
    logStream: "333322221111_CloudTrail_eu-central-1",
    subscriptionFilters: ["cognito"],
    logEvents: messages.map((message, at) => ({
      id: String(at),
      timestamp: 1777879869000,
      message: typeof message === "string" ? message : JSON.stringify(message),
    })),
    ...overrides,
  });
}

export const CONTROL_MESSAGE = JSON.stringify({
  messageType: "CONTROL_MESSAGE",
  owner: "CloudwatchLogs",
  logGroup: "",
  logStream: "",
  subscriptionFilters: [],
  logEvents: [{ id: "", timestamp: 1777879869000, message: "CWL CONTROL MESSAGE: Checking health of destination." }],
});

export function snsEnvelope(message: unknown): string {
  return `${JSON.stringify({
    Type: "Notification",
    MessageId: randomUUID(),
    TopicArn: "arn:aws:sns:eu-central-1:210987654321:cognito",
    Message: typeof message === "string" ? message : JSON.stringify(message),
    Timestamp: "2026-05-04T07:31:09.000Z",
  })}\n`;
}

export function activityLog(eventId: string = randomUUID()): Record<string, unknown> {
  return {
    eventTimestamp: "1777879869000",
    eventSource: "USER_ACTIVITY",
    logLevel: "INFO",
    message: {
      version: "1",
      eventId,
      eventType: "SignIn",
      eventResponse: "Fail",
      userSub: "c1f0a7de-3b52-4a56-9a5e-2f6b7f0d8e11",
      userName: "ada",
      creationDate: "Mon May 04 07:31:09 UTC 2026",
    },
    logSourceId: { userPoolId: "eu-central-1_Kq3vX9TzP" },
  };
}

export function records(count: number): readonly Record<string, unknown>[] {
  return Array.from({ length: count }, () => cloudTrailRecord());
}

/** Each text as a member of its own. */
export function gzipMembers(...texts: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(texts.map((text) => gzipSync(text)));
}
