import type { AwsNeed } from "../../config/aws-needs.ts";
import type { Config } from "../../config/config.ts";
import { s3PlaceOf } from "../../runtimes/aws-endpoints.ts";
import { awsAdvice } from "./aws-advice.ts";
import type { CheckResult } from "./check-result.ts";

/** Makes each call once that this configuration will make, one after the other: AWS counts what comes at once. */
export async function checkAws(
  config: Config,
  needs: readonly AwsNeed[],
  env: NodeJS.ProcessEnv,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  if (needs.length === 0) return results;
  // The SDK is loaded only where AWS is asked.
  const [{ createProbe }, { sendByUndici: send }] = await Promise.all([
    import("../../aws/probe.ts"),
    import("../../runtimes/send-by-undici.ts"),
  ]);
  const s3 = config.ingest?.s3;
  const s3Place = s3PlaceOf(s3?.endpoint, env);
  const probe = createProbe({ s3, s3Place, send, tokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE });
  for (const need of needs) {
    const answer = await probe(need);
    if (!answer) continue;
    // Event history has no narrower resource, so two Regions would read alike.
    const what = `${need.action} on ${need.resource === "*" ? `* in ${need.region}` : need.resource}`;
    if (answer.ok) results.push({ what, ok: true });
    else results.push({ what, ok: false, error: answer.error.error, advice: awsAdvice(need, answer.error) });
  }
  return results;
}
