import { describe, expect, it } from "vitest";
import { mapCloudTrail } from "../../src/mappers/index.ts";
import { apiRecord, context, summary } from "./records.ts";

function summaryOf(action: unknown, members: Readonly<Record<string, unknown>> = {}, includeReads = true): string {
  return summary(mapCloudTrail(apiRecord(action, members), context({ includeReads })));
}

describe("actions outside the catalog", () => {
  it("what is no name is no read, or it would vanish", () => {
    expect(summaryOf("Get-Nothing")).toBe("action.unknown success");
  });

  it.each([
    ["GetUser", "read.get_user"],
    ["ListUserPools", "read.list_user_pools"],
    ["DescribeUserPool", "read.describe_user_pool"],
    ["AdminGetUser", "read.admin_get_user"],
    ["AdminListGroupsForUser", "read.admin_list_groups_for_user"],
    ["GetCSVHeader", "read.get_csv_header"],
    ["GetUICustomization", "read.get_ui_customization"],
    ["ListFutureThings", "read.list_future_things"],
  ])("%s is a read", (action, type) => {
    expect(summaryOf(action)).toBe(`${type} success`);
    expect(summaryOf(action, { errorCode: "AccessDenied" })).toBe(`${type}_failed failure`);
    expect(summaryOf(action, {}, false)).toBe("ignored read");
  });

  it.each([
    ["IntrospectToken", "action.introspect_token"],
    ["AdminDescribeUser", "action.admin_describe_user"],
    ["getUser", "action.get_user"],
    ["Token_POST", "action.token_post"],
    ["constructor", "action.constructor"],
    ["__proto__", "action.unknown"],
    ["HIDDEN_DUE_TO_SECURITY_REASONS", "action.unknown"],
    ["Ünïcode", "action.unknown"],
    ["A".repeat(64), `action.${"a".repeat(64)}`],
    ["A".repeat(65), "action.unknown"],
    ["", "action.unknown"],
    [17, "action.unknown"],
    [["SignUp"], "action.unknown"],
    [undefined, "action.unknown"],
  ])("%s is an action of its own", (action, type) => {
    expect(summaryOf(action, {}, false)).toBe(`${type} success`);
    expect(summaryOf(action, { errorCode: "AccessDenied" }, false)).toBe(`${type}_failed failure`);
  });

  it("keeps a name that is only too long for a type", () => {
    const mapping = mapCloudTrail(apiRecord("A".repeat(128)), context());
    expect(mapping).toMatchObject({ attributes: { action: "A".repeat(128) } });
    expect(mapCloudTrail(apiRecord("A".repeat(129)), context())).toMatchObject({ attributes: { action: "unknown" } });
  });

  it.each([
    ["AwsApiCall", "user.signed_up success"],
    ["AwsConsoleAction", "user.signed_up success"],
    [null, "user.signed_up success"],
    [undefined, "user.signed_up success"],
    ["AwsServiceEvent", "hosted_ui.sign_up_submitted unknown"],
    ["AwsCloudTrailInsight", "ignored insight"],
  ])("eventType %s", (eventType, expected) => {
    expect(summaryOf("SignUp", { eventType })).toBe(expected);
  });

  it.each([
    ["poolcast/0.1.0", "ignored own_call"],
    ["[aws-sdk-js/3.1000.0 app/PoolCast]", "ignored own_call"],
    ["aws-sdk-js/3.1000.0", "read.list_users success"],
  ])("user agent %s", (userAgent, expected) => {
    expect(summaryOf("ListUsers", { userAgent })).toBe(expected);
  });
});
