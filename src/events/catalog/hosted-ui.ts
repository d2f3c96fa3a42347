/**
 * Pages of the hosted UI and of managed login, and the OAuth, OIDC and SAML endpoints: what CloudTrail calls them and
 * what they become. Names differ by their case: `Signup_POST` is of the classic pages, `signup_POST` of managed login.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-info-in-cloudtrail.html
 */
import type { Members } from "../members.ts";

/** What a page event becomes, without the prefix that all types have. */
export interface HostedUiRow {
  /** `<resource>.<fact>` where the status tells that it worked. */
  readonly passed: string;
  /** Where the status tells that it did not. */
  readonly failed: string;
  /** Where the status tells neither: the page was shown again, or the record has no status. */
  readonly shown: string;
  /** What a refresh becomes; only the token endpoint knows one. */
  readonly refresh?: { readonly passed: string; readonly failed: string };
  /** Nothing was changed or attempted. */
  readonly read: boolean;
  /** A page redirects where it accepted what was sent; an endpoint answers 200. */
  readonly okIsSuccess: boolean;
}

/** A page, or endpoint, that only shows something. */
export function view<const Page extends string>(page: Page, okIsSuccess = false) {
  const viewed = `hosted_ui.${page}_viewed` as const;
  return { passed: viewed, failed: `hosted_ui.${page}_view_failed`, shown: viewed, read: true, okIsSuccess } as const;
}

/** A form, or an answer of an identity provider, that was sent to a page; what came of it is a page event as well. */
export function submit<const Page extends string>(page: Page) {
  const submitted = `hosted_ui.${page}_submitted` as const;
  return {
    passed: submitted,
    failed: `hosted_ui.${page}_submit_failed`,
    shown: submitted,
    read: false,
    okIsSuccess: false,
  } as const;
}

/** A form that makes a fact where it is accepted, and was only submitted where the page is shown again. */
function fact<const Page extends string, const Passed extends string, const Failed extends string>(
  page: Page,
  passed: Passed,
  failed: Failed,
) {
  return { ...submit(page), passed, failed } as const;
}

/** An endpoint that has its fact whatever the status. */
function endpoint<const Passed extends string, const Failed extends string>(passed: Passed, failed: Failed) {
  return { passed, failed, shown: passed, read: false, okIsSuccess: true } as const;
}

const CLASSIC_PAGES = {
  Login_GET: view("login"),
  CognitoAuthentication: submit("cognito_authentication"),
  OAuth2_Authorize_GET: view("oauth2_authorize"),
  Beta_Authorize_GET: view("authorize"),
  // By GET, and yet it does something: the identity provider answers with a redirect.
  OAuth2Response_GET: submit("oauth2_response"),
  OAuth2Response_POST: submit("oauth2_response"),
  SAML2Response_POST: submit("saml2_response"),
  Beta_SAML2Response_POST: submit("saml2_response"),
  Login_OIDC_SAML_POST: submit("login_oidc_saml"),
  Token_POST: {
    ...endpoint("token.issued", "token.issue_failed"),
    refresh: { passed: "session.refreshed", failed: "session.refresh_failed" },
  },
  Beta_Token_POST: submit("token"),
  Signup_GET: view("signup"),
  Signup_POST: fact("signup", "user.signed_up", "user.sign_up_failed"),
  Confirm_GET: view("confirm"),
  Confirm_POST: fact("confirm", "user.confirmed", "user.confirm_failed"),
  ResendCode_POST: fact("resend_code", "user.confirmation_code_resent", "user.confirmation_code_resend_failed"),
  ForgotPassword_GET: view("forgot_password"),
  ForgotPassword_POST: fact("forgot_password", "password.reset_requested", "password.reset_request_failed"),
  ConfirmForgotPassword_GET: view("confirm_forgot_password"),
  ConfirmForgotPassword_POST: fact("confirm_forgot_password", "password.reset", "password.reset_failed"),
  ResetPassword_GET: view("reset_password"),
  ResetPassword_POST: fact("reset_password", "password.reset", "password.reset_failed"),
  Mfa_GET: view("mfa"),
  Mfa_POST: submit("mfa"),
  MfaOption_GET: view("mfa_option"),
  MfaOption_POST: submit("mfa_option"),
  MfaRegister_GET: view("mfa_register"),
  MfaRegister_POST: submit("mfa_register"),
  Logout: endpoint("session.ended", "session.end_failed"),
  SAML2Logout_POST: endpoint("session.ended", "session.end_failed"),
  Error_GET: view("error"),
  UserInfo_GET: view("user_info", true),
  UserInfo_POST: view("user_info", true),
  Confirm_With_Link_GET: fact("confirm_with_link", "user.confirmed", "user.confirm_failed"),
  // A link in a mail about a sign-in that looked risky: the user says whether it was he.
  Event_Feedback_GET: submit("event_feedback"),
  Login_Error_POST: view("login_error"),
} as const satisfies Readonly<Record<string, HostedUiRow>>;

const MANAGED_LOGIN_PAGES = {
  login_POST: submit("login"),
  login_continue_POST: submit("login_continue"),
  selectChallenge_POST: submit("select_challenge"),
  login_passkey_POST: submit("login_passkey"),
  passkeys_add_GET: view("passkeys_add"),
  passkeys_add_POST: submit("passkeys_add"),
  signup_POST: fact("signup", "user.signed_up", "user.sign_up_failed"),
  signup_confirm_POST: fact("signup_confirm", "user.confirmed", "user.confirm_failed"),
  confirmUser_GET: fact("confirm_user", "user.confirmed", "user.confirm_failed"),
  verifyCode_POST: submit("verify_code"),
  forgotPassword_POST: fact("forgot_password", "password.reset_requested", "password.reset_request_failed"),
  mfa_back_POST: submit("mfa_back"),
  mfa_options_POST: submit("mfa_options"),
  mfa_phone_register_POST: submit("mfa_phone_register"),
  mfa_phone_verify_POST: submit("mfa_phone_verify"),
  mfa_phone_resendCode_POST: submit("mfa_phone_resend_code"),
  mfa_totp_POST: submit("mfa_totp"),
} as const satisfies Readonly<Record<string, HostedUiRow>>;

/** Every page that AWS documents; the mapper makes page events of others too. */
export const HOSTED_UI_PAGES = { ...CLASSIC_PAGES, ...MANAGED_LOGIN_PAGES } as const;

/**
 * `data.request` of page events. Of a query or form only these fields: all others hold what a user typed, a code, a
 * token, or what an app keeps in `state`.
 */
export const HOSTED_UI_REQUEST = {
  responseType: "text",
  /** Without query and fragment. */
  redirectUri: "text",
  scopes: "texts",
  grantType: "text",
  identityProvider: "text",
  idpIdentifier: "text",
  deliveryMedium: "text",
  codeChallengeMethod: "text",
  lang: "text",
} as const satisfies Members;

/** `data.response` of page events. */
export const HOSTED_UI_RESPONSE = { status: "integer" } as const satisfies Members;
