/** What this configuration will ask of AWS, and with whose credentials: the ground of `poolcast policy` and `doctor`. */
import type { AwsAuthConfig, Config, PoolConfig } from "./config.ts";

/** One action on one resource. */
export interface AwsNeed {
  readonly principal: AwsPrincipal;
  readonly action: AwsAction;
  /** An ARN, or `*` where AWS knows no narrower one. */
  readonly resource: string;
  readonly region?: string | undefined;
  /** As `pools[0].identify`. */
  readonly setting: string;
  readonly purpose: NeedPurpose;
}

export type AwsAction =
  | "cloudtrail:LookupEvents"
  | "cognito-idp:ListUserPoolClients"
  | "cognito-idp:ListUsers"
  | "s3:GetObject"
  | "s3:ListBucket"
  | "sts:AssumeRole";

export type NeedPurpose =
  | { readonly kind: "pool"; readonly pool: PoolConfig }
  | { readonly kind: "bucket"; readonly bucket: string }
  | { readonly kind: "role" };

/** Who makes the calls. */
export type AwsPrincipal =
  /** Whatever the credential chain finds where poolcast runs. */
  | { readonly kind: "ambient" }
  | { readonly kind: "key"; readonly accessKeyID: string }
  | { readonly kind: "role"; readonly arn: string };

export function awsNeeds(config: Config): readonly AwsNeed[] {
  const needs = config.pools.flatMap((pool, at) => needsOfPool(pool, `pools[${at}]`, looksUp(pool, config.pools)));
  const s3 = config.ingest?.s3;
  if (!s3) return needs;
  const region = s3.region ?? config.pools.map(({ arn }) => arn.split(":")[3])[0];
  const partition = partitionOf(s3.auth, config.pools);
  return [...needs, ...s3.buckets.flatMap((bucket, at) => needsOfBucket(bucket, `ingest.s3.buckets[${at}]`))];

  function needsOfBucket(bucket: string, setting: string): readonly AwsNeed[] {
    const arn = `arn:${partition}:s3:::${bucket}`;
    const rest = { principal: principalOf(s3?.auth), region, setting, purpose: { kind: "bucket", bucket } } as const;
    return [
      ...roleNeeds(s3?.auth, "ingest.s3.auth"),
      { ...rest, action: "s3:GetObject", resource: `${arn}/*` },
      // Without it AWS calls a file that is gone forbidden.
      { ...rest, action: "s3:ListBucket", resource: arn },
    ];
  }
}

/** One scan serves all pools of an account and Region, with what the first of them has. */
function looksUp(pool: PoolConfig, pools: readonly PoolConfig[]): boolean {
  const placeOf = ({ arn }: PoolConfig) => arn.split(":").slice(3, 5).join("/");
  return pool === pools.find((one) => one.poll.lookupEventsMs !== undefined && placeOf(one) === placeOf(pool));
}

function needsOfPool(pool: PoolConfig, at: string, lookup: boolean): readonly AwsNeed[] {
  const { arn, auth, identify, poll } = pool;
  const [, , , region] = arn.split(":");
  const rest = { principal: principalOf(auth), region, purpose: { kind: "pool", pool } } as const;
  const needs: AwsNeed[] = [];
  if (lookup) {
    needs.push({ ...rest, action: "cloudtrail:LookupEvents", resource: "*", setting: `${at}.poll.lookupEvents` });
  }
  if (poll.listUsersMs !== undefined || identify !== "none") {
    const setting = identify === "none" ? `${at}.poll.listUsers` : `${at}.identify`;
    needs.push({ ...rest, action: "cognito-idp:ListUsers", resource: arn, setting });
  }
  if (identify !== "none") {
    needs.push({ ...rest, action: "cognito-idp:ListUserPoolClients", resource: arn, setting: `${at}.identify` });
  }
  return needs.length === 0 ? [] : [...roleNeeds(auth, `${at}.auth`), ...needs];
}

/** The one who makes the calls in the end. */
function principalOf(auth: AwsAuthConfig | undefined): AwsPrincipal {
  const role = auth?.credentials?.assumeIamRole ?? auth?.iam?.roleArn;
  if (role !== undefined) return { kind: "role", arn: role };
  return sourceOf(auth);
}

/** The one whom poolcast is at first. */
function sourceOf(auth: AwsAuthConfig | undefined): AwsPrincipal {
  return auth?.credentials ? { kind: "key", accessKeyID: auth.credentials.accessKeyID } : { kind: "ambient" };
}

function roleNeeds(auth: AwsAuthConfig | undefined, setting: string): readonly AwsNeed[] {
  const principal = principalOf(auth);
  if (principal.kind !== "role") return [];
  const purpose = { kind: "role" } as const;
  return [{ principal: sourceOf(auth), action: "sts:AssumeRole", resource: principal.arn, setting, purpose }];
}

/** S3's ARNs name neither Region nor account, but the partition. */
function partitionOf(auth: AwsAuthConfig | undefined, pools: readonly PoolConfig[]): string {
  const principal = principalOf(auth);
  const arn = principal.kind === "role" ? principal.arn : pools[0]?.arn;
  return arn?.split(":")[1] ?? "aws";
}

/** Never the whole access key id, although AWS does not call it a secret. */
export function principalText(principal: AwsPrincipal): string {
  switch (principal.kind) {
    case "ambient":
      return "the credentials that AWS's chain finds where poolcast runs";
    case "key":
      return `the access key that ends in ${principal.accessKeyID.slice(-4)}`;
    case "role":
      return principal.arn;
  }
}
