/**
 * AWS credentials of a Worker: those of the configuration, else those of its secrets, under the names that every AWS
 * program knows. There is no other chain: no files, no metadata service.
 */
import type { AwsAuthConfig } from "../config/config.ts";
import type { LoadCredentials } from "./aws-credentials.ts";
import { endpointOf } from "./worker-endpoints.ts";

type Texts = Readonly<Record<string, string | undefined>>;

export function workerCredentials(env: Texts): LoadCredentials {
  return async () => {
    const { assumeRole, givenCredentials } = await import("../aws/given-credentials.ts");
    return (auth, region) => {
      const endpoint = endpointOf(env, "STS");
      const sts = { region, ...(endpoint !== undefined && { endpoint }) };
      const keys = givenCredentials(auth?.credentials ?? secretsOf(env), sts);
      const roleArn = auth?.credentials ? undefined : auth?.iam?.roleArn;
      return roleArn === undefined ? keys : assumeRole(roleArn, keys, sts);
    };
  };
}

/** That they are there was seen when the configuration was read. */
function secretsOf(env: Texts): NonNullable<AwsAuthConfig["credentials"]> {
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN } = env;
  return { accessKeyID: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
}
