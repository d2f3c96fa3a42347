/** Anything else is no name that AWS gives to an action, a page or a trigger. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

const WORD_BOUNDARY = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g;

/** `AdminSetUserMFAPreference` -> `admin_set_user_mfa_preference`; `unknown` for what is no name. */
export function snakeCase(name: string): string {
  if (!NAME.test(name)) return "unknown";
  // A digit followed by a capital is a boundary, which would tear these two apart: o_auth2_response.
  return name.replaceAll("OAuth2", "Oauth2").replaceAll("SAML2", "Saml2").replace(WORD_BOUNDARY, "_").toLowerCase();
}
