import type { Member, Members } from "../members.ts";
import type { ApiActionRow } from "./api-action-row.ts";

/** Of the details only these: others are secrets and keys of the client at the provider. */
const PROVIDER_DETAILS = {
  object: {
    authorize_scopes: "text",
    authorize_url: "text",
    token_url: "text",
    attributes_url: "text",
    attributes_request_method: "text",
    jwks_uri: "text",
    oidc_issuer: "text",
    MetadataURL: "text",
    IDPSignout: "text",
  },
} as const satisfies Member;

const PROVIDER_SETTINGS = {
  providerName: "text",
  providerDetails: PROVIDER_DETAILS,
  attributeMapping: "textMap",
  idpIdentifiers: "texts",
  acrMapping: "textMap",
} as const satisfies Members;

const PROVIDER_RESPONSE = {
  identityProvider: {
    object: { ...PROVIDER_SETTINGS, providerType: "text", creationDate: "time", lastModifiedDate: "time" },
  },
} as const satisfies Members;

/** Without the files themselves. */
const BRANDING_SETTINGS = {
  useCognitoProvidedValues: "boolean",
  assets: { list: { category: "text", colorMode: "text", extension: "text", resourceId: "text" } },
} as const satisfies Members;

const BRANDING_RESPONSE = {
  managedLoginBranding: {
    object: {
      managedLoginBrandingId: "text",
      ...BRANDING_SETTINGS,
      creationDate: "time",
      lastModifiedDate: "time",
    },
  },
} as const satisfies Members;

const RESOURCE_SERVER_SETTINGS = {
  identifier: "text",
  name: "text",
  scopes: { list: { scopeName: "text", scopeDescription: "text" } },
} as const satisfies Members;

const RESOURCE_SERVER_RESPONSE = {
  resourceServer: { object: { ...RESOURCE_SERVER_SETTINGS, managedBy: "text" } },
} as const satisfies Members;

const TERMS_SETTINGS = {
  termsName: "text",
  termsSource: "text",
  enforcement: "text",
  /** Where they are to be read, by language. */
  links: "textMap",
} as const satisfies Members;

const TERMS_RESPONSE = {
  terms: { object: { termsId: "text", ...TERMS_SETTINGS, creationDate: "time", lastModifiedDate: "time" } },
} as const satisfies Members;

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html */
const CLIENT_SETTINGS = {
  clientName: "text",
  refreshTokenValidity: "integer",
  accessTokenValidity: "integer",
  idTokenValidity: "integer",
  // No tokens: "hours", "days".
  tokenValidityUnits: { object: { accessToken: "text", idToken: "text", refreshToken: "text" } },
  readAttributes: "texts",
  writeAttributes: "texts",
  explicitAuthFlows: "texts",
  supportedIdentityProviders: "texts",
  callbackURLs: "texts",
  logoutURLs: "texts",
  defaultRedirectURI: "text",
  allowedOAuthFlows: "texts",
  allowedOAuthScopes: "texts",
  allowedOAuthFlowsUserPoolClient: "boolean",
  analyticsConfiguration: {
    object: { applicationId: "text", applicationArn: "text", roleArn: "text", userDataShared: "boolean" },
  },
  preventUserExistenceErrors: "text",
  enableTokenRevocation: "boolean",
  enablePropagateAdditionalUserContextData: "boolean",
  authSessionValidity: "integer",
  refreshTokenRotation: { object: { feature: "text", retryGracePeriodSeconds: "integer" } },
} as const satisfies Members;

const CLIENT_RESPONSE = {
  userPoolClient: {
    object: { ...CLIENT_SETTINGS, clientType: "text", creationDate: "time", lastModifiedDate: "time" },
  },
} as const satisfies Members;

const SSO_SESSION = { sSOSession: { object: { maxValidityMinutes: "integer" } } } as const satisfies Members;

export const CLIENTS = {
  AddUserPoolClientSecret: {
    facts: ["client_secret", "created", "create_failed"],
    response: { clientSecretDescriptor: { object: { clientSecretId: "text", clientSecretCreateDate: "time" } } },
  },
  CreateIdentityProvider: {
    facts: ["identity_provider", "created", "create_failed"],
    request: { ...PROVIDER_SETTINGS, providerType: "text" },
    response: PROVIDER_RESPONSE,
  },
  CreateManagedLoginBranding: {
    facts: ["branding", "created", "create_failed"],
    request: BRANDING_SETTINGS,
    response: BRANDING_RESPONSE,
  },
  CreateResourceServer: {
    facts: ["resource_server", "created", "create_failed"],
    request: RESOURCE_SERVER_SETTINGS,
    response: RESOURCE_SERVER_RESPONSE,
  },
  CreateTerms: { facts: ["terms", "created", "create_failed"], request: TERMS_SETTINGS, response: TERMS_RESPONSE },
  CreateUserPoolClient: {
    facts: ["client", "created", "create_failed"],
    request: { ...CLIENT_SETTINGS, generateSecret: "boolean" },
    response: CLIENT_RESPONSE,
  },
  DeleteIdentityProvider: {
    facts: ["identity_provider", "deleted", "delete_failed"],
    request: { providerName: "text" },
  },
  DeleteManagedLoginBranding: {
    facts: ["branding", "deleted", "delete_failed"],
    request: { managedLoginBrandingId: "text" },
  },
  DeleteResourceServer: { facts: ["resource_server", "deleted", "delete_failed"], request: { identifier: "text" } },
  DeleteTerms: { facts: ["terms", "deleted", "delete_failed"], request: { termsId: "text" } },
  DeleteUserPoolClient: { facts: ["client", "deleted", "delete_failed"] },
  DeleteUserPoolClientSecret: {
    facts: ["client_secret", "deleted", "delete_failed"],
    request: { clientSecretId: "text" },
  },
  SetUserPoolClientSessionConfiguration: {
    facts: ["client", "session_configured", "session_configure_failed"],
    request: SSO_SESSION,
    response: SSO_SESSION,
  },
  UpdateIdentityProvider: {
    facts: ["identity_provider", "updated", "update_failed"],
    request: PROVIDER_SETTINGS,
    response: PROVIDER_RESPONSE,
  },
  UpdateManagedLoginBranding: {
    facts: ["branding", "updated", "update_failed"],
    request: { managedLoginBrandingId: "text", ...BRANDING_SETTINGS },
    response: BRANDING_RESPONSE,
  },
  UpdateResourceServer: {
    facts: ["resource_server", "updated", "update_failed"],
    request: RESOURCE_SERVER_SETTINGS,
    response: RESOURCE_SERVER_RESPONSE,
  },
  UpdateTerms: {
    facts: ["terms", "updated", "update_failed"],
    request: { termsId: "text", ...TERMS_SETTINGS },
    response: TERMS_RESPONSE,
  },
  UpdateUserPoolClient: {
    facts: ["client", "updated", "update_failed"],
    request: CLIENT_SETTINGS,
    response: CLIENT_RESPONSE,
  },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
