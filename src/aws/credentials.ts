/**
 * AWS credentials as the configuration has them; where it says nothing, the chain that every AWS program follows:
 * environment, shared files and SSO, web identity, container and Pod Identity endpoints, instance metadata.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
import { fromNodeProviderChain, fromTokenFile } from "@aws-sdk/credential-providers";
import type { AwsAuthConfig } from "../config/config.ts";
import { type AwsCredentials, assumeRole, givenCredentials, SESSION_NAME } from "./given-credentials.ts";

/** `tokenFile` is where the runtime says that a web identity token lies (AWS_WEB_IDENTITY_TOKEN_FILE). */
export function awsCredentials(
  auth: AwsAuthConfig | undefined,
  { region, tokenFile }: { readonly region: string; readonly tokenFile?: string | undefined },
): AwsCredentials {
  if (auth?.credentials) return givenCredentials(auth.credentials, { region });
  // Keys in the shared files have no end, so whoever looks again does so because AWS refused them: the files may have
  // been rewritten since the SDK read them.
  const ambient = fromNodeProviderChain({ clientConfig: { region }, ignoreCache: true });
  const roleArn = auth?.iam?.roleArn;
  if (roleArn === undefined) return ambient;
  return tokenFile === undefined
    ? assumeRole(roleArn, ambient, { region })
    : fromTokenFile({
        roleArn,
        webIdentityTokenFile: tokenFile,
        roleSessionName: SESSION_NAME,
        clientConfig: { region },
      });
}
