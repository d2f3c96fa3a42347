import { type ApiActionRow, ATTRIBUTE_NAMES } from "./api-action-row.ts";
import { CODE_DELIVERIES, CODE_DELIVERY, PROVIDER_USER } from "./shared-members.ts";

export const USERS = {
  AdminConfirmSignUp: { facts: ["user", "confirmed", "confirm_failed"] },
  AdminCreateUser: {
    facts: ["user", "created", "create_failed"],
    request: { forceAliasCreation: "boolean", messageAction: "text", desiredDeliveryMediums: "texts" },
  },
  AdminDeleteUser: { facts: ["user", "deleted", "delete_failed"] },
  AdminDeleteUserAttributes: {
    facts: ["user", "updated", "update_failed"],
    request: { userAttributeNames: "texts" },
  },
  AdminDisableProviderForUser: {
    facts: ["user", "provider_unlinked", "provider_unlink_failed"],
    request: { user: PROVIDER_USER },
  },
  AdminDisableUser: { facts: ["user", "disabled", "disable_failed"] },
  AdminEnableUser: { facts: ["user", "enabled", "enable_failed"] },
  AdminLinkProviderForUser: {
    facts: ["user", "provider_linked", "provider_link_failed"],
    request: { destinationUser: PROVIDER_USER, sourceUser: PROVIDER_USER },
  },
  AdminUpdateUserAttributes: { facts: ["user", "updated", "update_failed"], request: ATTRIBUTE_NAMES },
  ConfirmSignUp: { facts: ["user", "confirmed", "confirm_failed"], request: { forceAliasCreation: "boolean" } },
  DeleteUser: { facts: ["user", "deleted", "delete_failed"] },
  DeleteUserAttributes: { facts: ["user", "updated", "update_failed"], request: { userAttributeNames: "texts" } },
  GetUserAttributeVerificationCode: {
    facts: ["user", "verification_code_sent", "verification_code_send_failed"],
    request: { attributeName: "text" },
    response: { codeDeliveryDetails: CODE_DELIVERY },
  },
  ResendConfirmationCode: {
    facts: ["user", "confirmation_code_resent", "confirmation_code_resend_failed"],
    response: { codeDeliveryDetails: CODE_DELIVERY },
  },
  SignUp: {
    facts: ["user", "signed_up", "sign_up_failed"],
    response: { userConfirmed: "boolean", codeDeliveryDetails: CODE_DELIVERY },
  },
  UpdateUserAttributes: {
    facts: ["user", "updated", "update_failed"],
    request: ATTRIBUTE_NAMES,
    response: { codeDeliveryDetailsList: CODE_DELIVERIES },
  },
  VerifyUserAttribute: {
    facts: ["user", "attribute_verified", "attribute_verify_failed"],
    request: { attributeName: "text" },
  },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
