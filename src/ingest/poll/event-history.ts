/** The port to CloudTrail's event history: the management events of one account and Region, of the last 90 days. */
import type { Result } from "../../core/result.ts";
import type { PollFault } from "./fault.ts";

export interface EventHistory {
  /** One page, the newest events first. Never rejects. One request, and no more: whoever calls keeps to the rate. */
  page(query: HistoryQuery, signal: AbortSignal): Promise<Result<HistoryPage, PollFault>>;
}

export interface HistoryQuery {
  /** Of the event's own time, in epoch ms, whole seconds. */
  readonly fromMs: number;
  /** Not included. */
  readonly toMs: number;
  /** Of the page before; good only with the same times. */
  readonly token?: string | undefined;
}

export interface HistoryPage {
  /** May be empty and have a next page. */
  readonly events: readonly HistoryEvent[];
  readonly next?: string | undefined;
  /** What AWS's clock said when it answered, in epoch ms. */
  readonly atMs?: number | undefined;
}

export interface HistoryEvent {
  readonly timeMs: number;
  /** The record as JSON text, or whatever came in its place. */
  readonly record: string;
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html */
export const REQUESTS_PER_SECOND = 2;
export const EVENTS_PER_PAGE = 50;
export const HISTORY_MS = 90 * 86_400_000;
