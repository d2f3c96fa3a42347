/** Types that come from Lambda triggers, exported logs and the users poll: each row names its own type. */
import { ACTIVITY_LOGS, NOTIFICATION_LOG } from "../catalog/activity-logs.ts";
import { LAMBDA_TRIGGERS } from "../catalog/lambda-triggers.ts";
import type { TypeRow } from "../catalog/type-row.ts";
import { USERS_POLL } from "../catalog/users-poll.ts";
import type { Contribution } from "./contribution.ts";

export function rowContributions(): readonly Contribution[] {
  const triggers: readonly (readonly [string, TypeRow])[] = Object.entries(LAMBDA_TRIGGERS);
  return [
    ...triggers.map(([source, row]) => contribution(row, [source])),
    ...Object.entries(ACTIVITY_LOGS).flatMap(([kind, { passed, failed, inProgress }]) =>
      [passed, failed, inProgress].map((row) => contribution(row, [kind])),
    ),
    contribution(NOTIFICATION_LOG, ["USER_NOTIFICATION"]),
    ...Object.values(USERS_POLL).map((row) => contribution(row, ["ListUsers"])),
  ];
}

function contribution({ type, description, request, response }: TypeRow, actions: readonly string[]): Contribution {
  return { name: type, description, actions, request, response };
}
