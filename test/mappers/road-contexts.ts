/** The way to map what comes by the other roads than CloudTrail's, for the tests of this folder. */
import { createHash } from "node:crypto";
import type { ActivityLogContext } from "../../src/mappers/activity-log.ts";
import type { LambdaTriggerContext } from "../../src/mappers/lambda-trigger.ts";
import type { UserDifferenceContext } from "../../src/mappers/user-difference.ts";
import { POOL_ID } from "./records.ts";

export const POOL_ARN = `arn:aws:cognito-idp:eu-central-1:210987654321:userpool/${POOL_ID}`;

export function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

export function triggerContext(changes: Partial<LambdaTriggerContext> = {}): LambdaTriggerContext {
  return {
    road: "trigger",
    id: "8f3c1d52-0b7a-4c55-9e0e-51d2a6c40b17",
    requestId: "8f3c1d52-0b7a-4c55-9e0e-51d2a6c40b17",
    time: "2026-05-04T12:02:07.310Z",
    accountId: "210987654321",
    poolArn: () => undefined,
    onlyPools: null,
    ...changes,
  };
}

export function logContext(changes: Partial<ActivityLogContext> = {}): ActivityLogContext {
  return {
    accountId: "210987654321",
    region: "eu-central-1",
    poolArn: () => undefined,
    onlyPools: null,
    hash,
    ...changes,
  };
}

export const usersContext: UserDifferenceContext = { poolArn: POOL_ARN, time: "2026-05-04T13:05:00Z", hash };
