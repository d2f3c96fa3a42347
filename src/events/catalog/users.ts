import type { ApiActionRow } from "./api-action-row.ts";

export const USERS = {
  AdminConfirmSignUp: { facts: ["user", "confirmed", "confirm_failed"] },
  AdminCreateUser: { facts: ["user", "created", "create_failed"] },
  AdminDeleteUser: { facts: ["user", "deleted", "delete_failed"] },
  AdminDeleteUserAttributes: { facts: ["user", "updated", "update_failed"] },
  AdminDisableProviderForUser: { facts: ["user", "provider_unlinked", "provider_unlink_failed"] },
  AdminDisableUser: { facts: ["user", "disabled", "disable_failed"] },
  AdminEnableUser: { facts: ["user", "enabled", "enable_failed"] },
  AdminLinkProviderForUser: { facts: ["user", "provider_linked", "provider_link_failed"] },
  AdminUpdateUserAttributes: { facts: ["user", "updated", "update_failed"] },
  ConfirmSignUp: { facts: ["user", "confirmed", "confirm_failed"] },
  DeleteUser: { facts: ["user", "deleted", "delete_failed"] },
  DeleteUserAttributes: { facts: ["user", "updated", "update_failed"] },
  GetUserAttributeVerificationCode: { facts: ["user", "verification_code_sent", "verification_code_send_failed"] },
  ResendConfirmationCode: { facts: ["user", "confirmation_code_resent", "confirmation_code_resend_failed"] },
  SignUp: { facts: ["user", "signed_up", "sign_up_failed"] },
  UpdateUserAttributes: { facts: ["user", "updated", "update_failed"] },
  VerifyUserAttribute: { facts: ["user", "attribute_verified", "attribute_verify_failed"] },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
