import type { Members } from "../members.ts";
import type { ApiActionRow } from "./api-action-row.ts";
import { CODE_DELIVERY, MFA_OPTIONS, MFA_PREFERENCE } from "./shared-members.ts";

const FEEDBACK = { eventId: "text", feedbackValue: "text" } as const satisfies Members;

const DEVICE_STATUS = { deviceKey: "text", deviceRememberedStatus: "text" } as const satisfies Members;

export const PASSWORDS_AND_MFA = {
  AdminDeleteSoftwareToken: { facts: ["mfa", "totp_deleted", "totp_delete_failed"] },
  AdminForgetDevice: { facts: ["device", "forgotten", "forget_failed"], request: { deviceKey: "text" } },
  AdminResetUserPassword: { facts: ["password", "reset_required", "reset_require_failed"] },
  AdminSetUserMFAPreference: {
    facts: ["mfa", "preference_changed", "preference_change_failed"],
    request: MFA_PREFERENCE,
  },
  AdminSetUserPassword: { facts: ["password", "set", "set_failed"], request: { permanent: "boolean" } },
  AdminSetUserSettings: {
    facts: ["mfa", "preference_changed", "preference_change_failed"],
    request: { mFAOptions: MFA_OPTIONS },
  },
  AdminUpdateAuthEventFeedback: { facts: ["risk", "feedback_recorded", "feedback_record_failed"], request: FEEDBACK },
  AdminUpdateDeviceStatus: { facts: ["device", "updated", "update_failed"], request: DEVICE_STATUS },
  AssociateSoftwareToken: { facts: ["mfa", "totp_started", "totp_start_failed"] },
  ChangePassword: { facts: ["password", "changed", "change_failed"] },
  CompleteWebAuthnRegistration: { facts: ["passkey", "registered", "register_failed"] },
  ConfirmDevice: {
    facts: ["device", "confirmed", "confirm_failed"],
    request: { deviceKey: "text", deviceName: "text" },
    response: { userConfirmationNecessary: "boolean" },
  },
  ConfirmForgotPassword: { facts: ["password", "reset", "reset_failed"] },
  DeleteWebAuthnCredential: { facts: ["passkey", "deleted", "delete_failed"], request: { credentialId: "text" } },
  ForgetDevice: { facts: ["device", "forgotten", "forget_failed"], request: { deviceKey: "text" } },
  ForgotPassword: {
    facts: ["password", "reset_requested", "reset_request_failed"],
    response: { codeDeliveryDetails: CODE_DELIVERY },
  },
  SetUserMFAPreference: { facts: ["mfa", "preference_changed", "preference_change_failed"], request: MFA_PREFERENCE },
  SetUserSettings: {
    facts: ["mfa", "preference_changed", "preference_change_failed"],
    request: { mFAOptions: MFA_OPTIONS },
  },
  // The options hold the challenge that the passkey answers.
  StartWebAuthnRegistration: { facts: ["passkey", "registration_started", "registration_start_failed"] },
  UpdateAuthEventFeedback: { facts: ["risk", "feedback_recorded", "feedback_record_failed"], request: FEEDBACK },
  UpdateDeviceStatus: { facts: ["device", "updated", "update_failed"], request: DEVICE_STATUS },
  VerifySoftwareToken: {
    facts: ["mfa", "totp_verified", "totp_verify_failed"],
    request: { friendlyDeviceName: "text" },
    response: { status: "text" },
  },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
