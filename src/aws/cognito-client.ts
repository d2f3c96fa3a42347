/** Clients of the Cognito API: one for all pools that are asked in the same way, so that they share connections. */
import { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import type { PoolConfig } from "../config/config.ts";
import { awsCredentials } from "./credentials.ts";

export interface AwsSurroundings {
  /** Where the runtime says that a web identity token lies (AWS_WEB_IDENTITY_TOKEN_FILE). */
  readonly tokenFile?: string | undefined;
}

/** By this the records of our own calls are told from those of others: the mapper ignores them. */
export const USER_AGENT = "poolcast";

export type CognitoClients = (pool: Pick<PoolConfig, "arn" | "auth" | "endpoint">) => CognitoIdentityProviderClient;

export function createCognitoClients({ tokenFile }: AwsSurroundings): CognitoClients {
  const clients = new Map<string, CognitoIdentityProviderClient>();
  return ({ arn, auth, endpoint }) => {
    const [, , , region = ""] = arn.split(":");
    const key = JSON.stringify([region, auth, endpoint]);
    const known = clients.get(key);
    if (known) return known;
    const client = new CognitoIdentityProviderClient({
      region,
      credentials: awsCredentials(auth, { region, tokenFile }),
      customUserAgent: USER_AGENT,
      maxAttempts: 2,
      ...(endpoint !== undefined && { endpoint }),
    });
    clients.set(key, client);
    return client;
  };
}
