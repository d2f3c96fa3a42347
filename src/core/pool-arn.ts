/** What the ARN of a user pool tells. */
export interface PoolArnParts {
  readonly region: string;
  readonly accountId: string;
  readonly poolId: string;
}

/**
 * Of `arn:<partition>:cognito-idp:<region>:<account>:userpool/<pool id>`, whose form was checked when the configuration
 * was read. A replica has the id of its pool, and its own Region.
 */
export function readPoolArn(arn: string): PoolArnParts {
  const [, , , region = "", accountId = "", resource = ""] = arn.split(":");
  return { region, accountId, poolId: resource.slice("userpool/".length) };
}
