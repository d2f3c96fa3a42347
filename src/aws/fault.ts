/**
 * What a call of the SDK rejected with, as a fault of a poll.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/CommonErrors.html
 */
import { member } from "../core/json.ts";
import type { PollFault, PollFaultCode } from "../ingest/poll/fault.ts";

/** The SDK signs with the time of the answer from then on. */
const CLOCK_SKEW = ["RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"];
const SIGNATURE = ["SignatureDoesNotMatch", "InvalidSignatureException"];

const CODES: ReadonlyMap<string, PollFaultCode> = new Map<string, PollFaultCode>([
  ...codes("throttled", [
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
  ]),
  ...codes("clock_skew", CLOCK_SKEW),
  ...codes("expired_credentials", ["ExpiredTokenException", "ExpiredToken"]),
  ...codes("invalid_credentials", [
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "AuthFailure",
    "InvalidIdentityToken",
    ...SIGNATURE,
  ]),
  // What the credential providers say where none of them has any.
  ...codes("no_credentials", ["CredentialsProviderError", "TokenProviderError", "ProviderError"]),
  ...codes("access_denied", [
    "AccessDenied",
    "AccessDeniedException",
    "NotAuthorizedException",
    "UnauthorizedOperation",
    "OperationNotPermittedException",
  ]),
  ...codes("region_off", ["OptInRequired", "RegionDisabledException"]),
  ...codes("not_found", ["ResourceNotFoundException"]),
  ...codes("invalid_token", ["InvalidNextTokenException"]),
]);

function codes(code: PollFaultCode, names: readonly string[]): readonly (readonly [string, PollFaultCode])[] {
  return names.map((name) => [name, code]);
}

export function awsFault(error: unknown): PollFault {
  const name = nameOf(error);
  const status = member(member(error, "$metadata"), "httpStatusCode");
  if (SIGNATURE.includes(name) && isAboutTime(error)) return { code: "clock_skew", error: name };
  const known = CODES.get(name);
  if (known) return { code: known, error: name };
  if (status === 429) return { code: "throttled", error: name };
  // Without a status there was no answer, or none that the SDK could read.
  const refused = typeof status === "number" && status >= 400 && status < 500;
  return { code: refused ? "refused" : "unavailable", error: systemCodeOf(error) ?? name };
}

function nameOf(error: unknown): string {
  return error instanceof Error && error.name !== "" ? error.name : "UnknownError";
}

/** As `ECONNREFUSED`, from wherever in the chain of causes it stands. */
function systemCodeOf(error: unknown): string | undefined {
  const code = member(error, "code");
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  const cause = member(error, "cause");
  return cause === undefined || cause === error ? undefined : systemCodeOf(cause);
}

/** "Signature expired: ... is now earlier than ...", "Signature not yet current: ...". */
function isAboutTime(error: unknown): boolean {
  return error instanceof Error && /expired|not yet current/i.test(error.message);
}
