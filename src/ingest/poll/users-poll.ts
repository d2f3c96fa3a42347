/** The users poll of one pool, as the frame of polls runs it. */

import type { PollMetrics } from "./metrics.ts";
import type { PollOptions } from "./runner.ts";
import { scanUsers } from "./scan-users.ts";
import { type UsersMetrics, usersLabels } from "./users-metrics.ts";
import type { ListUsersPage } from "./users-page.ts";
import type { UsersScanOptions, UsersScanParts } from "./users-scan.ts";

export interface UsersPollOptions extends UsersScanOptions {
  readonly pauseMs: number;
}

export interface UsersPollParts extends Omit<UsersScanParts, "listUsers" | "count"> {
  /** Asked once, when the first scan begins; where it rejects, again at the next. */
  readonly openListUsers: () => Promise<ListUsersPage>;
  readonly metrics: PollMetrics;
  readonly usersMetrics: UsersMetrics;
}

export function usersPoll(options: UsersPollOptions, parts: UsersPollParts): PollOptions {
  const { poolArn, pauseMs } = options;
  const { metrics, usersMetrics } = parts;
  const labels = usersLabels(poolArn);
  const requestLabels = { poll: "listUsers", ...labels };
  let listUsers: ListUsersPage | undefined;
  const count: UsersScanParts["count"] = {
    request: () => metrics.requests.add(requestLabels),
    requestFailure: ({ code }) => metrics.requestFailures.add({ ...requestLabels, code }),
    seen: (users) => usersMetrics.seen.add(labels, users),
    withoutSub: (items) => usersMetrics.withoutSub.add(labels, items),
  };
  return {
    name: "listUsers",
    labels,
    arns: [poolArn],
    key: `listUsers/${poolArn}`,
    pauseMs,
    async scan(turn) {
      listUsers ??= await parts.openListUsers();
      return scanUsers(options, { ...parts, listUsers, count }, turn);
    },
  };
}
