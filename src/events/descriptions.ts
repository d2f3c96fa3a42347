/** What each fact means, in plain words: the sentence for the fact, and what was attempted where it failed. */

type Words = readonly [sentence: string, attempt: string];

const WORDS: Readonly<Record<string, Words>> = {
  "branding.created": ["A managed login branding style was created.", "create a managed login branding style"],
  "branding.deleted": ["A managed login branding style was deleted.", "delete a managed login branding style"],
  "branding.updated": ["A managed login branding style was changed.", "change a managed login branding style"],
  "client.created": ["An app client was created.", "create an app client"],
  "client.deleted": ["An app client was deleted.", "delete an app client"],
  "client.session_configured": [
    "The session settings of an app client were changed.",
    "change the session settings of an app client",
  ],
  "client.updated": ["The settings of an app client were changed.", "change the settings of an app client"],
  "client_secret.created": ["A secret was added to an app client.", "add a secret to an app client"],
  "client_secret.deleted": ["A secret of an app client was deleted.", "delete a secret of an app client"],
  "device.confirmed": ["A user's device was registered for tracking.", "register a user's device for tracking"],
  "device.forgotten": ["A user's device was forgotten.", "forget a user's device"],
  "device.updated": [
    "A user's device was marked as remembered or not remembered.",
    "mark a user's device as remembered or not remembered",
  ],
  "domain.created": ["A domain was given to a user pool.", "give a domain to a user pool"],
  "domain.deleted": ["The domain of a user pool was deleted.", "delete the domain of a user pool"],
  "domain.updated": ["The domain of a user pool was changed.", "change the domain of a user pool"],
  "group.created": ["A group was created.", "create a group"],
  "group.deleted": ["A group was deleted.", "delete a group"],
  "group.member_added": ["A user was added to a group.", "add a user to a group"],
  "group.member_removed": ["A user was removed from a group.", "remove a user from a group"],
  "group.updated": ["A group was changed.", "change a group"],
  "identity_provider.created": ["An identity provider was added to a user pool.", "add an identity provider"],
  "identity_provider.deleted": ["An identity provider was removed from a user pool.", "remove an identity provider"],
  "identity_provider.updated": ["The settings of an identity provider were changed.", "change an identity provider"],
  "import_job.created": ["A user import job was created.", "create a user import job"],
  "import_job.started": [
    "A user import job was started; the users it imports have no events of their own in CloudTrail.",
    "start a user import job",
  ],
  "import_job.stopped": ["A user import job was stopped.", "stop a user import job"],
  "limit.updated": ["A provisioned API limit was changed.", "change a provisioned API limit"],
  "mfa.preference_changed": ["A user's MFA preference was changed.", "change a user's MFA preference"],
  "mfa.totp_deleted": ["A user's authenticator app was removed.", "remove a user's authenticator app"],
  "mfa.totp_started": [
    "A user began to set up an authenticator app: a secret was made, and not yet verified.",
    "begin to set up an authenticator app",
  ],
  "mfa.totp_verified": ["A user verified the code of an authenticator app.", "verify the code of an authenticator app"],
  "passkey.deleted": ["A passkey of a user was deleted.", "delete a passkey of a user"],
  "passkey.registered": ["A user registered a passkey.", "register a passkey"],
  "passkey.registration_started": ["A user began to register a passkey.", "begin to register a passkey"],
  "password.changed": ["A signed-in user changed the password.", "change the password of a signed-in user"],
  "password.reset": [
    "A user set a new password with a code after forgetting the old one.",
    "set a new password with a code",
  ],
  "password.reset_requested": [
    "Somebody asked for a code to reset a forgotten password; the user may not even exist.",
    "ask for a code to reset a forgotten password",
  ],
  "password.reset_required": [
    "An administrator made a user's password invalid: the user must reset it.",
    "require a user to reset the password",
  ],
  "password.set": ["An administrator set a user's password.", "set a user's password as an administrator"],
  "replica.created": ["A replica of a user pool was created in another region.", "create a replica of a user pool"],
  "replica.deleted": ["A replica of a user pool was deleted.", "delete a replica of a user pool"],
  "replica.updated": ["A replica of a user pool was changed.", "change a replica of a user pool"],
  "resource_server.created": ["A resource server was created.", "create a resource server"],
  "resource_server.deleted": ["A resource server was deleted.", "delete a resource server"],
  "resource_server.updated": ["A resource server or its scopes were changed.", "change a resource server"],
  "risk.feedback_recorded": [
    "Somebody said whether a sign-in that threat protection noticed was the user's own.",
    "give feedback about a sign-in that threat protection noticed",
  ],
  "session.all_revoked": ["A user was signed out everywhere: all tokens were revoked.", "sign a user out everywhere"],
  "session.attempted": [
    "A call to sign in was answered without an error; the record does not show whether with tokens or a challenge.",
    "sign in",
  ],
  "session.challenged": ["A sign-in goes on: the user was asked for a password, a code or another proof.", "sign in"],
  "session.ended": ["A user signed out at the hosted pages.", "sign out at the hosted pages"],
  "session.refreshed": ["An app got new tokens for a refresh token.", "get new tokens for a refresh token"],
  "session.revoked": ["One session of a user was revoked.", "revoke a session of a user"],
  "session.started": ["A user signed in: tokens were issued.", "sign in"],
  "terms.created": ["Terms of use or a privacy policy were added.", "add terms of use or a privacy policy"],
  "terms.deleted": ["Terms of use or a privacy policy were removed.", "remove terms of use or a privacy policy"],
  "terms.updated": ["Terms of use or a privacy policy were changed.", "change terms of use or a privacy policy"],
  "token.issued": [
    "Tokens were issued: for an authorization code, or to an app for itself (client credentials).",
    "get tokens for an authorization code or client credentials",
  ],
  "token.revoked": ["A refresh token was revoked.", "revoke a refresh token"],
  "user.attribute_verified": [
    "A user verified an email address or phone number with a code.",
    "verify an email address or phone number with a code",
  ],
  "user.confirmation_code_resent": [
    "Somebody asked for the sign-up code again; the user may not even exist.",
    "ask for the sign-up code again",
  ],
  "user.confirmed": ["A user who had signed up was confirmed.", "confirm a user who had signed up"],
  "user.created": ["A user was created by an administrator, or is new in the users poll.", "create a user"],
  "user.deleted": ["A user was deleted, or is gone from the users poll.", "delete a user"],
  "user.disabled": ["A user was disabled and cannot sign in.", "disable a user"],
  "user.enabled": ["A user was enabled and can sign in again.", "enable a user"],
  "user.provider_linked": [
    "An identity of another provider was linked to a user.",
    "link an identity of another provider to a user",
  ],
  "user.provider_unlinked": [
    "An identity of another provider was unlinked from a user.",
    "unlink an identity of another provider from a user",
  ],
  "user.signed_up": ["A user signed up, and may still have to be confirmed.", "sign up"],
  "user.updated": ["Attributes of a user were changed or deleted.", "change or delete attributes of a user"],
  "user.verification_code_sent": [
    "A code to verify an email address or phone number was sent to a user.",
    "send a code to verify an email address or phone number",
  ],
  "user_pool.attributes_added": ["Custom attributes were added to a user pool.", "add custom attributes"],
  "user_pool.created": ["A user pool was created.", "create a user pool"],
  "user_pool.deleted": ["A user pool was deleted with all its users.", "delete a user pool"],
  "user_pool.log_delivery_configured": [
    "Where a user pool's activity logs go was changed.",
    "change where a user pool's activity logs go",
  ],
  "user_pool.mfa_configured": [
    "The MFA settings of a user pool were changed.",
    "change the MFA settings of a user pool",
  ],
  "user_pool.risk_configured": [
    "The threat protection settings of a user pool or client were changed.",
    "change the threat protection settings of a user pool or client",
  ],
  "user_pool.session_configured": [
    "The session settings of a user pool were changed.",
    "change the session settings of a user pool",
  ],
  "user_pool.tagged": ["Tags were put on a user pool.", "put tags on a user pool"],
  "user_pool.ui_customized": ["The look of the classic hosted UI was changed.", "change the look of the hosted UI"],
  "user_pool.untagged": ["Tags were removed from a user pool.", "remove tags from a user pool"],
  "user_pool.updated": [
    "The settings of a user pool were replaced; what the call left out went back to its default.",
    "change the settings of a user pool",
  ],
};

/** The sentence for a fact; undefined for one that nobody described, which a test finds. */
export function describeFact(fact: string): string | undefined {
  return WORDS[fact]?.[0];
}

/** The sentence for an attempt at `fact` that failed. */
export function describeFailure(fact: string): string | undefined {
  const words = WORDS[fact];
  return words === undefined ? undefined : `An attempt to ${words[1]} failed.`;
}
