/**
 * The adapters to AWS in a Worker, which is one file: nothing is loaded later, and of a module that is imported
 * dynamically its bundler keeps everything, which was 44 KiB of commands that nobody calls.
 *
 * Credentials are those of the configuration, else those of the Worker's secrets, under the names that every AWS program
 * knows. There is no other chain: no files, no metadata service.
 */
import { createCloudTrailHistory } from "../aws/cloudtrail.ts";
import { createCognitoCall, createListUsersPage } from "../aws/cognito.ts";
import { createCognitoDirectory } from "../aws/cognito-directory.ts";
import { assumeRole, givenCredentials } from "../aws/given-credentials.ts";
import { createS3ObjectStore } from "../aws/s3.ts";
import type { AwsAuthConfig } from "../config/config.ts";
import type { AwsAdapters, CredentialsFor } from "./aws-adapters.ts";
import { endpointOf } from "./aws-endpoints.ts";
import { sendByFetch } from "./worker-send.ts";

type Texts = Readonly<Record<string, string | undefined>>;

export function workerAws(env: Texts): AwsAdapters {
  return {
    credentials: async () => credentialsOf(env),
    cloudTrail: async () => ({ createCloudTrailHistory }),
    cognito: async () => ({ createCognitoCall, createListUsersPage }),
    cognitoDirectory: async () => ({ createCognitoDirectory }),
    s3: async () => ({ createS3ObjectStore, send: sendByFetch }),
  };
}

function credentialsOf(env: Texts): CredentialsFor {
  const endpoint = endpointOf(env, "STS");
  return (auth, region) => {
    const sts = { region, ...(endpoint !== undefined && { endpoint }) };
    const keys = givenCredentials(auth?.credentials ?? secretsOf(env), sts);
    const roleArn = auth?.credentials ? undefined : auth?.iam?.roleArn;
    return roleArn === undefined ? keys : assumeRole(roleArn, keys, sts);
  };
}

/** That they are there was seen when the configuration was read. */
function secretsOf(env: Texts): NonNullable<AwsAuthConfig["credentials"]> {
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN } = env;
  return { accessKeyID: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
}
