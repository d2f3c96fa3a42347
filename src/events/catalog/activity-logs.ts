/**
 * Logs that a user pool exports: what users did, as threat protection saw it, and messages that could not be sent.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html
 */
import type { Members } from "../members.ts";
import type { TypeRow } from "./type-row.ts";

/** What the log tells of the attempt. */
export const ACTIVITY_REQUEST = {
  deviceName: "text",
  idpName: "text",
  city: "text",
  country: "text",
  hasContextData: "boolean",
} as const satisfies Members;

/** What the log tells of Cognito's judgement. */
export const ACTIVITY_RESPONSE = {
  riskLevel: "text",
  riskDecision: "text",
  challenges: { list: { challengeName: "text", challengeResponse: "text" } },
  compromisedCredentialDetected: "boolean",
  eventFeedbackValue: "text",
  eventFeedbackDate: "time",
  eventFeedbackProvider: "text",
} as const satisfies Members;

const MEMBERS = { request: ACTIVITY_REQUEST, response: ACTIVITY_RESPONSE } as const;

function activity<const N extends string>(name: N, subject: string) {
  return {
    passed: { type: `activity.${name}_passed` as const, description: `${subject} passed.`, ...MEMBERS },
    failed: { type: `activity.${name}_failed` as const, description: `${subject} failed.`, ...MEMBERS },
    inProgress: {
      type: `activity.${name}_in_progress` as const,
      description: `${subject} has begun; how it ends is not known yet.`,
      ...MEMBERS,
    },
  } as const satisfies Readonly<Record<string, TypeRow>>;
}

/** By the log's eventType. */
export const ACTIVITY_LOGS = {
  SignIn: activity("sign_in", "A sign-in"),
  SignUp: activity("sign_up", "A sign-up"),
  ForgotPassword: activity("forgot_password", "The reset of a forgotten password"),
  PasswordChange: activity("password_change", "The change of a password"),
  ResendCode: activity("resend_code", "The resending of a code"),
} as const;

export const NOTIFICATION_LOG = {
  type: "notification.delivery_failed",
  description: "An e-mail or SMS message to a user could not be sent.",
} as const satisfies TypeRow;
