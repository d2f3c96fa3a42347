/** Clients of the Cognito API: one for all pools that are asked in the same way. */
import { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import type { PoolConfig } from "../config/config.ts";
import { type ClientKeeper, keepClients } from "./aws-call.ts";
import { awsCredentials } from "./credentials.ts";

export interface AwsSurroundings {
  /** Where the runtime says that a web identity token lies (AWS_WEB_IDENTITY_TOKEN_FILE). */
  readonly tokenFile?: string | undefined;
}

/** By this the records of our own calls are told from those of others: the mapper ignores them. */
export const USER_AGENT = "poolcast";

export type CognitoPlace = Pick<PoolConfig, "arn" | "auth" | "endpoint">;

export function createCognitoClients({
  tokenFile,
}: AwsSurroundings): ClientKeeper<CognitoPlace, CognitoIdentityProviderClient> {
  return keepClients({
    keyOf: ({ arn, auth, endpoint }) => JSON.stringify([regionOf(arn), auth, endpoint]),
    open: ({ arn, auth, endpoint }) => {
      const region = regionOf(arn);
      return new CognitoIdentityProviderClient({
        region,
        credentials: awsCredentials(auth, { region, tokenFile }),
        customUserAgent: USER_AGENT,
        maxAttempts: 2,
        ...(endpoint !== undefined && { endpoint }),
      });
    },
  });
}

function regionOf(arn: string): string {
  const [, , , region = ""] = arn.split(":");
  return region;
}
