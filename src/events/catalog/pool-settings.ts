/**
 * Settings of a user pool, as the calls that make or change one have them.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolType.html
 */
import type { Member, Members } from "../members.ts";

const LAMBDA_VERSION = { object: { lambdaVersion: "text", lambdaArn: "text" } } as const satisfies Member;

/** Functions at the triggers, by ARN. */
const LAMBDA_CONFIG = {
  object: {
    preSignUp: "text",
    customMessage: "text",
    postConfirmation: "text",
    preAuthentication: "text",
    postAuthentication: "text",
    defineAuthChallenge: "text",
    createAuthChallenge: "text",
    verifyAuthChallengeResponse: "text",
    preTokenGeneration: "text",
    userMigration: "text",
    preTokenGenerationConfig: LAMBDA_VERSION,
    customSMSSender: LAMBDA_VERSION,
    customEmailSender: LAMBDA_VERSION,
    kMSKeyID: "text",
    inboundFederation: LAMBDA_VERSION,
  },
} as const satisfies Member;

const POLICIES = {
  object: {
    passwordPolicy: {
      object: {
        minimumLength: "integer",
        requireUppercase: "boolean",
        requireLowercase: "boolean",
        requireNumbers: "boolean",
        requireSymbols: "boolean",
        passwordHistorySize: "integer",
        temporaryPasswordValidityDays: "integer",
      },
    },
    signInPolicy: { object: { allowedFirstAuthFactors: "texts" } },
  },
} as const satisfies Member;

/** Without the external ids: they are what keeps others from using the role. */
export const SMS_CONFIGURATION = {
  object: {
    snsCallerArn: "text",
    snsRegion: "text",
    eumsSms: {
      object: {
        callerArn: "text",
        originationIdentity: "text",
        configurationSetName: "text",
        inEntityId: "text",
        inTemplateId: "text",
        region: "text",
      },
    },
  },
} as const satisfies Member;

/** Attributes that users of the pool have. */
export const ATTRIBUTE_SCHEMAS = {
  list: {
    name: "text",
    attributeDataType: "text",
    developerOnlyAttribute: "boolean",
    mutable: "boolean",
    required: "boolean",
    // The API has these bounds as strings.
    numberAttributeConstraints: { object: { minValue: "text", maxValue: "text" } },
    stringAttributeConstraints: { object: { minLength: "text", maxLength: "text" } },
  },
} as const satisfies Member;

/** What UpdateUserPool can change. It replaces all of them: a setting that is not named returns to its default. */
export const POOL_SETTINGS = {
  policies: POLICIES,
  deletionProtection: "text",
  lambdaConfig: LAMBDA_CONFIG,
  autoVerifiedAttributes: "texts",
  smsVerificationMessage: "text",
  emailVerificationSubject: "text",
  verificationMessageTemplate: {
    object: { smsMessage: "text", emailSubject: "text", emailSubjectByLink: "text", defaultEmailOption: "text" },
  },
  smsAuthenticationMessage: "text",
  mfaConfiguration: "text",
  userAttributeUpdateSettings: { object: { attributesRequireVerificationBeforeUpdate: "texts" } },
  deviceConfiguration: {
    object: { challengeRequiredOnNewDevice: "boolean", deviceOnlyRememberedOnUserPrompt: "boolean" },
  },
  emailConfiguration: {
    object: {
      sourceArn: "text",
      replyToEmailAddress: "text",
      emailSendingAccount: "text",
      from: "text",
      configurationSet: "text",
    },
  },
  smsConfiguration: SMS_CONFIGURATION,
  userPoolTags: "textMap",
  adminCreateUserConfig: {
    object: {
      allowAdminCreateUserOnly: "boolean",
      unusedAccountValidityDays: "integer",
      inviteMessageTemplate: { object: { sMSMessage: "text", emailSubject: "text" } },
    },
  },
  userPoolAddOns: {
    object: {
      advancedSecurityMode: "text",
      advancedSecurityAdditionalFlows: { object: { customAuthMode: "text" } },
    },
  },
  dcrConfiguration: {
    object: {
      enableStatus: "text",
      openDcrEnabled: "boolean",
      authenticatedGrantTypes: "texts",
      openDcrGrantTypes: "texts",
      allowedScopes: "texts",
    },
  },
  accountRecoverySetting: { object: { recoveryMechanisms: { list: { priority: "integer", name: "text" } } } },
  userPoolTier: "text",
  keyConfiguration: { object: { keyType: "text", kmsKeyArn: "text" } },
  issuerConfiguration: { object: { type: "text" } },
} as const satisfies Members;

/** What can be told only when the pool is made. */
export const FIRST_SETTINGS = {
  aliasAttributes: "texts",
  usernameAttributes: "texts",
  usernameConfiguration: { object: { caseSensitive: "boolean" } },
} as const satisfies Members;
