import { expect, it } from "vitest";
import { snakeCase } from "../../src/events/snake-case.ts";

it.each([
  ["AdminSetUserMFAPreference", "admin_set_user_mfa_preference"],
  ["SetUICustomization", "set_ui_customization"],
  ["GetCSVHeader", "get_csv_header"],
  ["OAuth2_Authorize", "oauth2_authorize"],
  ["OAuth2Response", "oauth2_response"],
  ["SAML2Logout", "saml2_logout"],
  ["Login_OIDC_SAML", "login_oidc_saml"],
  ["PostConfirmation_ConfirmSignUp", "post_confirmation_confirm_sign_up"],
  ["CustomSMSSender_SignUp", "custom_sms_sender_sign_up"],
  ["mfa_phone_resendCode", "mfa_phone_resend_code"],
  ["Code2Sent", "code2_sent"],
  ["ABTest", "ab_test"],
  ["X", "x"],
  ["already_snake", "already_snake"],
  ["a".repeat(64), "a".repeat(64)],
])("%s -> %s", (name, expected) => {
  expect(snakeCase(name)).toBe(expected);
});

it.each(["", "_Leading", "1st", "with-dash", "with.dot", "with space", "Ümlaut", "x\n", "a".repeat(65)])(
  "%j is no name",
  (name) => {
    expect(snakeCase(name)).toBe("unknown");
  },
);
