import { describe, expect, it } from "vitest";
import { apiRecord, eventOf, POOL_ID } from "../records.ts";

const requestParameters = { userPoolId: POOL_ID };

function sourceOf(members: Readonly<Record<string, unknown>>, envelope = {}): string {
  return eventOf(apiRecord("UpdateUserPool", { requestParameters, ...members }), { envelope }).attributes.source;
}

describe("the source", () => {
  it.each([
    ["eu-central-1", "aws"],
    ["us-east-1", "aws"],
    ["cn-northwest-1", "aws-cn"],
    ["us-gov-west-1", "aws-us-gov"],
    ["us-iso-east-1", "aws-iso"],
    ["us-isob-east-1", "aws-iso-b"],
    ["us-isof-south-1", "aws-iso-f"],
    ["eu-isoe-west-1", "aws-iso-e"],
    ["eusc-de-east-1", "aws-eusc"],
  ])("in %s is in partition %s", (awsRegion, partition) => {
    const expected = `arn:${partition}:cognito-idp:${awsRegion}:210987654321:userpool/${POOL_ID}`;
    expect(sourceOf({ awsRegion })).toBe(expected);
  });

  it.each([
    [{ recipientAccountId: "111122223333", userIdentity: { accountId: "444455556666" } }, "111122223333"],
    [{ recipientAccountId: undefined, userIdentity: { accountId: "444455556666" } }, "444455556666"],
    [{ recipientAccountId: 111122223333, userIdentity: { accountId: "4444" } }, "777788889999"],
    [{ recipientAccountId: null, userIdentity: null }, "777788889999"],
  ])("takes the account from %j", (members, account) => {
    expect(sourceOf(members, { account: "777788889999" })).toContain(`:${account}:`);
  });

  it.each(["Nowhere", "eu central", "", "x".repeat(33), 7, null])("takes no region from %j", (awsRegion) => {
    expect(sourceOf({ awsRegion }, { region: "ap-southeast-2" })).toContain(":ap-southeast-2:");
    expect(sourceOf({ awsRegion }, { region: "a:b" })).toBe(`arn:aws:cognito-idp::210987654321:userpool/${POOL_ID}`);
  });

  it("leaves an unknown account empty", () => {
    expect(sourceOf({ recipientAccountId: undefined }, { account: "12" })).toBe(
      `arn:aws:cognito-idp:eu-central-1::userpool/${POOL_ID}`,
    );
  });
});
