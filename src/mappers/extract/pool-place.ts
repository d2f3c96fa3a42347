import { readPoolArn } from "../../core/pool-arn.ts";
import type { UserPoolData } from "../../events/event-data.ts";
import { isAccount, isRegion, poolArn } from "./pool-arn.ts";

/** A pool in the event's `source` and in its data. */
export interface PoolPlace {
  readonly source: string;
  readonly userPool: UserPoolData;
}

/** Of a configured pool, whose ARN was checked when the configuration was read. */
export function configuredPlace(arn: string): PoolPlace {
  const { poolId: id, region, accountId } = readPoolArn(arn);
  return { source: arn, userPool: { id, arn, region, accountId } };
}

/** Of the configured pool of this id, else as far as a record and what carried it tell. */
export function knownPlace(
  poolId: string | undefined,
  poolArn: (poolId: string) => string | undefined,
  region: unknown,
  account: unknown,
): PoolPlace {
  const arn = poolId === undefined ? undefined : poolArn(poolId);
  return arn === undefined ? namedPlace(poolId, region, account) : configuredPlace(arn);
}

/** Of a pool that a record names, as far as the record and what carried it tell. */
function namedPlace(poolId: string | undefined, region: unknown, account: unknown): PoolPlace {
  const knownRegion = isRegion(region) ? region : "";
  const knownAccount = isAccount(account) ? account : "";
  const source = poolArn(knownRegion, knownAccount, poolId ?? "unknown");
  return {
    source,
    userPool: {
      ...(poolId !== undefined && { id: poolId, arn: source }),
      ...(knownRegion !== "" && { region: knownRegion }),
      ...(knownAccount !== "" && { accountId: knownAccount }),
    },
  };
}
