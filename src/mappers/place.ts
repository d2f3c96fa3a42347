/** Where the pool of a record lies, as its event's `source` will say, for whoever must know it before the record is mapped. */
import { isObject, member } from "../core/json.ts";
import { poolOfLog } from "./activity-log.ts";
import { validPoolId } from "./extract/pool.ts";
import { accountOf, isAccount, isRegion, regionOf } from "./extract/pool-arn.ts";
import { knownPlace } from "./extract/pool-place.ts";
import { recordParts } from "./record-parts.ts";

/** Empty where unknown. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** The ARN of a configured pool. */
type PoolArn = (poolId: string) => string | undefined;

const NOWHERE: Place = { account: "", region: "" };

/**
 * By what the record itself says. What came around it differs from road to road, and would give one record two places;
 * a record that needs it has been written by nobody since CloudTrail's event version 1.02.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function cloudTrailPlace(record: unknown): Place {
  if (!isObject(record)) return NOWHERE;
  const parts = recordParts(record);
  return { account: accountOf(parts, {}), region: regionOf(parts, {}) };
}

export function triggerPlace(event: unknown, accountId: string | undefined, poolArn: PoolArn): Place {
  const poolId = validPoolId(member(event, "userPoolId"));
  return placeOf(knownPlace(poolId, poolArn, member(event, "region"), accountId));
}

/** A log names its pool alone: where that is not configured, what carried the log tells the rest. */
export function logPlace(log: unknown, carrier: Partial<Place>, poolArn: PoolArn): Place {
  if (!isObject(log)) return NOWHERE;
  return placeOf(knownPlace(poolOfLog(log), poolArn, carrier.region, carrier.account));
}

/** A place as a file's key or an ARN names it, checked as that of a record is. */
export function toPlace(account: unknown, region: unknown): Place {
  return { account: isAccount(account) ? account : "", region: isRegion(region) ? region : "" };
}

function placeOf({ userPool: { accountId = "", region = "" } }: ReturnType<typeof knownPlace>): Place {
  return { account: accountId, region };
}
