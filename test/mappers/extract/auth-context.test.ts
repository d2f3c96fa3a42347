import { describe, expect, it } from "vitest";
import { apiRecord, eventOf, HIDDEN, pageRecord, SUB } from "../records.ts";

type Members = Readonly<Record<string, unknown>>;

const SESSION = "arn:aws:sts::210987654321:assumed-role/shop/orders";
const ROLE = "arn:aws:iam::210987654321:role/shop";
const PERSON = "arn:aws:iam::210987654321:user/jo";
const UNKNOWN = { type: "Unknown", principalId: "Anonymous" };
const additionalEventData = { sub: SUB };

/** `<authtype> <authid>` */
function authOf(action: string, members: Members): string {
  const { authtype, authid } = eventOf(apiRecord(action, members)).attributes;
  return `${authtype} ${authid}`;
}

describe("who called", () => {
  it.each<[unknown, string]>([
    [
      { type: "AssumedRole", arn: SESSION, sessionContext: { sessionIssuer: { arn: ROLE } } },
      `service_account ${ROLE}`,
    ],
    [{ type: "AssumedRole", arn: SESSION }, `service_account ${SESSION}`],
    [{ type: "AssumedRole", arn: SESSION, sessionContext: HIDDEN }, `service_account ${SESSION}`],
    [{ type: "AssumedRole" }, "service_account undefined"],
    [{ type: "Role", arn: ROLE }, `service_account ${ROLE}`],
    [{ type: "IAMUser", arn: PERSON }, `user ${PERSON}`],
    [{ type: "Root", arn: "arn:aws:iam::210987654321:root" }, "user arn:aws:iam::210987654321:root"],
    [{ type: "FederatedUser", arn: PERSON }, `user ${PERSON}`],
    [{ type: "IdentityCenterUser" }, "user undefined"],
    [{ type: "SAMLUser", principalId: "x" }, "user undefined"],
    [{ type: "WebIdentityUser", arn: 7 }, "user undefined"],
    [{ type: "AWSService", invokedBy: "cognito-idp.amazonaws.com" }, "system undefined"],
    [{ type: "AWSAccount", accountId: "111122223333" }, "unknown undefined"],
    [{ type: "Directory" }, "unknown undefined"],
    [{ accountId: "210987654321" }, "unknown undefined"],
    [UNKNOWN, "unauthenticated undefined"],
    [{ type: "constructor" }, "unknown undefined"],
    [{ type: ["IAMUser"], arn: PERSON }, "unknown undefined"],
    [HIDDEN, "unknown undefined"],
    [null, "unknown undefined"],
  ])("%j", (userIdentity, expected) => {
    expect(authOf("AdminInitiateAuth", { userIdentity, additionalEventData })).toBe(expected);
  });
});

describe("a record without an identity", () => {
  it("is an app user's where the call took his access token, and unknown otherwise", () => {
    for (const userIdentity of [null, undefined]) {
      const members = { userIdentity, additionalEventData, requestParameters: { accessToken: HIDDEN } };
      expect(authOf("ChangePassword", members)).toBe(`app_user ${SUB}`);
      expect(authOf("SignUp", { userIdentity, additionalEventData })).toBe("unknown undefined");
    }
  });
});

describe("an app user", () => {
  const accessTokenActions = `AssociateSoftwareToken ChangePassword CompleteWebAuthnRegistration ConfirmDevice
    DeleteUser DeleteUserAttributes DeleteWebAuthnCredential ForgetDevice GetDevice GetUser
    GetUserAttributeVerificationCode GetUserAuthFactors GlobalSignOut ListDevices ListUserSessions
    ListWebAuthnCredentials RevokeUserSession SetUserMFAPreference SetUserSettings StartWebAuthnRegistration
    UpdateDeviceStatus UpdateUserAttributes VerifySoftwareToken VerifyUserAttribute`.split(/\s+/);

  it.each(accessTokenActions)("is behind %s", (action) => {
    const members = { userIdentity: UNKNOWN, requestParameters: { accessToken: HIDDEN } };
    const failed = { ...members, errorCode: "NotAuthorizedException" };
    expect(authOf(action, { ...members, additionalEventData })).toBe(`app_user ${SUB}`);
    expect(authOf(action, { ...failed, additionalEventData })).toBe(`app_user ${SUB}`);
    expect(authOf(action, members)).toBe("app_user undefined");
    expect(authOf(action, failed)).toBe("unauthenticated undefined");
  });

  it.each(["AssociateSoftwareToken", "VerifySoftwareToken"])("is not behind %s with a session alone", (action) => {
    const members = { userIdentity: UNKNOWN, additionalEventData };
    expect(authOf(action, { ...members, requestParameters: { session: HIDDEN } })).toBe("unauthenticated undefined");
    const both = { session: HIDDEN, accessToken: HIDDEN };
    expect(authOf(action, { ...members, requestParameters: both })).toBe(`app_user ${SUB}`);
  });

  it.each(["InitiateAuth", "RespondToAuthChallenge"])("is behind %s that succeeded", (action) => {
    const members = { userIdentity: UNKNOWN, additionalEventData };
    const responseElements = { authenticationResult: HIDDEN };
    const requestParameters = { authFlow: "REFRESH_TOKEN_AUTH" };
    expect(authOf(action, { ...members, responseElements })).toBe(`app_user ${SUB}`);
    // A refresh is no sign-in.
    expect(authOf(action, { ...members, requestParameters, responseElements })).toBe("unauthenticated undefined");
    expect(authOf(action, { ...members, responseElements: { challengeName: "SMS_MFA" } })).toBe(
      "unauthenticated undefined",
    );
    expect(authOf(action, { ...members, errorCode: "NotAuthorizedException" })).toBe("unauthenticated undefined");
    expect(authOf(action, members)).toBe("unauthenticated undefined");
  });

  it.each(["SignUp", "ConfirmSignUp", "ForgotPassword", "ConfirmForgotPassword", "RevokeToken", "GetClientToken"])(
    "is not behind %s",
    (action) => {
      expect(authOf(action, { userIdentity: UNKNOWN, additionalEventData })).toBe("unauthenticated undefined");
    },
  );
});

describe("a hosted page", () => {
  it.each<[string, Members, string]>([
    ["UserInfo_GET", { sub: SUB }, `app_user ${SUB}`],
    ["UserInfo_POST", { sub: SUB }, `app_user ${SUB}`],
    ["UserInfo_GET", {}, "unknown undefined"],
    ["UserInfo_GET", { requestParameters: { sub: [SUB] } }, "unknown undefined"],
    ["Confirm_POST", { sub: SUB }, "unknown undefined"],
    ["Token_POST", { sub: SUB }, "unknown undefined"],
  ])("%s with %j", (name, additional, expected) => {
    const { authtype, authid } = eventOf(pageRecord(name, 200, additional)).attributes;
    expect(`${authtype} ${authid}`).toBe(expected);
  });
});
