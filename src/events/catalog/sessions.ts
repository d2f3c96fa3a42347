import { type ApiActionRow, AUTH } from "./api-action-row.ts";

export const SESSIONS = {
  AdminInitiateAuth: { facts: AUTH },
  AdminRespondToAuthChallenge: { facts: AUTH },
  AdminRevokeUserSession: { facts: ["session", "revoked", "revoke_failed"] },
  AdminUserGlobalSignOut: { facts: ["session", "all_revoked", "all_revoke_failed"] },
  GetClientToken: { facts: ["token", "issued", "issue_failed"] },
  GetTokensFromRefreshToken: { facts: ["session", "refreshed", "refresh_failed"] },
  GlobalSignOut: { facts: ["session", "all_revoked", "all_revoke_failed"] },
  InitiateAuth: { facts: AUTH },
  RespondToAuthChallenge: { facts: AUTH },
  RevokeToken: { facts: ["token", "revoked", "revoke_failed"] },
  RevokeUserSession: { facts: ["session", "revoked", "revoke_failed"] },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
