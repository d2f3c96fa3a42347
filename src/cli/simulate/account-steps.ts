/** What signed-in users do to their own account, with their access token. */
import { HIDDEN } from "../../mappers/extract/text.ts";
import type { ApiStep } from "./step.ts";

export const UPDATE_ATTRIBUTES: ApiStep = {
  by: "token",
  action: "UpdateUserAttributes",
  note: "has a new mail address",
  type: "user.updated",
  quiet: true,
  request: { userAttributes: HIDDEN },
  response: {
    codeDeliveryDetailsList: [{ destination: "m***@e***", deliveryMedium: "EMAIL", attributeName: "email" }],
  },
};

export const TOTP_START: ApiStep = {
  by: "token",
  action: "AssociateSoftwareToken",
  note: "sets up an authenticator app",
  type: "mfa.totp_started",
  quiet: true,
  request: {},
  response: { secretCode: HIDDEN },
};

export const TOTP_VERIFY: ApiStep = {
  by: "token",
  action: "VerifySoftwareToken",
  note: "has set up the authenticator app",
  type: "mfa.totp_verified",
  quiet: true,
  request: { userCode: HIDDEN, friendlyDeviceName: "phone" },
  response: { status: "SUCCESS" },
};

export const MFA_PREFERENCE: ApiStep = {
  by: "token",
  action: "SetUserMFAPreference",
  note: "wants a one-time code at sign-in",
  type: "mfa.preference_changed",
  request: { softwareTokenMfaSettings: { enabled: true, preferredMfa: true } },
};

export const GLOBAL_SIGN_OUT: ApiStep = {
  by: "token",
  action: "GlobalSignOut",
  note: "signs out everywhere",
  type: "session.all_revoked",
  request: {},
};

export const DELETE_USER: ApiStep = {
  by: "token",
  action: "DeleteUser",
  note: "leaves: the account is deleted",
  type: "user.deleted",
  request: {},
};
