import { describe, expect, it } from "vitest";
import { awsNeeds } from "../../src/config/aws-needs.ts";
import { iamPolicies, policyNotes } from "../../src/config/iam-policy.ts";
import { parseConfig } from "../../src/config/parse.ts";

const ORCHARD = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Orchard";
const MEADOW = "arn:aws:cognito-idp:us-east-2:111122223333:userpool/us-east-2_Meadow";
const ROLE = "arn:aws:iam::444455556666:role/reader";

function needsOf(yaml: string) {
  const config = parseConfig(yaml, {});
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  return awsNeeds(config.value);
}

const policiesOf = (yaml: string) => iamPolicies(needsOf(yaml));
const statementsOf = (yaml: string) => policiesOf(yaml).flatMap(({ policy }) => policy.Statement);

describe("the least policy", () => {
  it("is none where AWS is asked nothing", () => {
    expect(policiesOf("")).toEqual([]);
    expect(policiesOf(`pools: [{ arn: "${ORCHARD}", identify: none, auth: { iam: { roleArn: "${ROLE}" } } }]`)).toEqual(
      [],
    );
    expect(policiesOf(`ingest: { sns: { topicArns: [ "arn:aws:sns:eu-west-1:111122223333:t" ] } }`)).toEqual([]);
  });

  it("of a pool that identifies: its users and its clients, and nothing else", () => {
    expect(policiesOf(`pools: [{ arn: "${ORCHARD}" }]`)).toEqual([
      {
        principal: { kind: "ambient" },
        usedBy: ["pools[0].identify"],
        policy: {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "IdentifyUsers",
              Effect: "Allow",
              Action: ["cognito-idp:ListUserPoolClients", "cognito-idp:ListUsers"],
              Resource: ORCHARD,
            },
          ],
        },
      },
    ]);
  });

  it("of polls: the event history of their Regions, and the users of those polled", () => {
    const yaml = `
pools:
  - { arn: "${ORCHARD}", identify: none, poll: { lookupEvents: PT1M, listUsers: PT5M } }
  - { arn: "${MEADOW}", poll: { lookupEvents: PT1M } }`;
    expect(statementsOf(yaml)).toEqual([
      {
        Sid: "ReadEventHistory",
        Effect: "Allow",
        Action: "cloudtrail:LookupEvents",
        Resource: "*",
        Condition: { StringEquals: { "aws:RequestedRegion": ["eu-west-1", "us-east-2"] } },
      },
      {
        Sid: "IdentifyUsers",
        Effect: "Allow",
        Action: ["cognito-idp:ListUserPoolClients", "cognito-idp:ListUsers"],
        Resource: MEADOW,
      },
      { Sid: "ListUsers", Effect: "Allow", Action: "cognito-idp:ListUsers", Resource: ORCHARD },
    ]);
  });

  it("of buckets: their files, in the partition of the pools", () => {
    const pool = ORCHARD.replace("arn:aws:", "arn:aws-cn:").replaceAll("eu-west-1", "cn-north-1");
    const yaml = `pools: [{ arn: "${pool}", identify: none }]\ningest: { s3: { buckets: [ trail-a, trail-b ], region: cn-north-1 } }`;
    expect(statementsOf(yaml)).toEqual([
      {
        Sid: "ReadLogFiles",
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:GetObjectVersion"],
        Resource: ["arn:aws-cn:s3:::trail-a/*", "arn:aws-cn:s3:::trail-b/*"],
      },
      {
        Sid: "TellMissingLogFiles",
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: ["arn:aws-cn:s3:::trail-a", "arn:aws-cn:s3:::trail-b"],
      },
    ]);
    expect(policyNotes(needsOf(yaml)).join()).toContain("kms:Decrypt");
  });

  it("is one for each who speaks to AWS: keys, roles, and those who assume them", () => {
    const key = (id: string, role = "") =>
      `auth: { credentials: { accessKeyID: ${id}, secretAccessKey: c4n4ry${role} } }`;
    const yaml = `
pools:
  - { arn: "${ORCHARD}", ${key("AKIAONE", `, assumeIamRole: "${ROLE}"`)} }
  - { arn: "${MEADOW}", auth: { iam: { roleArn: "${ROLE}" } } }
  - { arn: "${MEADOW}2", ${key("AKIATWO")} }`;
    const policies = policiesOf(yaml);
    const shown = policies.map(({ principal, usedBy, policy }) => [
      principal,
      usedBy,
      policy.Statement.map(({ Action, Resource }) => [Action, Resource]),
    ]);
    const identify = ["cognito-idp:ListUserPoolClients", "cognito-idp:ListUsers"];
    expect(shown).toEqual([
      [{ kind: "key", accessKeyID: "AKIAONE" }, ["pools[0].auth"], [["sts:AssumeRole", ROLE]]],
      [{ kind: "role", arn: ROLE }, ["pools[0].identify", "pools[1].identify"], [[identify, [ORCHARD, MEADOW]]]],
      [{ kind: "ambient" }, ["pools[1].auth"], [["sts:AssumeRole", ROLE]]],
      [{ kind: "key", accessKeyID: "AKIATWO" }, ["pools[2].identify"], [[identify, `${MEADOW}2`]]],
    ]);
    expect(JSON.stringify(policies)).not.toContain("c4n4ry");
  });
});
