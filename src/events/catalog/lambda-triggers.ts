/**
 * Every `triggerSource` with which Cognito calls a Lambda function, and what the event says of the call.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-lambda-trigger-sources.html
 *
 * The members are a choice of the safe ones. Passwords, codes, answers, challenge parameters, tokens and assertions are
 * secrets; validationData, clientMetadata and challengeMetadata hold whatever an app or a function puts there, tokens
 * among it; claims, message texts and placeholders are no news of a user.
 */
import type { Members } from "../members.ts";
import { CUSTOM_MESSAGES } from "./lambda-triggers-messages.ts";
import type { TypeRow } from "./type-row.ts";

const SIGN_UP_ANSWER = {
  autoConfirmUser: "boolean",
  autoVerifyEmail: "boolean",
  autoVerifyPhone: "boolean",
} as const satisfies Members;

const SESSION = { list: { challengeName: "text", challengeResult: "boolean" } } as const;

const TOKEN_REQUEST = {
  groupConfiguration: { object: { groupsToOverride: "texts", iamRolesToOverride: "texts", preferredRole: "text" } },
  scopes: "texts",
} as const satisfies Members;

const MIGRATION_ANSWER = {
  finalUserStatus: "text",
  messageAction: "text",
  desiredDeliveryMediums: "texts",
  forceAliasCreation: "boolean",
  enableSMSMFA: "boolean",
} as const satisfies Members;

export const LAMBDA_TRIGGERS = {
  PreSignUp_SignUp: {
    type: "lambda_trigger.pre_sign_up_sign_up",
    description: "Somebody is about to sign up.",
    response: SIGN_UP_ANSWER,
  },
  PreSignUp_AdminCreateUser: {
    type: "lambda_trigger.pre_sign_up_admin_create_user",
    description: "An administrator is about to create a user.",
    response: SIGN_UP_ANSWER,
  },
  PreSignUp_ExternalProvider: {
    type: "lambda_trigger.pre_sign_up_external_provider",
    description: "A user of an identity provider is about to sign in for the first time.",
    response: SIGN_UP_ANSWER,
  },
  PostConfirmation_ConfirmSignUp: {
    type: "lambda_trigger.post_confirmation_confirm_sign_up",
    description: "A user was confirmed, or came from an identity provider for the first time.",
  },
  PostConfirmation_ConfirmForgotPassword: {
    type: "lambda_trigger.post_confirmation_confirm_forgot_password",
    description: "A user set a new password after having forgotten the old one.",
  },
  PreAuthentication_Authentication: {
    type: "lambda_trigger.pre_authentication_authentication",
    description: "Somebody tries to sign in.",
    request: { userNotFound: "boolean" },
  },
  PostAuthentication_Authentication: {
    type: "lambda_trigger.post_authentication_authentication",
    description: "A user signed in.",
    request: { newDeviceUsed: "boolean" },
  },
  DefineAuthChallenge_Authentication: {
    type: "lambda_trigger.define_auth_challenge_authentication",
    description: "A custom sign-in asks which challenge comes next.",
    request: { session: SESSION, userNotFound: "boolean" },
    response: { challengeName: "text", issueTokens: "boolean", failAuthentication: "boolean" },
  },
  CreateAuthChallenge_Authentication: {
    type: "lambda_trigger.create_auth_challenge_authentication",
    description: "A custom sign-in asks for a challenge to put to the user.",
    request: { challengeName: "text", session: SESSION, userNotFound: "boolean" },
  },
  VerifyAuthChallengeResponse_Authentication: {
    type: "lambda_trigger.verify_auth_challenge_response_authentication",
    description: "A custom sign-in asks whether the user's answer is right.",
    request: { userNotFound: "boolean" },
    response: { answerCorrect: "boolean" },
  },
  TokenGeneration_HostedAuth: {
    type: "lambda_trigger.token_generation_hosted_auth",
    description: "A user who signed in on the hosted pages is about to get tokens.",
    request: TOKEN_REQUEST,
  },
  TokenGeneration_Authentication: {
    type: "lambda_trigger.token_generation_authentication",
    description: "A user who signed in is about to get tokens.",
    request: TOKEN_REQUEST,
  },
  TokenGeneration_NewPasswordChallenge: {
    type: "lambda_trigger.token_generation_new_password_challenge",
    description: "A user whom an administrator created set a password and is about to get tokens.",
    request: TOKEN_REQUEST,
  },
  TokenGeneration_AuthenticateDevice: {
    type: "lambda_trigger.token_generation_authenticate_device",
    description: "A user's device was recognised; the user is about to get tokens.",
    request: TOKEN_REQUEST,
  },
  TokenGeneration_RefreshTokens: {
    type: "lambda_trigger.token_generation_refresh_tokens",
    description: "A user's tokens are about to be refreshed.",
    request: TOKEN_REQUEST,
  },
  TokenGeneration_ClientCredentials: {
    type: "lambda_trigger.token_generation_client_credentials",
    description: "A client is about to get an access token of its own, without a user.",
    request: TOKEN_REQUEST,
  },
  UserMigration_Authentication: {
    type: "lambda_trigger.user_migration_authentication",
    description: "Somebody whom the pool does not know signs in and may be migrated.",
    response: MIGRATION_ANSWER,
  },
  UserMigration_ForgotPassword: {
    type: "lambda_trigger.user_migration_forgot_password",
    description: "Somebody whom the pool does not know forgot the password and may be migrated.",
    response: MIGRATION_ANSWER,
  },
  ...CUSTOM_MESSAGES,
  InboundFederation_ExternalProvider: {
    type: "lambda_trigger.inbound_federation_external_provider",
    description: "An identity provider answered; its user's attributes are about to be taken over.",
    request: { providerName: "text", providerType: "text" },
  },
} as const satisfies Readonly<Record<string, TypeRow>>;

/** AWS writes the beginning of some names in two ways; left the one that is not in the table. */
export const OTHER_SPELLINGS: readonly (readonly [written: string, meant: string])[] = [
  ["VerifyAuthChallenge_", "VerifyAuthChallengeResponse_"],
  ["CustomSmsSender_", "CustomSMSSender_"],
];
