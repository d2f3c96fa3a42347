/**
 * What an app does before its user is signed in: these calls carry the client's id and no pool id.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-info-in-cloudtrail.html
 */
import { HIDDEN } from "../../mappers/extract/text.ts";
import type { ApiStep } from "./step.ts";

const MAILED = { destination: "m***@e***", deliveryMedium: "EMAIL", attributeName: "email" };
const SIGNED_IN = { challengeParameters: {}, authenticationResult: HIDDEN };

export const SIGN_UP: ApiStep = {
  by: "app",
  action: "SignUp",
  note: "signs up",
  type: "user.signed_up",
  request: { username: HIDDEN, password: HIDDEN, userAttributes: HIDDEN },
  response: ({ person }) => ({ userConfirmed: false, codeDeliveryDetails: MAILED, userSub: person.sub }),
};

export const CONFIRM_SIGN_UP: ApiStep = {
  by: "app",
  action: "ConfirmSignUp",
  note: "enters the code from the mail",
  type: "user.confirmed",
  request: { username: HIDDEN, confirmationCode: HIDDEN },
};

const PASSWORD_SIGN_IN = {
  by: "app",
  action: "InitiateAuth",
  request: { authFlow: "USER_PASSWORD_AUTH", authParameters: HIDDEN },
} as const;

export const SIGN_IN: ApiStep = {
  ...PASSWORD_SIGN_IN,
  note: "signs in",
  type: "session.started",
  response: SIGNED_IN,
};

export const WRONG_PASSWORD: ApiStep = {
  ...PASSWORD_SIGN_IN,
  note: "gives a wrong password",
  type: "session.start_failed",
  error: { code: "NotAuthorizedException", message: "Incorrect username or password." },
};

/** Recorded as a wrong password is, but without a sub. */
export const UNKNOWN_USER: ApiStep = { ...WRONG_PASSWORD, note: "tries a name that no user has" };

export const SIGN_IN_WHILE_DISABLED: ApiStep = {
  ...PASSWORD_SIGN_IN,
  note: "is turned away: disabled",
  type: "session.start_failed",
  error: { code: "NotAuthorizedException", message: "User is disabled." },
};

/** Those whom an admin created have a temporary password. */
export const FIRST_SIGN_IN: ApiStep = {
  ...PASSWORD_SIGN_IN,
  note: "signs in and must choose a password",
  type: "session.challenged",
  response: { challengeName: "NEW_PASSWORD_REQUIRED", session: HIDDEN, challengeParameters: HIDDEN },
};

export const SRP_SIGN_IN: ApiStep = {
  by: "app",
  action: "InitiateAuth",
  note: "begins to sign in (SRP)",
  type: "session.challenged",
  request: { authFlow: "USER_SRP_AUTH", authParameters: HIDDEN },
  response: { challengeName: "PASSWORD_VERIFIER", challengeParameters: HIDDEN },
};

function answer(challengeName: string, rest: Pick<ApiStep, "note" | "type" | "response" | "error">): ApiStep {
  return {
    by: "app",
    action: "RespondToAuthChallenge",
    request: { challengeName, challengeResponses: HIDDEN, session: HIDDEN },
    ...rest,
  };
}

export const PASSWORD_CHOSEN = answer("NEW_PASSWORD_REQUIRED", {
  note: "chooses a password and is in",
  type: "session.started",
  response: SIGNED_IN,
});

export const PASSWORD_PROVED = answer("PASSWORD_VERIFIER", {
  note: "proves the password and is in",
  type: "session.started",
  response: SIGNED_IN,
});

export const ASKED_FOR_TOTP = answer("PASSWORD_VERIFIER", {
  note: "is asked for a one-time code",
  type: "session.challenged",
  response: { challengeName: "SOFTWARE_TOKEN_MFA", session: HIDDEN, challengeParameters: HIDDEN },
});

export const WRONG_TOTP = answer("SOFTWARE_TOKEN_MFA", {
  note: "mistypes the one-time code",
  type: "session.start_failed",
  error: { code: "CodeMismatchException", message: "Invalid code received for user" },
});

export const TOTP_PROVED = answer("SOFTWARE_TOKEN_MFA", {
  note: "gives the code and is in",
  type: "session.started",
  response: SIGNED_IN,
});

export const REFRESH: ApiStep = {
  by: "app",
  action: "InitiateAuth",
  note: "stays signed in (refresh)",
  type: "session.refreshed",
  quiet: true,
  request: { authFlow: "REFRESH_TOKEN_AUTH", authParameters: HIDDEN },
  response: { authenticationResult: { expiresIn: 3600, tokenType: "Bearer", accessToken: HIDDEN, idToken: HIDDEN } },
};

/** The refresh of pools that rotate their refresh tokens. */
export const ROTATING_REFRESH: ApiStep = {
  by: "app",
  action: "GetTokensFromRefreshToken",
  note: "stays signed in (rotating refresh)",
  type: "session.refreshed",
  quiet: true,
  request: { refreshToken: HIDDEN },
  response: { authenticationResult: HIDDEN },
};

export const FORGOT_PASSWORD: ApiStep = {
  by: "app",
  action: "ForgotPassword",
  note: "forgot the password",
  type: "password.reset_requested",
  request: { username: HIDDEN },
  response: { codeDeliveryDetails: MAILED },
};

const RESET_PASSWORD = {
  by: "app",
  action: "ConfirmForgotPassword",
  request: { username: HIDDEN, confirmationCode: HIDDEN, password: HIDDEN },
} as const;

export const WRONG_RESET_CODE: ApiStep = {
  ...RESET_PASSWORD,
  note: "mistypes the code for it",
  type: "password.reset_failed",
  error: { code: "CodeMismatchException", message: "Invalid verification code provided, please try again." },
};

export const PASSWORD_RESET: ApiStep = { ...RESET_PASSWORD, note: "has a new password", type: "password.reset" };
