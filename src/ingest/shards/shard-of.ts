/**
 * Which shard has the events of a record. A function of the record, and of the configured pools, alone: one record comes
 * by many roads, and only the store that has it knows that it was there.
 */
import type { PostedEventResult } from "../../core/cloudevents-http.ts";
import { isPoolArn, readPoolArn } from "../../core/pool-arn.ts";
import { cloudTrailPlace, logPlace, type Place, toPlace, triggerPlace } from "../../mappers/index.ts";
import type { Invocation } from "../ingest.ts";
import { placeOfKey } from "../s3/file.ts";
import type { Unwrapped } from "../unwrap.ts";

/** Has what belongs to no account and Region, and is always there. */
export const GATEWAY = "gateway";

const NAME = /^\d{12}\.[a-z0-9-]{1,32}$/;

/** Of an account and Region: `123456789012.us-west-2`. */
export function isShardName(name: string): boolean {
  return NAME.test(name);
}

/** The ARN of a configured pool by its id. */
export type PoolArn = (poolId: string) => string | undefined;

/** Undefined where it makes no event: any shard can count it. */
export function shardOfFound(one: Unwrapped, poolArn: PoolArn): string | undefined {
  switch (one.kind) {
    case "record":
      return nameOf(cloudTrailPlace(one.record));
    case "log":
      return nameOf(logPlace(one.log, one.envelope, poolArn));
    case "file": {
      const { account, region } = placeOfKey(one.file.key);
      return nameOf(toPlace(account, region));
    }
    case "ignored":
      return undefined;
  }
}

export function shardOfTrigger(event: unknown, { accountId }: Invocation, poolArn: PoolArn): string {
  return nameOf(triggerPlace(event, accountId, poolArn));
}

/** Undefined where it is not valid. */
export function shardOfPosted(result: PostedEventResult): string | undefined {
  if (!result.ok) return undefined;
  const { source } = result.value.attributes;
  return isPoolArn(source) ? shardOfPool(source) : GATEWAY;
}

/** `arn` as the configuration takes it. */
export function shardOfPool(arn: string): string {
  const { accountId, region } = readPoolArn(arn);
  return nameOf(toPlace(accountId, region));
}

function nameOf({ account, region }: Place): string {
  return account === "" || region === "" ? GATEWAY : `${account}.${region}`;
}
