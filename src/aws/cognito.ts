/** Amazon Cognito user pools by the AWS SDK: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/ */
import { CognitoIdentityProviderClient, ListUsersCommand } from "@aws-sdk/client-cognito-identity-provider";
import { ok } from "../core/result.ts";
import type { ListUsersPage } from "../ingest/poll/users-page.ts";
import { type AwsCall, createAwsCall } from "./aws-call.ts";
import type { AwsCredentials } from "./given-credentials.ts";
import { OWN_USER_AGENT } from "./user-agent.ts";

export interface CognitoOptions {
  /** Of the pool's ARN: a replica has the id of the pool that it was made from, in another Region. */
  readonly region: string;
  /** Asked anew after AWS refused what it gave before. */
  readonly credentials: () => AwsCredentials;
  /** In place of AWS's own, or of AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER. */
  readonly endpoint?: string | undefined;
  readonly timeoutMs?: number;
}

/** Shorter than the lease of a poll. */
const TIMEOUT_MS = 30_000;

/** The most that AWS gives. */
const USERS_PER_PAGE = 60;

export type CognitoCall = AwsCall<CognitoIdentityProviderClient>;

export function createCognitoCall(options: CognitoOptions): CognitoCall {
  const { region, credentials, endpoint, timeoutMs = TIMEOUT_MS } = options;
  return createAwsCall({
    timeoutMs,
    connect: () =>
      new CognitoIdentityProviderClient({
        region,
        credentials: credentials(),
        customUserAgent: OWN_USER_AGENT,
        // Every request counts against the pool's rate, so whoever asks decides what to repeat.
        maxAttempts: 1,
        ...(endpoint !== undefined && { endpoint }),
      }),
  });
}

export function createListUsersPage(call: CognitoCall, poolId: string): ListUsersPage {
  return async (token, signal) => {
    const page = await call(
      (client, abortSignal) =>
        client.send(
          new ListUsersCommand({
            UserPoolId: poolId,
            Limit: USERS_PER_PAGE,
            ...(token !== undefined && { PaginationToken: token }),
          }),
          { abortSignal },
        ),
      signal,
    );
    if (page.ok) return ok({ users: page.value.Users ?? [], next: page.value.PaginationToken || undefined });
    // Nothing else of the request changes from page to page.
    const isToken = token !== undefined && page.error.error === "InvalidParameterException";
    return isToken ? { ok: false, error: { ...page.error, code: "invalid_token" } } : page;
  };
}
