/** AWS credentials that the configuration gives, and those of a role that is assumed with others: on every runtime. */
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import type { AwsAuthConfig } from "../config/config.ts";

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export type AwsCredentials = () => Promise<AwsKeys>;

export const SESSION_NAME = "poolcast";

export function givenCredentials(
  given: NonNullable<AwsAuthConfig["credentials"]>,
  clientConfig: StsClient,
): AwsCredentials {
  const { accessKeyID, secretAccessKey, sessionToken, assumeIamRole } = given;
  const keys = async () => ({
    accessKeyId: accessKeyID,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
  });
  return assumeIamRole === undefined ? keys : assumeRole(assumeIamRole, keys, clientConfig);
}

export interface StsClient {
  readonly region: string;
  /** In place of AWS's own, or of AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_STS. */
  readonly endpoint?: string;
}

export function assumeRole(
  roleArn: string,
  masterCredentials: AwsCredentials,
  clientConfig: StsClient,
): AwsCredentials {
  const params = { RoleArn: roleArn, RoleSessionName: SESSION_NAME };
  return fromTemporaryCredentials({ params, masterCredentials, clientConfig });
}
