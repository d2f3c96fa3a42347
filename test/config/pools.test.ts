import { describe, expect, it } from "vitest";
import { configOf, faultPaths, POOL } from "./parsing.ts";

function poolOf(more: string) {
  return configOf(`pools: [{ arn: "${POOL}", ${more} }]`).pools[0];
}

describe("a pool", () => {
  it("takes every key", () => {
    const pool = poolOf(`
      auth: { credentials: { accessKeyID: AKIA, secretAccessKey: s, sessionToken: t, assumeIamRole: "arn:aws:iam::123456789012:role/a" } },
      poll: { lookupEvents: PT1M, listUsers: PT5M },
      overlap: PT0S, backfill: true, listUsersRate: 0.5, identify: none, identifyBudget: PT0S,
      compat: triggermesh, endpoint: "http://127.0.0.1:9229", cloudtrailEndpoint: "http://127.0.0.1:9230"`);
    expect(pool).toStrictEqual({
      arn: POOL,
      auth: {
        credentials: {
          accessKeyID: "AKIA",
          secretAccessKey: "s",
          sessionToken: "t",
          assumeIamRole: "arn:aws:iam::123456789012:role/a",
        },
      },
      poll: { lookupEventsMs: 60_000, listUsersMs: 300_000 },
      overlapMs: 0,
      backfill: true,
      listUsersRate: 0.5,
      identify: "none",
      identifyBudgetMs: 0,
      compat: "triggermesh",
      endpoint: "http://127.0.0.1:9229",
      cloudtrailEndpoint: "http://127.0.0.1:9230",
    });
  });

  it("is filled from the beginning, for a while, or not", () => {
    expect(poolOf("backfill: P30D")?.backfill).toStrictEqual({ durationMs: 30 * 86_400_000 });
    expect(poolOf("backfill: 'true'")?.backfill).toBe(true);
    expect(poolOf("backfill: 'false'")?.backfill).toBe(false);
  });

  it("takes an IAM role, or the role of the environment", () => {
    expect(poolOf("auth: { iam: {} }")?.auth).toStrictEqual({ iam: {} });
    const roleArn = "arn:aws-us-gov:iam::123456789012:role/path/poolcast";
    expect(poolOf(`auth: { iam: { roleArn: "${roleArn}" } }`)?.auth).toStrictEqual({ iam: { roleArn } });
  });

  it.each([
    "arn:aws-cn:cognito-idp:cn-north-1:123456789012:userpool/cn-north-1_ABCdef123",
    "arn:aws-us-gov:cognito-idp:us-gov-west-1:123456789012:userpool/us-gov-west-1_a",
    "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-east-1_replica1",
    "arn:aws:cognito-idp:local:000000000000:userpool/local_2vuv0wlt",
  ])("can be %s", (arn) => {
    expect(configOf(`pools: [{ arn: "${arn}" }]`).pools[0]?.arn).toBe(arn);
  });

  it.each([
    "us-west-2_abcdefghi",
    "arn:aws:cognito-idp:us-west-2:123456789012:userpool/abcdefghi",
    "arn:aws:cognito-idp:us-west-2:1234:userpool/us-west-2_abcdefghi",
    "arn:aws:cognito-identity:us-west-2:123456789012:identitypool/us-west-2:1",
    "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_abcdefghi ",
    "",
  ])("cannot be %j", (arn) => {
    expect(faultPaths(`pools: [{ arn: "${arn}" }]`)).toEqual(["pools[0].arn"]);
  });

  it.each([
    ["auth: {}", ["pools[0].auth"]],
    ["auth: null", ["pools[0].auth"]],
    ["auth: { iam: {}, credentials: { accessKeyID: a, secretAccessKey: b } }", ["pools[0].auth"]],
    ["auth: { credentials: { accessKeyID: a } }", ["pools[0].auth.credentials.secretAccessKey"]],
    ["auth: { iam: { roleArn: poolcast } }", ["pools[0].auth.iam.roleArn"]],
    ["auth: { iam: { rolearn: x } }", ["pools[0].auth.iam.rolearn"]],
    ["poll: { lookupEvents: PT0S }", ["pools[0].poll.lookupEvents"]],
    ["poll: { listUsers: P8D }", ["pools[0].poll.listUsers"]],
    ["poll: { listusers: PT1M }", ["pools[0].poll.listusers"]],
    ["overlap: 30m", ["pools[0].overlap"]],
    ["backfill: sometimes", ["pools[0].backfill"]],
    ["backfill: PT0S", ["pools[0].backfill"]],
    ["backfill: 5", ["pools[0].backfill"]],
    ["listUsersRate: 0", ["pools[0].listUsersRate"]],
    ["listUsersRate: -1", ["pools[0].listUsersRate"]],
    ["identify: user", ["pools[0].identify"]],
    ["identifyBudget: PT2M", ["pools[0].identifyBudget"]],
    ["compat: knative", ["pools[0].compat"]],
    ["endpoint: 127.0.0.1:9229", ["pools[0].endpoint"]],
    ["cloudtrailEndpoint: 'http://u:p@host'", ["pools[0].cloudtrailEndpoint"]],
  ])("refuses %s", (more, paths) => {
    expect(faultPaths(`pools: [{ arn: "${POOL}", ${more} }]`)).toEqual(paths);
  });

  it("needs an ARN, and stands in the list once", () => {
    expect(faultPaths("pools: [{}, 5, null]")).toEqual(["pools[0].arn", "pools[1]", "pools[2]"]);
    const twice = `pools: [{ arn: "${POOL}" }, { arn: "${POOL}x" }, { arn: "${POOL}" }]`;
    expect(faultPaths(twice)).toEqual(["pools[2].arn"]);
  });
});
