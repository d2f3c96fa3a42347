import { describe, expect, it } from "vitest";
import { API_ACTIONS } from "../../src/events/catalog/api-actions.ts";
import { HOSTED_UI_PAGES } from "../../src/events/catalog/hosted-ui.ts";
import { LAMBDA_TRIGGERS } from "../../src/events/catalog/lambda-triggers.ts";
import { READ_ACTIONS } from "../../src/events/catalog/reads.ts";
import { SYNC_TRIGGER as SYNC_TRIGGER_ROW } from "../../src/events/catalog/users-poll.ts";
import { EVENT_TYPES, isEventType } from "../../src/events/index.ts";
import { mergeMembers } from "../../src/events/merge-members.ts";
import { entryOf, eventTypes } from "../../src/events/registry.ts";
import { SYNC_TRIGGER, TYPE_PREFIX } from "../../src/events/type-prefix.ts";

const PREFIX = "com.amazon.cognito-idp.";
const entries = [...eventTypes().values()];

describe("the registry", () => {
  it("has every action, page and trigger of the catalogs", () => {
    const actions = new Set(entries.flatMap((entry) => entry.actions));
    for (const catalog of [API_ACTIONS, HOSTED_UI_PAGES, LAMBDA_TRIGGERS]) {
      for (const action of Object.keys(catalog)) expect(actions).toContain(action);
    }
    for (const action of READ_ACTIONS) expect(actions).toContain(action);
  });

  it.each(entries.map((entry) => [entry.type, entry] as const))("describes %s", (type, { description, actions }) => {
    expect(type).toMatch(/^(com\.amazon\.cognito-idp|dev\.poolcast)\.[a-z_]+(\.[a-z][a-z0-9_]*)?$/);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(description.length).toBeLessThanOrEqual(160);
    expect(actions.length > 0).toBe(type.startsWith(PREFIX));
  });

  it("names the actions of facts that several roads can tell", () => {
    expect(entryOf(`${PREFIX}user.created`)?.actions).toEqual(["AdminCreateUser", "ListUsers"]);
    expect(entryOf(`${PREFIX}user.signed_up`)?.actions).toEqual(["SignUp", "Signup_POST", "signup_POST"]);
    expect(entryOf(`${PREFIX}session.refreshed`)?.actions).toContain("GetTokensFromRefreshToken");
    expect(entryOf(`${PREFIX}session.refreshed`)?.actions).toContain("Token_POST");
  });

  it.each(["started", "challenged", "attempted", "start_failed", "refreshed", "refresh_failed"])(
    "lets the sign-in calls become session.%s",
    (fact) => {
      expect(entryOf(`${PREFIX}session.${fact}`)?.actions).toEqual(
        expect.arrayContaining(["AdminInitiateAuth", "AdminRespondToAuthChallenge", "InitiateAuth"]),
      );
    },
  );

  it("has the members of all actions behind a type", () => {
    const members = entryOf(`${PREFIX}user.signed_up`);
    expect(members?.request).toHaveProperty("redirectUri");
    expect(members?.response).toMatchObject({ userConfirmed: "boolean", status: "integer" });
  });

  it.each([
    "action.launch_rockets",
    "read.list_rockets_failed",
    "hosted_ui.rocket_submitted",
    "activity.rocket_passed",
  ])("has a fallback for %s, which AWS may add", (name) => {
    expect(entryOf(PREFIX + name)?.type).toBe(`${PREFIX}${name.split(".")[0]}.*`);
    expect(isEventType(PREFIX + name)).toBe(true);
  });

  it.each(["user.flew", "user.", "action.*", "action.", "action.Launch", "action.a b", `read.${"x".repeat(200)}`, ""])(
    "knows nothing of %s",
    (name) => {
      expect(entryOf(PREFIX + name)).toBeUndefined();
      expect(isEventType(PREFIX + name)).toBe(false);
    },
  );

  it("spells TriggerMesh's type as the mapper does", () => {
    expect(SYNC_TRIGGER).toBe(`${PREFIX}${SYNC_TRIGGER_ROW.type}`);
    expect(TYPE_PREFIX).toBe(PREFIX);
  });

  it("gives its names to the light entry", () => {
    expect(EVENT_TYPES).toEqual(entries.map(({ type }) => type));
  });
});

describe("mergeMembers", () => {
  it("joins objects and lists", () => {
    const one = { a: "text", deep: { object: { x: "text" } }, many: { list: { p: "time" } } } as const;
    const other = { b: "integer", deep: { object: { y: "boolean" } }, many: { list: { q: "text" } } } as const;
    expect(mergeMembers(one, other)).toEqual({
      a: "text",
      b: "integer",
      deep: { object: { x: "text", y: "boolean" } },
      many: { list: { p: "time", q: "text" } },
    });
  });

  it.each([
    [{ a: "text" }, { a: "integer" }],
    [{ a: "texts" }, { a: { list: {} } }],
    [{ a: { object: {} } }, { a: { list: {} } }],
    [{ a: { object: { b: "text" } } }, { a: { object: { b: "time" } } }],
  ] as const)("refuses two kinds under one name: %j and %j", (one, other) => {
    expect(() => mergeMembers(one, other)).toThrow(TypeError);
  });
});
