import type { Members } from "../members.ts";
import { type ApiActionRow, AUTH } from "./api-action-row.ts";
import { AUTHENTICATION_RESULT } from "./shared-members.ts";

/** The parameters of a challenge are left out: some hold what an answer is computed from. */
const AUTH_RESPONSE = {
  challengeName: "text",
  availableChallenges: "texts",
  authenticationResult: AUTHENTICATION_RESULT,
} as const satisfies Members;

const REVOKED_SESSION = { sessionId: "text", revokeAssociatedSessions: "text" } as const satisfies Members;

export const SESSIONS = {
  AdminInitiateAuth: { facts: AUTH, request: { authFlow: "text" }, response: AUTH_RESPONSE },
  AdminRespondToAuthChallenge: { facts: AUTH, request: { challengeName: "text" }, response: AUTH_RESPONSE },
  AdminRevokeUserSession: { facts: ["session", "revoked", "revoke_failed"], request: REVOKED_SESSION },
  AdminUserGlobalSignOut: { facts: ["session", "all_revoked", "all_revoke_failed"] },
  GetClientToken: {
    facts: ["token", "issued", "issue_failed"],
    request: { scopes: "texts" },
    response: { clientAuthenticationResult: { object: { expiresIn: "integer", tokenType: "text" } } },
  },
  GetTokensFromRefreshToken: {
    facts: ["session", "refreshed", "refresh_failed"],
    request: { deviceKey: "text" },
    response: { authenticationResult: AUTHENTICATION_RESULT },
  },
  GlobalSignOut: { facts: ["session", "all_revoked", "all_revoke_failed"] },
  InitiateAuth: { facts: AUTH, request: { authFlow: "text" }, response: AUTH_RESPONSE },
  RespondToAuthChallenge: { facts: AUTH, request: { challengeName: "text" }, response: AUTH_RESPONSE },
  RevokeToken: { facts: ["token", "revoked", "revoke_failed"], request: { revokeAssociatedSessions: "text" } },
  RevokeUserSession: { facts: ["session", "revoked", "revoke_failed"], request: REVOKED_SESSION },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
