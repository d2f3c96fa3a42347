import { type ApiActionRow, AUTH } from "../catalog/api-action-row.ts";
import { API_ACTIONS } from "../catalog/api-actions.ts";
import { describeFact, describeFailure } from "../descriptions.ts";
import type { Contribution } from "./contribution.ts";

/** What the four sign-in calls can become; the response decides. */
export const AUTH_FACTS = ["session.started", "session.challenged", "session.attempted", "session.refreshed"] as const;

/** The same where the call failed, each with what was attempted. */
export const AUTH_FAILURES = [
  ["session.start_failed", "session.started"],
  ["session.refresh_failed", "session.refreshed"],
] as const;

export function apiContributions(): readonly Contribution[] {
  const rows: readonly (readonly [string, ApiActionRow])[] = Object.entries(API_ACTIONS);
  return rows.flatMap(([action, row]) => {
    const { facts, request, response } = row;
    const actions = [action];
    if (facts === AUTH) {
      return [
        ...AUTH_FACTS.map((name) => ({ name, description: describeFact(name), actions, request, response })),
        ...AUTH_FAILURES.map(([name, fact]) => ({ name, description: describeFailure(fact), actions, request })),
      ];
    }
    const [resource, fact, failed] = facts;
    const name = `${resource}.${fact}`;
    return [
      { name, description: describeFact(name), actions, request, response },
      // A call that failed has no response.
      { name: `${resource}.${failed}`, description: describeFailure(name), actions, request },
    ];
  });
}
