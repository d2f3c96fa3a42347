/** One harmless call for each thing that a configuration needs of AWS. */

import { CloudTrailClient, LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import { ListUserPoolClientsCommand, ListUsersCommand } from "@aws-sdk/client-cognito-identity-provider";
import type { AwsAction, AwsNeed } from "../config/aws-needs.ts";
import type { IngestConfig, PoolConfig } from "../config/config.ts";
import { member } from "../core/json.ts";
import { readPoolArn } from "../core/pool-arn.ts";
import { ok, type Result } from "../core/result.ts";
import type { PollFault } from "../ingest/poll/fault.ts";
import { createAwsCall } from "./aws-call.ts";
import { createCognitoCall } from "./cognito.ts";
import { awsCredentials } from "./credentials.ts";
import { createS3Client } from "./s3-client.ts";
import type { S3Place } from "./s3-place.ts";
import type { SendRaw } from "./send-raw.ts";
import { OWN_USER_AGENT } from "./user-agent.ts";

/** Undefined where other probes show whether the need is met. */
export type Probe = (need: AwsNeed) => Promise<Result<unknown, PollFault>> | undefined;

export interface ProbeParts {
  readonly s3: IngestConfig["s3"];
  readonly s3Place: S3Place;
  readonly send: SendRaw;
  /** Where the runtime says that a web identity token lies (AWS_WEB_IDENTITY_TOKEN_FILE). */
  readonly tokenFile?: string | undefined;
}

const TIMEOUT_MS = 20_000;

/** There is no such file, and whoever may read files is told so. */
const NO_SUCH_KEY = "poolcast-doctor/there-is-no-such-file";

export function createProbe({ s3, s3Place, send, tokenFile }: ProbeParts): Probe {
  const { signal } = new AbortController();

  return ({ action, purpose, region = "us-east-1" }) => {
    switch (purpose.kind) {
      case "role":
        return undefined;
      case "pool":
        return action === "cloudtrail:LookupEvents"
          ? lookUp(purpose.pool, region)
          : askAboutPool(action, purpose.pool, region);
      case "bucket":
        return askAboutBucket(action, purpose.bucket, region);
    }
  };

  function lookUp({ auth, cloudtrailEndpoint }: PoolConfig, region: string) {
    const connect = () =>
      new CloudTrailClient({
        region,
        credentials: awsCredentials(auth, { region, tokenFile }),
        customUserAgent: OWN_USER_AGENT,
        ...(cloudtrailEndpoint !== undefined && { endpoint: cloudtrailEndpoint }),
      });
    const command = new LookupEventsCommand({ MaxResults: 1 });
    const call = createAwsCall({ connect, timeoutMs: TIMEOUT_MS });
    return call((client, abortSignal) => client.send(command, { abortSignal }), signal);
  }

  function askAboutPool(action: AwsAction, { arn, auth, endpoint }: PoolConfig, region: string) {
    const { poolId: UserPoolId } = readPoolArn(arn);
    const credentials = () => awsCredentials(auth, { region, tokenFile });
    const call = createCognitoCall({ region, endpoint, credentials, timeoutMs: TIMEOUT_MS });
    return call<unknown>(
      (client, abortSignal) =>
        action === "cognito-idp:ListUsers"
          ? client.send(new ListUsersCommand({ UserPoolId, Limit: 1 }), { abortSignal })
          : client.send(new ListUserPoolClientsCommand({ UserPoolId, MaxResults: 1 }), { abortSignal }),
      signal,
    );
  }

  async function askAboutBucket(action: AwsAction, bucket: string, region: string) {
    const connect = () => ({
      ...createS3Client({ region, credentials: awsCredentials(s3?.auth, { region, tokenFile }), place: s3Place, send }),
      destroy() {},
    });
    const call = createAwsCall({ connect, timeoutMs: TIMEOUT_MS });
    const answer = await call<unknown>(
      (client, abortSignal) =>
        action === "s3:GetObject"
          ? client.getObject({ bucket, key: NO_SUCH_KEY }, abortSignal)
          : client.headBucket(bucket, abortSignal).catch(throwNamed),
      signal,
    );
    return !answer.ok && answer.error.error === "NoSuchKey" ? ok(undefined) : answer;
  }
}

/** The answer to HeadBucket has no body that would name its error. */
function throwNamed(error: unknown): never {
  const name = HEAD_ERRORS.get(member(member(error, "$metadata"), "httpStatusCode"));
  if (error instanceof Error && name !== undefined) error.name = name;
  throw error;
}

const HEAD_ERRORS: ReadonlyMap<unknown, string> = new Map([
  [301, "PermanentRedirect"],
  [400, "PermanentRedirect"],
  [403, "AccessDenied"],
  [404, "NoSuchBucket"],
]);
