import { member } from "../../core/json.ts";
import type { RecordParts } from "../record-parts.ts";

/** What is known of the place of a record besides the record itself: an EventBridge event or a log names it. */
export interface Envelope {
  readonly id?: string;
  readonly account?: string;
  readonly region?: string;
  readonly time?: string;
}

const REGION = /^[a-z0-9-]{1,32}$/;
const ACCOUNT = /^\d{12}$/;

/** https://docs.aws.amazon.com/general/latest/gr/rande.html */
const PARTITIONS: readonly (readonly [regionPrefix: string, partition: string])[] = [
  ["cn-", "aws-cn"],
  ["us-gov-", "aws-us-gov"],
  ["us-iso-", "aws-iso"],
  ["us-isob-", "aws-iso-b"],
  ["us-isof-", "aws-iso-f"],
  ["eu-isoe-", "aws-iso-e"],
  ["eusc-", "aws-eusc"],
];

/** Empty where unknown. Never taken from the pool id: a replica has the id of the pool in the first Region. */
export function regionOf({ record }: RecordParts, envelope: Envelope): string {
  const own = member(record, "awsRegion");
  if (isRegion(own)) return own;
  return isRegion(envelope.region) ? envelope.region : "";
}

/** Empty where unknown. */
export function accountOf({ record, identity }: RecordParts, envelope: Envelope): string {
  const recipient = member(record, "recipientAccountId");
  if (isAccount(recipient)) return recipient;
  const caller = member(identity, "accountId");
  if (isAccount(caller)) return caller;
  return isAccount(envelope.account) ? envelope.account : "";
}

export function poolArn(region: string, account: string, poolId: string): string {
  return `arn:${partitionOf(region)}:cognito-idp:${region}:${account}:userpool/${poolId}`;
}

function partitionOf(region: string): string {
  for (const [prefix, partition] of PARTITIONS) if (region.startsWith(prefix)) return partition;
  return "aws";
}

export function isRegion(value: unknown): value is string {
  return typeof value === "string" && REGION.test(value);
}

export function isAccount(value: unknown): value is string {
  return typeof value === "string" && ACCOUNT.test(value);
}
