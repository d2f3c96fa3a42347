/**
 * What two looks at the same user can tell. Most of these types come from CloudTrail too, where they name who did it.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
 */
import type { TypeRow } from "./type-row.ts";

export const USERS_POLL = {
  created: { type: "user.created", description: "A user is there who was not there before." },
  deleted: { type: "user.deleted", description: "A user is no longer there." },
  disabled: { type: "user.disabled", description: "A user can no longer sign in." },
  enabled: { type: "user.enabled", description: "A disabled user can sign in again." },
  confirmed: { type: "user.confirmed", description: "A user's status went to CONFIRMED." },
  updated: { type: "user.updated", description: "Something about a user changed." },
} as const satisfies Readonly<Record<string, TypeRow>>;

/** TriggerMesh's only type, for consumers that were written for it; its data is a shape of its own. */
export const SYNC_TRIGGER = {
  type: "sync_trigger",
  description: "A user is new or changed, told as TriggerMesh's AWSCognitoUserPoolSource tells it.",
} as const satisfies TypeRow;
