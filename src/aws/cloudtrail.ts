/**
 * CloudTrail's event history by LookupEvents.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
import { CloudTrailClient, LookupEventsCommand, type LookupEventsCommandOutput } from "@aws-sdk/client-cloudtrail";
import { member } from "../core/json.ts";
import { ok, type Result } from "../core/result.ts";
import {
  EVENTS_PER_PAGE,
  type EventHistory,
  type HistoryPage,
  type HistoryQuery,
} from "../ingest/poll/event-history.ts";
import type { PollFault } from "../ingest/poll/fault.ts";
import { createAwsCall } from "./aws-call.ts";
import type { AwsCredentials } from "./given-credentials.ts";
import { OWN_USER_AGENT } from "./user-agent.ts";

export interface CloudTrailOptions {
  readonly region: string;
  /** Asked anew after AWS refused what it gave before. */
  readonly credentials: () => AwsCredentials;
  /** In place of AWS's own, or of AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_CLOUDTRAIL. */
  readonly endpoint?: string | undefined;
  /** For one request, to the last byte of its answer. */
  readonly timeoutMs?: number;
}

/** Answers of 35 s were seen in a busy Region. Shorter than the lease of a poll. */
const TIMEOUT_MS = 45_000;

const EVENT_SOURCE = { AttributeKey: "EventSource", AttributeValue: "cognito-idp.amazonaws.com" } as const;

export function createCloudTrailHistory(options: CloudTrailOptions): EventHistory {
  const { region, endpoint, timeoutMs = TIMEOUT_MS } = options;
  const call = createAwsCall({
    timeoutMs,
    connect: () =>
      new CloudTrailClient({
        region,
        credentials: options.credentials(),
        customUserAgent: OWN_USER_AGENT,
        // Every request counts against the rate, so the scan itself decides what to repeat.
        maxAttempts: 1,
        ...(endpoint !== undefined && { endpoint }),
      }),
  });

  return {
    async page(query, signal): Promise<Result<HistoryPage, PollFault>> {
      const { command, answeredAtMs } = lookUp(query);
      const output = await call((client, abortSignal) => client.send(command, { abortSignal }), signal);
      return output.ok ? ok(pageOf(output.value, query, answeredAtMs())) : output;
    },
  };
}

function lookUp({ fromMs, toMs, token }: HistoryQuery) {
  const command = new LookupEventsCommand({
    LookupAttributes: [EVENT_SOURCE],
    StartTime: new Date(fromMs),
    // Both ends are included, and times of events have no fraction.
    EndTime: new Date(toMs - 1000),
    MaxResults: EVENTS_PER_PAGE,
    ...(token !== undefined && { NextToken: token }),
  });
  let date: unknown;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = member(member(result.response, "headers"), "date");
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  const answeredAtMs = () => {
    const atMs = typeof date === "string" ? Date.parse(date) : Number.NaN;
    return Number.isNaN(atMs) ? undefined : atMs;
  };
  return { command, answeredAtMs };
}

function pageOf(
  { Events, NextToken }: LookupEventsCommandOutput,
  { fromMs }: HistoryQuery,
  atMs?: number,
): HistoryPage {
  return {
    events: (Events ?? []).map(({ EventTime, CloudTrailEvent }) => ({
      timeMs: EventTime?.getTime() ?? fromMs,
      record: CloudTrailEvent ?? "",
    })),
    next: NextToken === "" ? undefined : NextToken,
    atMs,
  };
}
