import { describe, expect, it } from "vitest";
import { mapCloudTrail } from "../../src/mappers/index.ts";
import { context, pageRecord, summary } from "./records.ts";

/**
 * A name that AWS documents, what it is, and how its page is called in a type. `view`: a read. `submit`: an attempt,
 * and a fact of its own where the status tells that it worked or failed. `fact`: always that fact; 200 is success.
 */
const CLASSIC = `
  Login_GET view login
  CognitoAuthentication submit cognito_authentication
  OAuth2_Authorize_GET view oauth2_authorize
  Beta_Authorize_GET view authorize
  OAuth2Response_GET submit oauth2_response
  OAuth2Response_POST submit oauth2_response
  SAML2Response_POST submit saml2_response
  Beta_SAML2Response_POST submit saml2_response
  Login_OIDC_SAML_POST submit login_oidc_saml
  Token_POST fact - token.issued token.issue_failed
  Beta_Token_POST submit token
  Signup_GET view signup
  Signup_POST submit signup user.signed_up user.sign_up_failed
  Confirm_GET view confirm
  Confirm_POST submit confirm user.confirmed user.confirm_failed
  ResendCode_POST submit resend_code user.confirmation_code_resent user.confirmation_code_resend_failed
  ForgotPassword_GET view forgot_password
  ForgotPassword_POST submit forgot_password password.reset_requested password.reset_request_failed
  ConfirmForgotPassword_GET view confirm_forgot_password
  ConfirmForgotPassword_POST submit confirm_forgot_password password.reset password.reset_failed
  ResetPassword_GET view reset_password
  ResetPassword_POST submit reset_password password.reset password.reset_failed
  Mfa_GET view mfa
  Mfa_POST submit mfa
  MfaOption_GET view mfa_option
  MfaOption_POST submit mfa_option
  MfaRegister_GET view mfa_register
  MfaRegister_POST submit mfa_register
  Logout fact - session.ended session.end_failed
  SAML2Logout_POST fact - session.ended session.end_failed
  Error_GET view error
  UserInfo_GET view-200-is-success user_info
  UserInfo_POST view-200-is-success user_info
  Confirm_With_Link_GET submit confirm_with_link user.confirmed user.confirm_failed
  Event_Feedback_GET submit event_feedback
  Login_Error_POST view login_error`;

const MANAGED_LOGIN = `
  login_POST submit login
  login_continue_POST submit login_continue
  selectChallenge_POST submit select_challenge
  login_passkey_POST submit login_passkey
  passkeys_add_GET view passkeys_add
  passkeys_add_POST submit passkeys_add
  signup_POST submit signup user.signed_up user.sign_up_failed
  signup_confirm_POST submit signup_confirm user.confirmed user.confirm_failed
  confirmUser_GET submit confirm_user user.confirmed user.confirm_failed
  verifyCode_POST submit verify_code
  forgotPassword_POST submit forgot_password password.reset_requested password.reset_request_failed
  mfa_back_POST submit mfa_back
  mfa_options_POST submit mfa_options
  mfa_phone_register_POST submit mfa_phone_register
  mfa_phone_verify_POST submit mfa_phone_verify
  mfa_phone_resendCode_POST submit mfa_phone_resend_code
  mfa_totp_POST submit mfa_totp`;

/** Not documented, or not yet. */
const OTHERS = `
  logout submit logout
  Signup submit signup
  token_POST submit token
  Beta_Signup_POST submit signup
  Beta_Beta_X_GET view beta_x
  Beta_ submit unknown
  _GET view unknown
  no.page_POST submit unknown`;

function rowsOf(table: string): string[][] {
  return table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(" "));
}

function summaryOf(name: string, status: unknown, includeReads = true, form: Record<string, unknown> = {}): string {
  const record = pageRecord(name, status, { requestParameters: form });
  return summary(mapCloudTrail(record, context({ includeReads })));
}

it("lists all names that AWS documents", () => {
  expect(rowsOf(CLASSIC)).toHaveLength(36);
  expect(rowsOf(MANAGED_LOGIN)).toHaveLength(17);
});

describe("after each status", () => {
  const rows = [...rowsOf(CLASSIC), ...rowsOf(MANAGED_LOGIN), ...rowsOf(OTHERS)];

  it.each(rows)("%s", (name = "", kind = "", page = "", ...facts) => {
    const view = kind.startsWith("view");
    const shown = kind === "fact" ? facts[0] : `hosted_ui.${page}_${view ? "viewed" : "submitted"}`;
    const [success, failure] =
      facts.length > 0 ? facts : [shown, `hosted_ui.${page}_${view ? "view" : "submit"}_failed`];

    for (const status of [302, 303, 302.0, "302"]) expect(summaryOf(name, status)).toBe(`${success} success`);
    for (const status of [400, 404, 500, "401", "500.0"]) expect(summaryOf(name, status)).toBe(`${failure} failure`);
    const okOutcome = kind === "fact" || kind === "view-200-is-success" ? "success" : "unknown";
    for (const status of [200, 200.0, "200", 204]) expect(summaryOf(name, status)).toBe(`${shown} ${okOutcome}`);
    for (const none of [undefined, null, "", "none", "0x190", 0, 101, -400, [302], { code: 302 }]) {
      expect(summaryOf(name, none)).toBe(`${shown} unknown`);
    }
    expect(summaryOf(name, 302, false)).toBe(view ? "ignored read" : `${success} success`);
  });
});

describe("Token_POST", () => {
  it.each([
    [["refresh_token"], 200, "session.refreshed success"],
    [["refresh_token"], 400, "session.refresh_failed failure"],
    [["refresh_token"], undefined, "session.refreshed unknown"],
    [["authorization_code"], 200, "token.issued success"],
    [["client_credentials"], 400, "token.issue_failed failure"],
    ["HIDDEN_DUE_TO_SECURITY_REASONS", 200, "token.issued success"],
    [["authorization_code", "refresh_token"], 200, "token.issued success"],
  ])("with grant_type %j and status %j", (grant, status, expected) => {
    expect(summaryOf("Token_POST", status, false, { grant_type: grant })).toBe(expected);
  });

  it("alone knows refreshing", () => {
    expect(summaryOf("Logout", 302, false, { grant_type: ["refresh_token"] })).toBe("session.ended success");
  });
});

it("never judges by errorCode", () => {
  const record = { ...pageRecord("login_POST", 302), errorCode: "Redirect", errorMessage: "see other" };
  const mapping = mapCloudTrail(record, context());
  expect(summary(mapping)).toBe("hosted_ui.login_submitted success");
  expect(mapping).toMatchObject({ data: { error: { code: "Redirect", message: "see other" } } });
});
