/**
 * AWS credentials as the configuration has them; where it says nothing, the chain that every AWS program follows:
 * environment, shared files and SSO, web identity, container and Pod Identity endpoints, instance metadata.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
import { fromNodeProviderChain, fromTemporaryCredentials, fromTokenFile } from "@aws-sdk/credential-providers";
import type { AwsAuthConfig } from "../config/config.ts";

export type AwsCredentials = ReturnType<typeof fromNodeProviderChain>;

const SESSION_NAME = "poolcast";

/** `tokenFile` is where the runtime says that a web identity token lies (AWS_WEB_IDENTITY_TOKEN_FILE). */
export function awsCredentials(
  auth: AwsAuthConfig | undefined,
  { region, tokenFile }: { readonly region: string; readonly tokenFile?: string | undefined },
): AwsCredentials {
  const assume = (roleArn: string, masterCredentials: AwsCredentials) =>
    fromTemporaryCredentials({
      params: { RoleArn: roleArn, RoleSessionName: SESSION_NAME },
      masterCredentials,
      clientConfig: { region },
    });

  if (auth?.credentials) {
    const { accessKeyID, secretAccessKey, sessionToken, assumeIamRole } = auth.credentials;
    const given = async () => ({
      accessKeyId: accessKeyID,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
    });
    return assumeIamRole === undefined ? given : assume(assumeIamRole, given);
  }
  // Keys in the shared files have no end, so whoever looks again does so because AWS refused them: the files may have
  // been rewritten since the SDK read them.
  const ambient = fromNodeProviderChain({ clientConfig: { region }, ignoreCache: true });
  const roleArn = auth?.iam?.roleArn;
  if (roleArn === undefined) return ambient;
  return tokenFile === undefined
    ? assume(roleArn, ambient)
    : fromTokenFile({
        roleArn,
        webIdentityTokenFile: tokenFile,
        roleSessionName: SESSION_NAME,
        clientConfig: { region },
      });
}
