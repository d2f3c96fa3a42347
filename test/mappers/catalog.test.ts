import { describe, expect, it } from "vitest";
import { API_ACTIONS } from "../../src/events/catalog/api-actions.ts";
import { mapCloudTrail } from "../../src/mappers/index.ts";
import { apiRecord, context, summary } from "./records.ts";

/** Written down a second time on purpose: consumers filter by these types, a change to one breaks them. */
const TYPES = `
AddCustomAttributes user_pool.attributes_added user_pool.attributes_add_failed
AddUserPoolClientSecret client_secret.created client_secret.create_failed
AdminAddUserToGroup group.member_added group.member_add_failed
AdminConfirmSignUp user.confirmed user.confirm_failed
AdminCreateUser user.created user.create_failed
AdminDeleteSoftwareToken mfa.totp_deleted mfa.totp_delete_failed
AdminDeleteUser user.deleted user.delete_failed
AdminDeleteUserAttributes user.updated user.update_failed
AdminDisableProviderForUser user.provider_unlinked user.provider_unlink_failed
AdminDisableUser user.disabled user.disable_failed
AdminEnableUser user.enabled user.enable_failed
AdminForgetDevice device.forgotten device.forget_failed
AdminLinkProviderForUser user.provider_linked user.provider_link_failed
AdminRemoveUserFromGroup group.member_removed group.member_remove_failed
AdminResetUserPassword password.reset_required password.reset_require_failed
AdminRevokeUserSession session.revoked session.revoke_failed
AdminSetUserMFAPreference mfa.preference_changed mfa.preference_change_failed
AdminSetUserPassword password.set password.set_failed
AdminSetUserSettings mfa.preference_changed mfa.preference_change_failed
AdminUpdateAuthEventFeedback risk.feedback_recorded risk.feedback_record_failed
AdminUpdateDeviceStatus device.updated device.update_failed
AdminUpdateUserAttributes user.updated user.update_failed
AdminUserGlobalSignOut session.all_revoked session.all_revoke_failed
AssociateSoftwareToken mfa.totp_started mfa.totp_start_failed
ChangePassword password.changed password.change_failed
CompleteWebAuthnRegistration passkey.registered passkey.register_failed
ConfirmDevice device.confirmed device.confirm_failed
ConfirmForgotPassword password.reset password.reset_failed
ConfirmSignUp user.confirmed user.confirm_failed
CreateGroup group.created group.create_failed
CreateIdentityProvider identity_provider.created identity_provider.create_failed
CreateManagedLoginBranding branding.created branding.create_failed
CreateResourceServer resource_server.created resource_server.create_failed
CreateTerms terms.created terms.create_failed
CreateUserImportJob import_job.created import_job.create_failed
CreateUserPool user_pool.created user_pool.create_failed
CreateUserPoolClient client.created client.create_failed
CreateUserPoolDomain domain.created domain.create_failed
CreateUserPoolReplica replica.created replica.create_failed
DeleteGroup group.deleted group.delete_failed
DeleteIdentityProvider identity_provider.deleted identity_provider.delete_failed
DeleteManagedLoginBranding branding.deleted branding.delete_failed
DeleteResourceServer resource_server.deleted resource_server.delete_failed
DeleteTerms terms.deleted terms.delete_failed
DeleteUser user.deleted user.delete_failed
DeleteUserAttributes user.updated user.update_failed
DeleteUserPool user_pool.deleted user_pool.delete_failed
DeleteUserPoolClient client.deleted client.delete_failed
DeleteUserPoolClientSecret client_secret.deleted client_secret.delete_failed
DeleteUserPoolDomain domain.deleted domain.delete_failed
DeleteUserPoolReplica replica.deleted replica.delete_failed
DeleteWebAuthnCredential passkey.deleted passkey.delete_failed
ForgetDevice device.forgotten device.forget_failed
ForgotPassword password.reset_requested password.reset_request_failed
GetClientToken token.issued token.issue_failed
GetTokensFromRefreshToken session.refreshed session.refresh_failed
GetUserAttributeVerificationCode user.verification_code_sent user.verification_code_send_failed
GlobalSignOut session.all_revoked session.all_revoke_failed
ResendConfirmationCode user.confirmation_code_resent user.confirmation_code_resend_failed
RevokeToken token.revoked token.revoke_failed
RevokeUserSession session.revoked session.revoke_failed
SetLogDeliveryConfiguration user_pool.log_delivery_configured user_pool.log_delivery_configure_failed
SetRiskConfiguration user_pool.risk_configured user_pool.risk_configure_failed
SetUICustomization user_pool.ui_customized user_pool.ui_customize_failed
SetUserMFAPreference mfa.preference_changed mfa.preference_change_failed
SetUserPoolClientSessionConfiguration client.session_configured client.session_configure_failed
SetUserPoolMfaConfig user_pool.mfa_configured user_pool.mfa_configure_failed
SetUserPoolSessionConfiguration user_pool.session_configured user_pool.session_configure_failed
SetUserSettings mfa.preference_changed mfa.preference_change_failed
SignUp user.signed_up user.sign_up_failed
StartUserImportJob import_job.started import_job.start_failed
StartWebAuthnRegistration passkey.registration_started passkey.registration_start_failed
StopUserImportJob import_job.stopped import_job.stop_failed
TagResource user_pool.tagged user_pool.tag_failed
UntagResource user_pool.untagged user_pool.untag_failed
UpdateAuthEventFeedback risk.feedback_recorded risk.feedback_record_failed
UpdateDeviceStatus device.updated device.update_failed
UpdateGroup group.updated group.update_failed
UpdateIdentityProvider identity_provider.updated identity_provider.update_failed
UpdateManagedLoginBranding branding.updated branding.update_failed
UpdateProvisionedLimit limit.updated limit.update_failed
UpdateResourceServer resource_server.updated resource_server.update_failed
UpdateTerms terms.updated terms.update_failed
UpdateUserAttributes user.updated user.update_failed
UpdateUserPool user_pool.updated user_pool.update_failed
UpdateUserPoolClient client.updated client.update_failed
UpdateUserPoolDomain domain.updated domain.update_failed
UpdateUserPoolReplica replica.updated replica.update_failed
VerifySoftwareToken mfa.totp_verified mfa.totp_verify_failed
VerifyUserAttribute user.attribute_verified user.attribute_verify_failed
`;

const rows = TYPES.trim()
  .split("\n")
  .map((line) => line.split(" "));

const SIGN_INS = ["AdminInitiateAuth", "AdminRespondToAuthChallenge", "InitiateAuth", "RespondToAuthChallenge"];

function summaryOf(action: string, members: Readonly<Record<string, unknown>>): string {
  return summary(mapCloudTrail(apiRecord(action, members), context()));
}

describe("the catalog of API actions", () => {
  it("has these actions and no others", () => {
    const actions = [...rows.map(([action]) => action), ...SIGN_INS];
    expect(Object.keys(API_ACTIONS).toSorted()).toEqual(actions.toSorted());
    expect(actions).toHaveLength(94);
  });

  it.each(rows)("%s", (action = "", fact, failed) => {
    expect(summaryOf(action, {})).toBe(`${fact} success`);
    expect(summaryOf(action, { errorCode: "", errorMessage: "" })).toBe(`${fact} success`);
    expect(summaryOf(action, { errorCode: null })).toBe(`${fact} success`);
    expect(summaryOf(action, { errorCode: "LimitExceededException" })).toBe(`${failed} failure`);
  });

  describe.each(SIGN_INS)("%s", (action) => {
    const flow = { authFlow: "USER_AUTH" };

    it.each([
      ["session.started success", { authenticationResult: {} }],
      ["session.started success", { authenticationResult: "HIDDEN_DUE_TO_SECURITY_REASONS", challengeParameters: {} }],
      ["session.started success", { authenticationResult: {}, challengeName: "SELECT_CHALLENGE" }],
      ["session.challenged challenge", { challengeName: "SMS_MFA", authenticationResult: null }],
      ["session.challenged challenge", { challengeName: "HIDDEN_DUE_TO_SECURITY_REASONS" }],
      ["session.attempted unknown", { challengeName: null }],
      ["session.attempted unknown", "HIDDEN_DUE_TO_SECURITY_REASONS"],
      ["session.attempted unknown", null],
    ])("%s for %j", (expected, responseElements) => {
      expect(summaryOf(action, { requestParameters: flow, responseElements })).toBe(expected);
    });

    it("fails with an error, whatever the response", () => {
      const members = { requestParameters: flow, responseElements: { authenticationResult: {} } };
      expect(summaryOf(action, { ...members, errorCode: "NotAuthorizedException" })).toBe(
        "session.start_failed failure",
      );
    });

    it.each(["REFRESH_TOKEN", "REFRESH_TOKEN_AUTH"])("refreshes with %s", (authFlow) => {
      const members = { requestParameters: { authFlow } };
      expect(summaryOf(action, members)).toBe("session.refreshed success");
      expect(summaryOf(action, { ...members, errorCode: "NotAuthorizedException" })).toBe(
        "session.refresh_failed failure",
      );
    });
  });
});
