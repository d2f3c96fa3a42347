/**
 * Every API action of user pools that changes something, and what the event says about it.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html
 *
 * Some of them begin with Get and are no reads all the same: they send a code or issue tokens.
 */
import { CLIENTS } from "./clients.ts";
import { GROUPS_AND_IMPORTS } from "./groups-and-imports.ts";
import { PASSWORDS_AND_MFA } from "./passwords-and-mfa.ts";
import { SESSIONS } from "./sessions.ts";
import { USER_POOLS } from "./user-pools.ts";
import { USERS } from "./users.ts";

export const API_ACTIONS = {
  ...USERS,
  ...PASSWORDS_AND_MFA,
  ...SESSIONS,
  ...GROUPS_AND_IMPORTS,
  ...USER_POOLS,
  ...CLIENTS,
} as const;
