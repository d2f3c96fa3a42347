import type { Member, Members } from "../members.ts";
import type { ApiActionRow } from "./api-action-row.ts";
import { ATTRIBUTE_SCHEMAS, FIRST_SETTINGS, POOL_SETTINGS, SMS_CONFIGURATION } from "./pool-settings.ts";

const USER_POOL = {
  object: {
    name: "text",
    status: "text",
    creationDate: "time",
    lastModifiedDate: "time",
    ...POOL_SETTINGS,
    ...FIRST_SETTINGS,
    schemaAttributes: ATTRIBUTE_SCHEMAS,
    estimatedNumberOfUsers: "integer",
    smsConfigurationFailure: "text",
    emailConfigurationFailure: "text",
    domain: "text",
    customDomain: "text",
  },
} as const satisfies Member;

const ROUTING = {
  object: { failover: { object: { secondaryRegion: "text", primaryRoute53HealthCheckId: "text" } } },
} as const satisfies Member;

const DOMAIN_SETTINGS = {
  domain: "text",
  managedLoginVersion: "integer",
  customDomainConfig: { object: { certificateArn: "text", securityPolicy: "text" } },
  routing: ROUTING,
} as const satisfies Members;

const DOMAIN_RESPONSE = {
  managedLoginVersion: "integer",
  cloudFrontDomain: "text",
  routing: ROUTING,
} as const satisfies Members;

const REPLICA = {
  object: { regionName: "text", status: "text", role: "text", userPoolArn: "text" },
} as const satisfies Member;

const LOG_CONFIGURATIONS = {
  list: {
    logLevel: "text",
    eventSource: "text",
    cloudWatchLogsConfiguration: { object: { logGroupArn: "text" } },
    s3Configuration: { object: { bucketArn: "text" } },
    firehoseConfiguration: { object: { streamArn: "text" } },
  },
} as const satisfies Member;

const RISK_ACTION = { object: { notify: "boolean", eventAction: "text" } } as const satisfies Member;

const RISK_MAIL = { object: { subject: "text" } } as const satisfies Member;

const RISK_CONFIGURATION = {
  compromisedCredentialsRiskConfiguration: {
    object: { actions: { object: { eventAction: "text" } }, eventFilter: "texts" },
  },
  accountTakeoverRiskConfiguration: {
    object: {
      actions: { object: { lowAction: RISK_ACTION, mediumAction: RISK_ACTION, highAction: RISK_ACTION } },
      notifyConfiguration: {
        object: {
          sourceArn: "text",
          from: "text",
          replyTo: "text",
          blockEmail: RISK_MAIL,
          noActionEmail: RISK_MAIL,
          mfaEmail: RISK_MAIL,
        },
      },
    },
  },
  riskExceptionConfiguration: { object: { blockedIPRangeList: "texts", skippedIPRangeList: "texts" } },
} as const satisfies Members;

const MFA_CONFIGURATION = {
  mfaConfiguration: "text",
  smsMfaConfiguration: { object: { smsAuthenticationMessage: "text", smsConfiguration: SMS_CONFIGURATION } },
  softwareTokenMfaConfiguration: { object: { enabled: "boolean" } },
  emailMfaConfiguration: { object: { subject: "text" } },
  webAuthnConfiguration: { object: { relyingPartyId: "text", userVerification: "text", factorConfiguration: "text" } },
} as const satisfies Members;

const SESSION_CONFIGURATION = {
  userSessionTracking: "text",
  tokenSession: { object: { maxPerUser: "integer" } },
} as const satisfies Members;

const LIMIT_DEFINITION = { object: { limitClass: "text", attributes: "textMap" } } as const satisfies Member;

export const USER_POOLS = {
  AddCustomAttributes: {
    facts: ["user_pool", "attributes_added", "attributes_add_failed"],
    request: { customAttributes: ATTRIBUTE_SCHEMAS },
  },
  CreateUserPool: {
    facts: ["user_pool", "created", "create_failed"],
    request: { poolName: "text", ...POOL_SETTINGS, ...FIRST_SETTINGS, schema: ATTRIBUTE_SCHEMAS },
    response: { userPool: USER_POOL },
  },
  CreateUserPoolDomain: {
    facts: ["domain", "created", "create_failed"],
    request: DOMAIN_SETTINGS,
    response: DOMAIN_RESPONSE,
  },
  CreateUserPoolReplica: {
    facts: ["replica", "created", "create_failed"],
    request: { regionName: "text", userPoolTags: "textMap" },
    response: { userPoolReplica: REPLICA },
  },
  DeleteUserPool: { facts: ["user_pool", "deleted", "delete_failed"] },
  DeleteUserPoolDomain: { facts: ["domain", "deleted", "delete_failed"], request: { domain: "text" } },
  DeleteUserPoolReplica: {
    facts: ["replica", "deleted", "delete_failed"],
    request: { regionName: "text" },
    response: { userPoolReplica: REPLICA },
  },
  SetLogDeliveryConfiguration: {
    facts: ["user_pool", "log_delivery_configured", "log_delivery_configure_failed"],
    request: { logConfigurations: LOG_CONFIGURATIONS },
    response: { logDeliveryConfiguration: { object: { logConfigurations: LOG_CONFIGURATIONS } } },
  },
  SetRiskConfiguration: {
    facts: ["user_pool", "risk_configured", "risk_configure_failed"],
    request: RISK_CONFIGURATION,
    response: { riskConfiguration: { object: { ...RISK_CONFIGURATION, lastModifiedDate: "time" } } },
  },
  SetUICustomization: {
    facts: ["user_pool", "ui_customized", "ui_customize_failed"],
    response: {
      uICustomization: {
        object: { imageUrl: "text", cSSVersion: "text", creationDate: "time", lastModifiedDate: "time" },
      },
    },
  },
  SetUserPoolMfaConfig: {
    facts: ["user_pool", "mfa_configured", "mfa_configure_failed"],
    request: MFA_CONFIGURATION,
    response: MFA_CONFIGURATION,
  },
  SetUserPoolSessionConfiguration: {
    facts: ["user_pool", "session_configured", "session_configure_failed"],
    request: SESSION_CONFIGURATION,
    response: SESSION_CONFIGURATION,
  },
  TagResource: { facts: ["user_pool", "tagged", "tag_failed"], request: { tags: "textMap" } },
  UntagResource: { facts: ["user_pool", "untagged", "untag_failed"], request: { tagKeys: "texts" } },
  UpdateProvisionedLimit: {
    facts: ["limit", "updated", "update_failed"],
    request: { limitDefinition: LIMIT_DEFINITION, requestedLimitValue: "integer" },
    response: {
      limit: {
        object: { limitDefinition: LIMIT_DEFINITION, provisionedLimitValue: "integer", freeLimitValue: "integer" },
      },
    },
  },
  UpdateUserPool: {
    facts: ["user_pool", "updated", "update_failed"],
    request: { poolName: "text", ...POOL_SETTINGS },
  },
  UpdateUserPoolDomain: {
    facts: ["domain", "updated", "update_failed"],
    request: DOMAIN_SETTINGS,
    response: DOMAIN_RESPONSE,
  },
  UpdateUserPoolReplica: {
    facts: ["replica", "updated", "update_failed"],
    request: { regionName: "text", status: "text" },
    response: { userPoolReplica: REPLICA },
  },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
