/** How a runtime comes to AWS credentials. Loaded with the first call to AWS, as all that is of the SDK. */
import type { AwsCredentials } from "../aws/given-credentials.ts";
import type { AwsAuthConfig } from "../config/config.ts";

export type CredentialsFor = (auth: AwsAuthConfig | undefined, region: string) => AwsCredentials;
export type LoadCredentials = () => Promise<CredentialsFor>;

/** Of a process: what the configuration says, else the chain that every AWS program follows. */
export function processCredentials(env: Readonly<Record<string, string | undefined>>): LoadCredentials {
  return async () => {
    const { awsCredentials } = await import("../aws/credentials.ts");
    return (auth, region) => awsCredentials(auth, { region, tokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE || undefined });
  };
}
