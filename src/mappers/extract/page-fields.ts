/** The fields of a page's query or form, under the names that events have for them. */
import { isObject, member } from "../../core/json.ts";
import { firstValue } from "./text.ts";

/** Everything else that a request may carry is secret, the user's, or the app's own. */
const FIELDS: readonly (readonly [field: string, name: string])[] = [
  ["response_type", "responseType"],
  ["grant_type", "grantType"],
  ["identity_provider", "identityProvider"],
  ["idp_identifier", "idpIdentifier"],
  ["deliveryMedium", "deliveryMedium"],
  ["code_challenge_method", "codeChallengeMethod"],
  ["lang", "lang"],
];

/** A list of scopes that is longer is none. */
const MAX_SCOPES_LENGTH = 16_384;

/** Nothing is checked here; undefined where there are no fields. */
export function pageFields(form: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(form)) return undefined;
  const fields: Record<string, unknown> = {
    redirectUri: withoutQuery(firstValue(member(form, "redirect_uri"))),
    scopes: scopesOf(firstValue(member(form, "scope") ?? member(form, "scopes"))),
  };
  for (const [field, name] of FIELDS) if (Object.hasOwn(form, field)) fields[name] = firstValue(form[field]);
  return fields;
}

/** Query and fragment may carry a code or the app's state, what stands before the host a password. */
function withoutQuery(uri: unknown): unknown {
  if (typeof uri !== "string") return undefined;
  const end = uri.search(/[?#]|%(?:3f|23)/i);
  return (end === -1 ? uri : uri.slice(0, end)).replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, "$1");
}

function scopesOf(scope: unknown): unknown {
  return typeof scope === "string" && scope.length <= MAX_SCOPES_LENGTH ? scope.split(/\s+/) : undefined;
}
