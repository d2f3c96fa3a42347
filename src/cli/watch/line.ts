/** An event as a line for a person. */
import { member } from "../../core/json.ts";
import { readRfc3339 } from "../../core/rfc3339.ts";
import { TYPE_PREFIX } from "../../events/type-prefix.ts";
import type { LoggedEventView } from "../../routes/admin-port.ts";
import { withoutControls } from "../../runtimes/log-writer.ts";

/** So wide that most lines stand under each other: nobody knows what comes next. */
const WIDTHS = { type: 32, subject: 41, outcome: 9 } as const;

/** `2026-05-04T07:31:09Z  user.signed_up  user/7d1f...  success  eventbridge`. */
export function eventLine({ event, recordedAt }: LoggedEventView): string {
  const text = (name: string) => {
    const value = member(event, name);
    return typeof value === "string" ? value : "";
  };
  const type = text("type");
  const cells = [
    secondOf(text("time") || recordedAt),
    (type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : type).padEnd(WIDTHS.type),
    text("subject").padEnd(WIDTHS.subject),
    text("outcome").padEnd(WIDTHS.outcome),
    text("road"),
  ];
  return withoutControls(cells.join("  ")).trimEnd();
}

/** In UTC; as it stands where it is no time. */
function secondOf(time: string): string {
  const ms = readRfc3339(time);
  return ms === undefined ? time : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
