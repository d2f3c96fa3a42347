import { expect, it } from "vitest";
import { readPoolArn } from "../../src/core/pool-arn.ts";

it.each([
  [
    "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP",
    "eu-central-1",
    "eu-central-1_Kq3vX9TzP",
  ],
  ["arn:aws:cognito-idp:us-west-2:210987654321:userpool/us-east-1_Replica01", "us-west-2", "us-east-1_Replica01"],
  [
    "arn:aws-cn:cognito-idp:cn-north-1:210987654321:userpool/cn-north-1_abcdefghi",
    "cn-north-1",
    "cn-north-1_abcdefghi",
  ],
])("%s tells Region, account and pool", (arn, region, poolId) => {
  expect(readPoolArn(arn)).toEqual({ region, accountId: "210987654321", poolId });
});
