/**
 * Triggers of the messages that Cognito is about to send: each tells that a code or a notice goes out, and to whom.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-sender-triggers.html
 */
import type { Members } from "../members.ts";
import type { TypeRow } from "./type-row.ts";

const SENDER_REQUEST = { type: "text" } as const satisfies Members;

export const CUSTOM_MESSAGES = {
  CustomMessage_SignUp: {
    type: "lambda_trigger.custom_message_sign_up",
    description: "A confirmation code is about to be written to somebody who signed up.",
  },
  CustomMessage_AdminCreateUser: {
    type: "lambda_trigger.custom_message_admin_create_user",
    description: "An invitation is about to be written to a user whom an administrator created.",
  },
  CustomMessage_ResendCode: {
    type: "lambda_trigger.custom_message_resend_code",
    description: "A confirmation code is about to be written once more.",
  },
  CustomMessage_ForgotPassword: {
    type: "lambda_trigger.custom_message_forgot_password",
    description: "A code is about to be written to a user who forgot the password.",
  },
  CustomMessage_UpdateUserAttribute: {
    type: "lambda_trigger.custom_message_update_user_attribute",
    description: "A code is about to be written to a new e-mail address or phone number of a user.",
  },
  CustomMessage_VerifyUserAttribute: {
    type: "lambda_trigger.custom_message_verify_user_attribute",
    description: "A code is about to be written to a user who asked to verify an e-mail address or phone number.",
  },
  CustomMessage_Authentication: {
    type: "lambda_trigger.custom_message_authentication",
    description: "A sign-in code is about to be written.",
  },
  CustomEmailSender_SignUp: {
    type: "lambda_trigger.custom_email_sender_sign_up",
    description: "A confirmation code is handed over to be sent by e-mail.",
    request: SENDER_REQUEST,
  },
  CustomEmailSender_Authentication: {
    type: "lambda_trigger.custom_email_sender_authentication",
    description: "A sign-in code is handed over to be sent by e-mail.",
    request: SENDER_REQUEST,
  },
  CustomEmailSender_ForgotPassword: {
    type: "lambda_trigger.custom_email_sender_forgot_password",
    description: "A code for a forgotten password is handed over to be sent by e-mail.",
    request: SENDER_REQUEST,
  },
  CustomEmailSender_ResendCode: {
    type: "lambda_trigger.custom_email_sender_resend_code",
    description: "A confirmation code is handed over to be sent by e-mail once more.",
    request: SENDER_REQUEST,
  },
  CustomEmailSender_UpdateUserAttribute: {
    type: "lambda_trigger.custom_email_sender_update_user_attribute",
    description: "A code for a user's new e-mail address is handed over to be sent by e-mail.",
    request: SENDER_REQUEST,
  },
  CustomEmailSender_VerifyUserAttribute: {
    type: "lambda_trigger.custom_email_sender_verify_user_attribute",
    description: "A code that verifies a user's e-mail address is handed over to be sent by e-mail.",
    request: SENDER_REQUEST,
  },
  CustomEmailSender_AdminCreateUser: {
    type: "lambda_trigger.custom_email_sender_admin_create_user",
    description: "An invitation is handed over to be sent by e-mail.",
    request: SENDER_REQUEST,
  },
  CustomEmailSender_AccountTakeOverNotification: {
    type: "lambda_trigger.custom_email_sender_account_take_over_notification",
    description: "A notice of a suspicious sign-in is handed over to be sent by e-mail.",
    request: SENDER_REQUEST,
  },
  CustomSMSSender_SignUp: {
    type: "lambda_trigger.custom_sms_sender_sign_up",
    description: "A confirmation code is handed over to be sent by SMS.",
    request: SENDER_REQUEST,
  },
  CustomSMSSender_ForgotPassword: {
    type: "lambda_trigger.custom_sms_sender_forgot_password",
    description: "A code for a forgotten password is handed over to be sent by SMS.",
    request: SENDER_REQUEST,
  },
  CustomSMSSender_ResendCode: {
    type: "lambda_trigger.custom_sms_sender_resend_code",
    description: "A confirmation code is handed over to be sent by SMS once more.",
    request: SENDER_REQUEST,
  },
  CustomSMSSender_VerifyUserAttribute: {
    type: "lambda_trigger.custom_sms_sender_verify_user_attribute",
    description: "A code that verifies a user's phone number is handed over to be sent by SMS.",
    request: SENDER_REQUEST,
  },
  CustomSMSSender_UpdateUserAttribute: {
    type: "lambda_trigger.custom_sms_sender_update_user_attribute",
    description: "A code for a user's new phone number is handed over to be sent by SMS.",
    request: SENDER_REQUEST,
  },
  CustomSMSSender_Authentication: {
    type: "lambda_trigger.custom_sms_sender_authentication",
    description: "A sign-in code is handed over to be sent by SMS.",
    request: SENDER_REQUEST,
  },
  CustomSMSSender_AdminCreateUser: {
    type: "lambda_trigger.custom_sms_sender_admin_create_user",
    description: "An invitation is handed over to be sent by SMS.",
    request: SENDER_REQUEST,
  },
} as const satisfies Readonly<Record<string, TypeRow>>;
