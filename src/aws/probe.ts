/** One harmless call for each thing that a configuration needs of AWS. */
import { CloudTrailClient, LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import { ListUserPoolClientsCommand, ListUsersCommand } from "@aws-sdk/client-cognito-identity-provider";
import { GetObjectCommand, HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { AwsAction, AwsNeed } from "../config/aws-needs.ts";
import type { AwsAuthConfig, IngestConfig, PoolConfig } from "../config/config.ts";
import { member } from "../core/json.ts";
import { ok, type Result } from "../core/result.ts";
import type { PollFault } from "../ingest/poll/fault.ts";
import { createAwsCall } from "./aws-call.ts";
import { createCognitoCall } from "./cognito.ts";
import { awsCredentials } from "./credentials.ts";
import { OWN_USER_AGENT } from "./user-agent.ts";

/** Undefined where other probes show whether the need is met. */
export type Probe = (need: AwsNeed) => Promise<Result<unknown, PollFault>> | undefined;

export interface ProbeParts {
  readonly s3: IngestConfig["s3"];
  /** Where the runtime says that a web identity token lies (AWS_WEB_IDENTITY_TOKEN_FILE). */
  readonly tokenFile?: string | undefined;
}

const TIMEOUT_MS = 20_000;

/** There is no such file, and whoever may read files is told so. */
const NO_SUCH_KEY = "poolcast-doctor/there-is-no-such-file";

export function createProbe({ s3, tokenFile }: ProbeParts): Probe {
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

  function settings(region: string, auth: AwsAuthConfig | undefined, endpoint: string | undefined) {
    return {
      region,
      credentials: awsCredentials(auth, { region, tokenFile }),
      customUserAgent: OWN_USER_AGENT,
      ...(endpoint !== undefined && { endpoint }),
    };
  }

  function lookUp({ auth, cloudtrailEndpoint }: PoolConfig, region: string) {
    const connect = () => new CloudTrailClient(settings(region, auth, cloudtrailEndpoint));
    const command = new LookupEventsCommand({ MaxResults: 1 });
    const call = createAwsCall({ connect, timeoutMs: TIMEOUT_MS });
    return call((client, abortSignal) => client.send(command, { abortSignal }), signal);
  }

  function askAboutPool(action: AwsAction, { arn, auth, endpoint }: PoolConfig, region: string) {
    const UserPoolId = arn.slice(arn.lastIndexOf("/") + 1);
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

  async function askAboutBucket(action: AwsAction, Bucket: string, region: string) {
    const connect = () => {
      const { endpoint } = s3 ?? {};
      return new S3Client({ ...settings(region, s3?.auth, endpoint), forcePathStyle: endpoint !== undefined });
    };
    const call = createAwsCall({ connect, timeoutMs: TIMEOUT_MS });
    const answer = await call<unknown>(
      (client, abortSignal) =>
        action === "s3:GetObject"
          ? client.send(new GetObjectCommand({ Bucket, Key: NO_SUCH_KEY }), { abortSignal })
          : client.send(new HeadBucketCommand({ Bucket }), { abortSignal }).catch(throwNamed),
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
