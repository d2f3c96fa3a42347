/** Invented values that look like real ones, by the name of the member. */
import type { Member, Members } from "./members.ts";

export const EXAMPLE_TIME = "2026-05-04T12:02:07Z";

const REGION = "eu-central-1";
const ACCOUNT = "210987654321";

const TEXT: Readonly<Record<string, string>> = {
  IDPSignout: "true",
  MetadataURL: "https://login.example.com/metadata.xml",
  accessToken: "minutes",
  advancedSecurityMode: "AUDIT",
  attributeDataType: "String",
  attributeName: "email",
  authFlow: "USER_PASSWORD_AUTH",
  broker: "redis",
  callerArn: `arn:aws:iam::${ACCOUNT}:role/cognito-sms`,
  challengeName: "SMS_MFA",
  challengeResponse: "Success",
  city: "Hamburg",
  clientName: "shop-web",
  clientType: "confidential",
  codeChallengeMethod: "S256",
  colorMode: "LIGHT",
  country: "Germany",
  deletionProtection: "ACTIVE",
  deliveryMedium: "EMAIL",
  description: "Customers who pay by invoice",
  destination: "m***@e***",
  deviceKey: `${REGION}_5c0a8f5d-1b1e-4f37-9a6d-2e7b41d09c83`,
  deviceName: "Firefox 140, Linux",
  deviceRememberedStatus: "remembered",
  domain: "shop-login",
  cloudFrontDomain: "d111111abcdef8.cloudfront.net",
  eventFeedbackProvider: "Admin",
  eventFeedbackValue: "Valid",
  eventId: "b7f0a7de-3b52-4a56-9a5e-2f6b7f0d8e11",
  eventSource: "userAuthEvents",
  feedbackValue: "Valid",
  finalUserStatus: "CONFIRMED",
  friendlyDeviceName: "Mia's phone",
  grantType: "authorization_code",
  identifier: "https://api.example.com",
  identityProvider: "Google",
  idpIdentifier: "example.com",
  idpName: "Google",
  jobId: "import-8mR2vK5tQ1",
  jobName: "spring-import",
  lambdaVersion: "V2_0",
  lang: "de",
  limitClass: "UserAuthentication",
  logLevel: "INFO",
  messageAction: "SUPPRESS",
  mfaConfiguration: "OPTIONAL",
  name: "orders",
  poolName: "shop-customers",
  preferredRole: `arn:aws:iam::${ACCOUNT}:role/shop-customer`,
  providerAttributeName: "Cognito_Subject",
  providerAttributeValue: "109876543210987654321",
  providerName: "Google",
  providerType: "Google",
  reason: "told_by_operator",
  redirectUri: "https://shop.example.com/callback",
  region: REGION,
  regionName: "eu-west-1",
  responseType: "code",
  revokeAssociatedSessions: "true",
  riskDecision: "PASS",
  riskLevel: "Low",
  road: "lookup",
  role: "REPLICA",
  scopeDescription: "Read orders",
  scopeName: "read",
  secondaryRegion: "eu-west-1",
  sessionId: "2f6b7f0d-8e11-4a56-9a5e-b7f0a7de3b52",
  snsRegion: REGION,
  status: "ACTIVE",
  subscription: "crm",
  termsName: "terms-of-use",
  tokenType: "Bearer",
  type: "customEmailSenderRequestV1",
  userPoolTier: "PLUS",
};

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  aliasAttributes: ["email"],
  allowedFirstAuthFactors: ["PASSWORD", "WEB_AUTHN"],
  allowedOAuthFlows: ["code"],
  attributeNames: ["email", "custom:tier"],
  userAttributeNames: ["custom:tier"],
  autoVerifiedAttributes: ["email"],
  availableChallenges: ["PASSWORD", "EMAIL_OTP"],
  blockedIPRangeList: ["192.0.2.0/24"],
  callbackURLs: ["https://shop.example.com/callback"],
  desiredDeliveryMediums: ["EMAIL"],
  eventFilter: ["SIGN_IN"],
  explicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
  groupsToOverride: ["customers"],
  iamRolesToOverride: [`arn:aws:iam::${ACCOUNT}:role/shop-customer`],
  logoutURLs: ["https://shop.example.com/bye"],
  readAttributes: ["email", "name"],
  writeAttributes: ["name"],
  scopes: ["openid", "orders/read"],
  skippedIPRangeList: ["198.51.100.0/24"],
  supportedIdentityProviders: ["COGNITO", "Google"],
  tagKeys: ["team"],
  usernameAttributes: ["email"],
};

const INTEGER: Readonly<Record<string, number>> = {
  accessTokenValidity: 60,
  freeLimitValue: 120,
  provisionedLimitValue: 200,
  requestedLimitValue: 200,
  expiresIn: 3600,
  managedLoginVersion: 2,
  minimumLength: 12,
  precedence: 10,
  refreshTokenValidity: 30,
  status: 302,
};

/** What is rather not so. */
const FALSE: ReadonlySet<string> = new Set([
  "compromisedCredentialDetected",
  "developerOnlyAttribute",
  "failAuthentication",
  "forceAliasCreation",
  "userNotFound",
]);

/** Members that hold the ARN of a function, by the name of the trigger. */
const FUNCTIONS = /^(?:pre|post)[A-Z]|^(?:customMessage|userMigration|lambdaArn)$|AuthChallenge/;

/** No example should be longer than what a reader takes in. */
const MAX_MEMBERS = 6;

export function exampleMembers(members: Members, without: readonly string[] = []): Record<string, unknown> {
  const chosen = Object.entries(members).filter(([name]) => !without.includes(name));
  return Object.fromEntries(chosen.slice(0, MAX_MEMBERS).map(([name, member]) => [name, exampleValue(name, member)]));
}

function exampleValue(name: string, member: Member): unknown {
  if (typeof member === "object") {
    return "list" in member ? [exampleMembers(member.list)] : exampleMembers(member.object);
  }
  switch (member) {
    case "text":
    case "username":
    case "contact":
      return TEXT[name] ?? textFor(name);
    case "boolean":
      return !FALSE.has(name);
    case "integer":
    case "number":
      return INTEGER[name] ?? 1;
    case "time":
      return EXAMPLE_TIME;
    case "texts":
      return TEXTS[name] ?? ["email"];
    case "textMap":
      return { team: "shop" };
  }
}

function textFor(name: string): string {
  if (FUNCTIONS.test(name)) return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:shop-users`;
  if (/arn$/i.test(name)) return `arn:aws:iam::${ACCOUNT}:role/shop-backend`;
  if (/ur[il]$/i.test(name)) return "https://login.example.com/";
  if (/id$/i.test(name)) return "0b1e4f37-9a6d-4e7b-8c83-5d2c0a8f41d0";
  return name.replace(/(?<=[a-z])(?=[A-Z])|_/g, " ").toLowerCase();
}
