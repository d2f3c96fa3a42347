/** What the ARN of a user pool tells. */
export interface PoolArnParts {
  readonly region: string;
  readonly accountId: string;
  readonly poolId: string;
}

/** The Region of the id may differ from the ARN's: a replica keeps the id of the pool it was made from. */
export const POOL_ARN = /^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool\/[a-z0-9-]+_[A-Za-z0-9]+$/;

export function isPoolArn(value: unknown): value is string {
  return typeof value === "string" && POOL_ARN.test(value);
}

/**
 * Of `arn:<partition>:cognito-idp:<region>:<account>:userpool/<pool id>`, whose form was checked when the configuration
 * was read. A replica has the id of its pool, and its own Region.
 */
export function readPoolArn(arn: string): PoolArnParts {
  const [, , , region = "", accountId = "", resource = ""] = arn.split(":");
  return { region, accountId, poolId: resource.slice("userpool/".length) };
}
