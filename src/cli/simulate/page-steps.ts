/**
 * Hosted pages and the token endpoint. A page that was accepted redirects (302); shown again it answers 200.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/understanding-amazon-cognito-entries.html
 */
import { HIDDEN } from "../../mappers/extract/text.ts";
import { APP_CLIENT, JOBS_CLIENT } from "./pool.ts";
import type { PageStep } from "./step.ts";

const REDIRECT = ["https://shop.example.com/signed-in"];
const QUERY = { response_type: ["code"], redirect_uri: REDIRECT, client_id: [APP_CLIENT] };

export const LOGIN_PAGE: PageStep = {
  by: "page",
  action: "Login_GET",
  note: "opens the sign-in page",
  type: null,
  quiet: true,
  status: 200,
  form: QUERY,
};

export const SIGN_UP_PAGE: PageStep = { ...LOGIN_PAGE, action: "Signup_GET", note: "opens the sign-up page" };

const SIGN_UP_FORM = {
  by: "page",
  action: "Signup_POST",
  form: { ...QUERY, username: [HIDDEN], password: [HIDDEN], "requiredAttributes[email]": [HIDDEN], _csrf: [HIDDEN] },
} as const;

export const WEAK_PASSWORD: PageStep = {
  ...SIGN_UP_FORM,
  note: "chooses too short a password",
  type: "hosted_ui.signup_submitted",
  status: 200,
};

export const SIGN_UP_ON_PAGE: PageStep = {
  ...SIGN_UP_FORM,
  note: "signs up on the hosted page",
  type: "user.signed_up",
  status: 302,
};

export const CONFIRM_ON_PAGE: PageStep = {
  by: "page",
  action: "Confirm_POST",
  note: "enters the code on the hosted page",
  type: "user.confirmed",
  status: 302,
  namesUser: true,
  form: {
    ...QUERY,
    confirm: [""],
    deliveryMedium: ["EMAIL"],
    destination: [HIDDEN],
    code: [HIDDEN],
    username: [HIDDEN],
    _csrf: [HIDDEN],
    cognitoAsfData: [HIDDEN],
  },
};

export const CODE_FOR_TOKENS: PageStep = {
  by: "page",
  action: "Token_POST",
  note: "gets tokens for the code",
  type: "token.issued",
  status: 200,
  form: { grant_type: ["authorization_code"], code: [HIDDEN], redirect_uri: REDIRECT, client_id: [APP_CLIENT] },
};

export const TOKEN_REFRESH: PageStep = {
  by: "page",
  action: "Token_POST",
  note: "stays signed in (token endpoint)",
  type: "session.refreshed",
  quiet: true,
  status: 200,
  form: { grant_type: ["refresh_token"], refresh_token: [HIDDEN], client_id: [APP_CLIENT] },
};

/** A program signs in: no user is anywhere in the record. */
export const CLIENT_CREDENTIALS: PageStep = {
  by: "page",
  action: "Token_POST",
  note: "gets a token with its secret",
  type: "token.issued",
  quiet: true,
  status: 200,
  form: { grant_type: ["client_credentials"], client_id: [JOBS_CLIENT] },
};

export const LOGOUT: PageStep = {
  by: "page",
  action: "Logout",
  note: "signs out on the hosted page",
  type: "session.ended",
  quiet: true,
  status: 302,
  form: { client_id: [APP_CLIENT], logout_uri: ["https://shop.example.com/"] },
};
