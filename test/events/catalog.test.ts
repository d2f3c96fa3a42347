/** The catalog names everything that the SDK can call; a newer SDK with an action it does not name fails here. */
import { describe, expect, it } from "vitest";
import { API_ACTIONS } from "../../src/events/catalog/api-actions.ts";
import { HOSTED_UI_PAGES, HOSTED_UI_REQUEST } from "../../src/events/catalog/hosted-ui.ts";
import { READ_ACTIONS } from "../../src/events/catalog/reads.ts";
import { mapCloudTrail } from "../../src/mappers/index.ts";
import { apiRecord, context, summary } from "../mappers/records.ts";
import { SDK_ACTIONS } from "./sdk-model.ts";

const READS: ReadonlySet<string> = new Set(READ_ACTIONS);

function notNamed(actions: readonly string[]): readonly string[] {
  return actions.filter((action) => !Object.hasOwn(API_ACTIONS, action) && !READS.has(action));
}

function summaryOf(action: string, errorCode?: string): string {
  return summary(mapCloudTrail(apiRecord(action, { errorCode }), context({ includeReads: true })));
}

describe("the actions of the SDK", () => {
  it("are all named, and no others", () => {
    expect(notNamed(SDK_ACTIONS)).toEqual([]);
    expect([...Object.keys(API_ACTIONS), ...READ_ACTIONS].toSorted()).toEqual(SDK_ACTIONS.toSorted());
    expect(SDK_ACTIONS.length).toBeGreaterThanOrEqual(140);
  });

  it("would be missed where a newer SDK brings more", () => {
    expect(notNamed([...SDK_ACTIONS, "MergeUsers", "ListFutureThings"])).toEqual(["MergeUsers", "ListFutureThings"]);
  });

  it.each(SDK_ACTIONS)("%s has a type for success and one for failure", (action) => {
    const [, type = "", outcome] = /^(\S+) (\S+)$/.exec(summaryOf(action)) ?? [];
    const [, failedType = "", failed] = /^(\S+) (\S+)$/.exec(summaryOf(action, "InternalErrorException")) ?? [];
    expect(failed).toBe("failure");
    expect(failedType).toMatch(/^[a-z_]+\.[a-z][a-z0-9_]*_failed$/);
    expect(failedType).not.toBe(type);
    expect(type).not.toMatch(/_failed$|^action\.|unknown/);
    expect(outcome).toBe(type === "session.attempted" ? "unknown" : "success");
    expect(type.startsWith("read.")).toBe(READS.has(action));
  });
});

describe("the hosted pages", () => {
  it("are those that AWS documents", () => {
    const names = Object.keys(HOSTED_UI_PAGES);
    // 36 of the classic pages and endpoints, 17 of managed login.
    expect(names).toHaveLength(36 + 17);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(51);
  });

  it("take nothing from a form that is secret", () => {
    const secret =
      /^(state|nonce|code|.*token|saml.*|relaystate|user_?name|password|_csrf|cognitoasfdata|logout_?uri)$/i;
    expect(Object.keys(HOSTED_UI_REQUEST).filter((name) => secret.test(name))).toEqual([]);
  });
});
