/**
 * What poolcast tells of itself. These types are whole, and their data is not that of the events of user pools. They
 * reach only a subscription whose filters ask for them by type.
 */
import type { Members } from "../members.ts";

interface OwnRow {
  readonly description: string;
  /** Members of `data`. */
  readonly data: Members;
}

export const OWN_EVENTS = {
  "dev.poolcast.gap_detected": {
    description:
      "Activity of user pools may be missing: a poll could not look back to where it had stopped, or a file in S3 was given up.",
    data: { userPoolArn: "text", road: "text", file: "text", from: "time", to: "time", reason: "text" },
  },
  "dev.poolcast.subscription_disabled": {
    description: "A subscription gets no more events until somebody enables it again.",
    data: { subscription: "text", reason: "text" },
  },
  "dev.poolcast.store_lost": {
    description: "The broker's store was emptied or replaced from outside: events may be lost or come twice.",
    data: { broker: "text", reason: "text" },
  },
} as const satisfies Readonly<Record<string, OwnRow>>;
