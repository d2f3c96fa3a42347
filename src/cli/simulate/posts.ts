/**
 * Puts the acts of a day on two roads: what an EventBridge rule sends on at once, one event a post, and the rest as
 * CloudTrail files, some records each. Some records take both roads, as they do wherever both are set up.
 */
import type { JsonObject } from "../../core/json.ts";
import type { Act } from "./act.ts";
import { ACCOUNT, REGION } from "./pool.ts";
import type { Random } from "./random.ts";
import { recordTime } from "./record.ts";

export interface SimulatedPost {
  readonly route: "/ingest/eventbridge" | "/ingest/cloudtrail";
  readonly body: unknown;
  /** Types of the events that its records make, in their order; fewer than the records where some are ignored. */
  readonly expect: readonly string[];
  /** What happened, a record each. */
  readonly told: readonly Told[];
}

export interface Told {
  readonly action: string;
  readonly note: string;
  /** The record was in an earlier post already. */
  readonly again: boolean;
}

const FILE_RECORDS = 6;
/** One in so many EventBridge events stands in the next file too. */
const FILED_TOO = 9;
/** The last event of every so many-th file comes by EventBridge too. */
const SENT_TOO = 3;

export function postsOf(acts: readonly Act[], random: Random): readonly SimulatedPost[] {
  const posts: SimulatedPost[] = [];
  let file: { readonly act: Act; readonly again: boolean }[] = [];
  let sent = 0;
  let files = 0;

  for (const act of acts) {
    if (act.quiet) {
      file.push({ act, again: false });
      if (file.length >= FILE_RECORDS) closeFile();
    } else {
      posts.push(eventBridgePost(act, false, random));
      if (sent % FILED_TOO === 0) file.push({ act, again: true });
      sent += 1;
    }
  }
  closeFile();
  return posts;

  function closeFile(): void {
    if (file.length === 0) return;
    posts.push({
      route: "/ingest/cloudtrail",
      body: { Records: file.map(({ act }) => act.record) },
      expect: file.flatMap(({ act }) => act.type ?? []),
      told: file.map(({ act, again }) => told(act, again)),
    });
    // A rule passes on neither reads nor the records of other services.
    const late = file.findLast(({ act, again }) => !again && act.type !== undefined);
    if (late && files % SENT_TOO === 0) posts.push(eventBridgePost(late.act, true, random));
    files += 1;
    file = [];
  }
}

function told({ action, note }: Act, again: boolean): Told {
  return { action, note, again };
}

function eventBridgePost(act: Act, again: boolean, random: Random): SimulatedPost {
  return {
    route: "/ingest/eventbridge",
    body: envelope(act, random),
    expect: act.type === undefined ? [] : [act.type],
    told: [told(act, again)],
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
function envelope({ record, atMs }: Act, random: Random): JsonObject {
  const kind = record.eventType === "AwsServiceEvent" ? "Service Event" : "API Call";
  return {
    version: "0",
    id: random.uuid(),
    "detail-type": `AWS ${kind} via CloudTrail`,
    source: "aws.cognito-idp",
    account: ACCOUNT,
    time: recordTime(atMs),
    region: REGION,
    resources: [],
    detail: record,
  };
}
