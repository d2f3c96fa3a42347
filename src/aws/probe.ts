/** One harmless call for each thing that a configuration needs of AWS. */
import { CloudTrailClient, LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import { ListUserPoolClientsCommand, ListUsersCommand } from "@aws-sdk/client-cognito-identity-provider";
import { GetObjectCommand, HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { AwsNeed } from "../config/aws-needs.ts";
import type { IngestConfig, PoolConfig } from "../config/config.ts";
import { err, ok, type Result } from "../core/result.ts";
import { awsErrorName, keepClients } from "./aws-call.ts";
import { type AwsSurroundings, createCognitoClients, USER_AGENT } from "./cognito-client.ts";
import { awsCredentials } from "./credentials.ts";

/** The error is AWS's name of it; `undefined` where the need is met by what other probes do. */
export type Probe = (need: AwsNeed) => Promise<Result<void, string>> | undefined;

/** There is no such file, and whoever may read files is told so. */
const NO_SUCH_KEY = "poolcast-doctor/there-is-no-such-file";

export interface ProbeParts extends AwsSurroundings {
  readonly s3: IngestConfig["s3"];
}

export function createProbe({ s3, tokenFile }: ProbeParts): Probe {
  const cognito = createCognitoClients({ tokenFile });
  const cloudTrail = keepClients<PoolConfig, CloudTrailClient>({
    keyOf: ({ arn }) => arn,
    open: ({ arn, auth, cloudtrailEndpoint }) =>
      new CloudTrailClient(settings(arn.split(":")[3], auth, cloudtrailEndpoint)),
  });
  const storage = keepClients<string | undefined, S3Client>({
    keyOf: () => "s3",
    open: (region) =>
      new S3Client({ ...settings(region, s3?.auth, s3?.endpoint), forcePathStyle: s3?.endpoint !== undefined }),
  });

  function settings(region: string | undefined, auth: PoolConfig["auth"], endpoint: string | undefined) {
    return {
      ...(region !== undefined && { region, credentials: awsCredentials(auth, { region, tokenFile }) }),
      customUserAgent: USER_AGENT,
      maxAttempts: 2,
      ...(endpoint !== undefined && { endpoint }),
    };
  }

  return ({ action, purpose, region }) => {
    switch (purpose.kind) {
      case "role":
        return undefined;
      case "pool":
        return answered(askAboutPool(action, purpose.pool));
      case "bucket":
        return answered(askAboutBucket(action, purpose.bucket, region), ["NoSuchKey"]);
    }
  };

  function askAboutPool(action: AwsNeed["action"], pool: PoolConfig): Promise<unknown> {
    const UserPoolId = pool.arn.slice(pool.arn.lastIndexOf("/") + 1);
    if (action === "cloudtrail:LookupEvents") {
      return cloudTrail.call(pool, (client, abortSignal) =>
        client.send(new LookupEventsCommand({ MaxResults: 1 }), { abortSignal }),
      );
    }
    return cognito.call<unknown>(pool, (client, abortSignal) =>
      action === "cognito-idp:ListUsers"
        ? client.send(new ListUsersCommand({ UserPoolId, Limit: 1 }), { abortSignal })
        : client.send(new ListUserPoolClientsCommand({ UserPoolId, MaxResults: 1 }), { abortSignal }),
    );
  }

  function askAboutBucket(action: AwsNeed["action"], Bucket: string, region: string | undefined): Promise<unknown> {
    return storage.call<unknown>(region, (client, abortSignal) =>
      action === "s3:GetObject"
        ? client.send(new GetObjectCommand({ Bucket, Key: NO_SUCH_KEY }), { abortSignal })
        : client.send(new HeadBucketCommand({ Bucket }), { abortSignal }),
    );
  }
}

/** `expected` are errors that prove that the call may be made. */
async function answered(call: Promise<unknown>, expected: readonly string[] = []): Promise<Result<void, string>> {
  try {
    await call;
    return ok(undefined);
  } catch (error) {
    const name = awsErrorName(error);
    return expected.includes(name) ? ok(undefined) : err(statusName(error) ?? name);
  }
}

/** The answer to HeadBucket has no body, so the SDK has no name for most of its errors. */
function statusName(error: unknown): string | undefined {
  if (!(error instanceof Error) || !["Unknown", "UnknownError", "403", "400"].includes(error.name)) return undefined;
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  const status = typeof metadata === "object" && metadata && "httpStatusCode" in metadata ? metadata.httpStatusCode : 0;
  if (status === 403) return "AccessDenied";
  return status === 301 || status === 400 ? "PermanentRedirect" : undefined;
}
