/** The adapters to AWS, as a runtime comes to them. The SDK is large: a process loads each part with the first call to it. */
import type { AwsCredentials } from "../aws/given-credentials.ts";
import type { SendRaw } from "../aws/send-raw.ts";
import type { AwsAuthConfig } from "../config/config.ts";

export interface AwsAdapters {
  readonly credentials: () => Promise<CredentialsFor>;
  readonly cloudTrail: () => Promise<Pick<typeof import("../aws/cloudtrail.ts"), "createCloudTrailHistory">>;
  readonly cognito: () => Promise<
    Pick<typeof import("../aws/cognito.ts"), "createCognitoCall" | "createListUsersPage">
  >;
  readonly cognitoDirectory: () => Promise<
    Pick<typeof import("../aws/cognito-directory.ts"), "createCognitoDirectory">
  >;
  readonly s3: () => Promise<Pick<typeof import("../aws/s3.ts"), "createS3ObjectStore"> & { readonly send: SendRaw }>;
}

export type CredentialsFor = (auth: AwsAuthConfig | undefined, region: string) => AwsCredentials;

/** Of a process: what the configuration says, else the chain that every AWS program follows. */
export function processAws(env: Readonly<Record<string, string | undefined>>): AwsAdapters {
  return {
    async credentials() {
      const { awsCredentials } = await import("../aws/credentials.ts");
      const tokenFile = env.AWS_WEB_IDENTITY_TOKEN_FILE || undefined;
      return (auth, region) => awsCredentials(auth, { region, tokenFile });
    },
    cloudTrail: () => import("../aws/cloudtrail.ts"),
    cognito: () => import("../aws/cognito.ts"),
    cognitoDirectory: () => import("../aws/cognito-directory.ts"),
    async s3() {
      const [{ createS3ObjectStore }, { sendByUndici: send }] = await Promise.all([
        import("../aws/s3.ts"),
        import("./send-by-undici.ts"),
      ]);
      return { createS3ObjectStore, send };
    },
  };
}
