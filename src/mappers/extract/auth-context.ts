/**
 * Who stands behind an event, in the terms of the CloudEvents authcontext extension.
 * https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/authcontext.md
 */
import { member } from "../../core/json.ts";
import { type Classification, TYPE_PREFIX } from "../classification.ts";
import type { RecordParts } from "../record-parts.ts";
import { hasError } from "./error.ts";
import { identifier, present } from "./text.ts";

export interface AuthContext {
  readonly authtype: "app_user" | "service_account" | "user" | "system" | "unauthenticated" | "unknown";
  readonly authid?: string | undefined;
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
const PERSONS: ReadonlySet<unknown> = new Set([
  "IAMUser",
  "Root",
  "FederatedUser",
  "IdentityCenterUser",
  "SAMLUser",
  "WebIdentityUser",
]);

/**
 * Operations that a user's access token authorizes.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-public-server-side.html
 */
const ACCESS_TOKEN_ACTIONS: ReadonlySet<string> = new Set([
  "AssociateSoftwareToken",
  "ChangePassword",
  "CompleteWebAuthnRegistration",
  "ConfirmDevice",
  "DeleteUser",
  "DeleteUserAttributes",
  "DeleteWebAuthnCredential",
  "ForgetDevice",
  "GetDevice",
  "GetUser",
  "GetUserAttributeVerificationCode",
  "GetUserAuthFactors",
  "GlobalSignOut",
  "ListDevices",
  "ListUserSessions",
  "ListWebAuthnCredentials",
  "RevokeUserSession",
  "SetUserMFAPreference",
  "SetUserSettings",
  "StartWebAuthnRegistration",
  "UpdateDeviceStatus",
  "UpdateUserAttributes",
  "VerifySoftwareToken",
  "VerifyUserAttribute",
]);

const SIGN_IN_ACTIONS: ReadonlySet<string> = new Set(["InitiateAuth", "RespondToAuthChallenge"]);

/** A refresh is no sign-in: it proves the possession of a token, and nothing of who holds it. */
const SIGNED_IN = `${TYPE_PREFIX}session.started`;

export function apiAuthContext(
  action: string,
  { type }: Classification,
  parts: RecordParts,
  sub: string | undefined,
): AuthContext {
  const { identity } = parts;
  const identityType = member(identity, "type");
  if (identityType === "AssumedRole") return { authtype: "service_account", authid: roleArn(identity) };
  if (identityType === "Role") return { authtype: "service_account", authid: identifier(member(identity, "arn")) };
  if (PERSONS.has(identityType)) return { authtype: "user", authid: identifier(member(identity, "arn")) };
  if (identityType === "AWSService") return { authtype: "system" };
  // What CloudTrail says of every call that IAM does not authorize; trimmed records say nothing at all.
  if (identityType !== "Unknown" && present(identityType)) return { authtype: "unknown" };
  const signedIn = SIGN_IN_ACTIONS.has(action) && type === SIGNED_IN;
  if (signedIn || provedByToken(action, parts, sub)) return { authtype: "app_user", authid: sub };
  return { authtype: identityType === "Unknown" ? "unauthenticated" : "unknown" };
}

/** Nobody calls the hosted pages with credentials; only UserInfo takes an access token. */
export function hostedUiAuthContext(action: string, { additional }: RecordParts): AuthContext {
  // Not the form's `sub`: whoever sends the request can write any user's there.
  const sub = action.startsWith("UserInfo_") ? identifier(member(additional, "sub")) : undefined;
  return sub === undefined ? { authtype: "unknown" } : { authtype: "app_user", authid: sub };
}

function provedByToken(action: string, { record, request }: RecordParts, sub: string | undefined): boolean {
  if (!ACCESS_TOKEN_ACTIONS.has(action)) return false;
  // AssociateSoftwareToken and VerifySoftwareToken take a session instead while the user signs in.
  if (present(member(request, "session")) && !present(member(request, "accessToken"))) return false;
  return sub !== undefined || !hasError(record);
}

/** The role itself: the ARN of the session changes with every session. */
function roleArn(identity: unknown): string | undefined {
  const issuer = member(member(identity, "sessionContext"), "sessionIssuer");
  return identifier(member(issuer, "arn")) ?? identifier(member(identity, "arn"));
}
