/** The LookupEvents polls that the configuration asks for: one for each account and Region, whatever pools lie there. */

import type { AwsAuthConfig, Config, PoolConfig } from "../config/config.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import { readPoolArn } from "../core/pool-arn.ts";
import { type EventHistory, HISTORY_MS } from "../ingest/poll/event-history.ts";
import {
  createLookupPoll,
  type LookupOptions,
  type LookupParts,
  type LookupPoll,
} from "../ingest/poll/lookup-events.ts";
import { createLookupMetrics } from "../ingest/poll/lookup-metrics.ts";
import { type Poll, type PollParts, startPoll } from "../ingest/poll/runner.ts";

/** Opens the event history of the account that the credentials belong to. */
export type OpenEventHistory = (place: HistoryPlace) => Promise<EventHistory>;

export interface HistoryPlace {
  readonly region: string;
  readonly auth?: AwsAuthConfig | undefined;
  readonly endpoint?: string | undefined;
}

export interface LookupGroup extends LookupOptions, HistoryPlace {
  readonly pauseMs: number;
}

/**
 * Pools of one account and Region share a scan: what one pool asks for beyond the others holds for all. Credentials and
 * endpoint are those of the first of them.
 */
export function lookupGroups(pools: readonly PoolConfig[]): readonly LookupGroup[] {
  const groups = new Map<string, LookupGroup>();
  for (const { arn, auth, poll, overlapMs, backfill, cloudtrailEndpoint } of pools) {
    if (poll.lookupEventsMs === undefined) continue;
    const { region, accountId: account } = readPoolArn(arn);
    const firstScanMs = backfill === false ? overlapMs : backfill === true ? HISTORY_MS : backfill.durationMs;
    const key = `${account}/${region}`;
    const known = groups.get(key);
    groups.set(key, {
      account,
      region,
      auth: known ? known.auth : auth,
      endpoint: known ? known.endpoint : cloudtrailEndpoint,
      arns: known ? [...known.arns, arn] : [arn],
      pauseMs: Math.min(poll.lookupEventsMs, known?.pauseMs ?? poll.lookupEventsMs),
      overlapMs: Math.max(overlapMs, known?.overlapMs ?? 0),
      firstScanMs: Math.max(firstScanMs, known?.firstScanMs ?? 0),
    });
  }
  return [...groups.values()];
}

export interface LookupStart {
  readonly config: Config;
  readonly registry: MetricsRegistry;
  readonly open: OpenEventHistory;
  readonly ingest: LookupParts["ingest"];
  readonly parts: PollParts;
}

/** Registers the metrics at once; the polls begin when it is called. */
export function prepareLookupPolls({ config, registry, open, ingest, parts }: LookupStart): () => readonly Poll[] {
  const running: { readonly lookup: LookupPoll; readonly poll: Poll }[] = [];
  const metrics = createLookupMetrics(registry, () =>
    running.flatMap(({ lookup, poll }) => {
      const lagMs = poll.status().state === "standby" ? undefined : lookup.lagMs();
      return lagMs === undefined ? [] : [{ labels: lookup.labels, value: lagMs / 1000 }];
    }),
  );

  return () => {
    warnOfShortDedupe(config, parts.log);
    for (const group of lookupGroups(config.pools)) {
      let history: Promise<EventHistory> | undefined;
      const lookup = createLookupPoll(group, {
        ...parts,
        ingest,
        metrics,
        pollMetrics: parts.metrics,
        history() {
          history ??= open(group);
          return history;
        },
      });
      const { arns, pauseMs } = group;
      const { key, labels, scan, detail } = lookup;
      const poll = startPoll({ name: "lookupEvents", labels, arns, key, pauseMs, scan, detail }, parts);
      running.push({ lookup, poll });
    }
    return running.map(({ poll }) => poll);
  };
}

/** What the overlap reads again must still be known to the broker. */
function warnOfShortDedupe({ pools, broker }: Config, log: Log): void {
  for (const { arn, poll, overlapMs } of pools) {
    if (poll.lookupEventsMs === undefined || overlapMs + poll.lookupEventsMs < broker.dedupeWindowMs) continue;
    log("warn", "overlap is longer than broker.dedupeWindow: the poll will emit the same events again and again", {
      arn,
    });
  }
}
