/** What to do about an error of AWS, in words. Pure. */
import { type AwsNeed, principalText } from "../../config/aws-needs.ts";
import type { PollFault } from "../../ingest/poll/fault.ts";

export function awsAdvice(need: AwsNeed, { code, error }: PollFault): string {
  const who = principalText(need.principal);
  const { region = "its Region", setting } = need;
  switch (code) {
    case "access_denied":
      return denied(need, who);
    case "no_credentials":
      return `no credentials were found: set \`auth\` beside ${setting}, or give poolcast's environment some that AWS's chain finds`;
    case "expired_credentials":
      return `the session of ${who} is over: renew it; a running gateway finds the new one by itself`;
    case "invalid_credentials":
    case "region_off":
      return `AWS does not accept ${who} in ${region}: check the key and its secret, or the role's trust policy, and that the account uses this Region`;
    case "clock_skew":
      return "the clock of this machine is wrong: set it";
    case "not_found":
      return `there is no such user pool in ${region}: check the ARN at ${setting.split(".")[0]}`;
    case "throttled":
      return "the account makes too many of these calls at the moment: try again later";
    case "unavailable":
      return `no answer of AWS comes here from ${region}: check the endpoint, the proxy and the network`;
    default:
      return refused(need, error);
  }
}

function denied({ action, resource, principal }: AwsNeed, who: string): string {
  const allow = `allow ${action} on ${resource} for ${who} (\`poolcast policy\` prints the whole policy)`;
  return principal.kind === "role"
    ? `${allow}, and see that the role may be assumed: by its trust policy, and by sts:AssumeRole for who assumes it`
    : allow;
}

function refused({ action, resource, setting, principal }: AwsNeed, error: string): string {
  switch (error) {
    case "NoSuchBucket":
      return `there is no such bucket: check ${setting}`;
    case "PermanentRedirect":
    case "AuthorizationHeaderMalformed":
      return "the bucket is in another Region: set ingest.s3.region";
    default:
      return `AWS refuses ${action} on ${resource} for ${principalText(principal)}`;
  }
}
