/** What to do about an error of AWS, in words. Pure. */
import { type AwsNeed, principalText } from "../../config/aws-needs.ts";

export function awsAdvice(need: AwsNeed, error: string): string {
  const who = principalText(need.principal);
  const { action, resource, region = "its Region" } = need;
  if (isDenied(error)) {
    const allow = `allow ${action} on ${resource} for ${who} (\`poolcast policy\` prints the whole policy)`;
    return need.principal.kind === "role"
      ? `${allow}, and see that the role may be assumed: its trust policy, and sts:AssumeRole for who assumes it`
      : allow;
  }
  switch (error) {
    case "CredentialsProviderError":
      return `no credentials were found: set \`auth\` beside ${need.setting}, or give poolcast's environment credentials that AWS's chain finds`;
    case "ExpiredToken":
    case "ExpiredTokenException":
      return `the session of ${who} is over: renew it; a running gateway finds new ones by itself`;
    case "InvalidIdentityToken":
      return `AWS does not accept the web identity token: check the role's trust policy and the identity provider of the account`;
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidAccessKeyId":
    case "OptInRequired":
      return `AWS does not know ${who} in ${region}: check the key, and that the account uses this Region`;
    case "SignatureDoesNotMatch":
    case "InvalidSignatureException":
    case "RequestTimeTooSkewed":
      return `the secret access key does not belong to the access key, or the clock of this machine is wrong`;
    case "ResourceNotFoundException":
      return `there is no such user pool in ${region}: check the ARN at ${need.setting.split(".")[0]}`;
    case "NotFound":
    case "NoSuchBucket":
      return `there is no such bucket: check ${need.setting}`;
    case "PermanentRedirect":
    case "AuthorizationHeaderMalformed":
      return `the bucket is in another Region than ${region}: set ingest.s3.region`;
    case "ThrottlingException":
    case "TooManyRequestsException":
    case "SlowDown":
      return "the account makes too many of these calls at the moment: try again later";
    case "TimeoutError":
    case "ECONNREFUSED":
    case "ECONNRESET":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EHOSTUNREACH":
      return `AWS is not reached from here in ${region}: check the endpoint, the proxy and the network`;
    default:
      return `AWS refused ${action} on ${resource} for ${who}`;
  }
}

function isDenied(error: string): boolean {
  return /^(AccessDenied|Forbidden|NotAuthorized|UnauthorizedOperation)/.test(error);
}
