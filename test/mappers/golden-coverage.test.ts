/** Every success type of API actions and hosted pages has a golden fixture, and every rule one for its failure. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ApiActionRow, AUTH } from "../../src/events/catalog/api-action-row.ts";
import { API_ACTIONS } from "../../src/events/catalog/api-actions.ts";
import { HOSTED_UI_PAGES, type HostedUiRow } from "../../src/events/catalog/hosted-ui.ts";
import { TYPE_PREFIX } from "../../src/mappers/classification.ts";
import type { MappedEvent } from "../../src/mappers/index.ts";

const FOLDER = new URL("../fixtures/cloudtrail/", import.meta.url);

type Fixture = Partial<Pick<MappedEvent, "attributes" | "data">>;

const events = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".out.json"))
  .flatMap((file) => {
    const { attributes, data }: Fixture = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
    return attributes === undefined || data === undefined ? [] : [{ attributes, data }];
  });

const types = new Set(events.map(({ attributes }) => attributes.type));
const actions = new Set(events.filter(({ data }) => data.outcome !== "failure").map(({ data }) => data.action));

const rows: readonly ApiActionRow[] = Object.values(API_ACTIONS);
const pages: readonly HostedUiRow[] = Object.values(HOSTED_UI_PAGES);

const AUTH_FACTS = ["session.started", "session.challenged", "session.attempted", "session.refreshed"];

function uncovered(names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => !types.has(TYPE_PREFIX + name));
}

describe("the golden fixtures", () => {
  it("have every success type of API actions", () => {
    expect(uncovered(rows.flatMap(({ facts }) => (facts === AUTH ? AUTH_FACTS : `${facts[0]}.${facts[1]}`)))).toEqual(
      [],
    );
  });

  it("have every success type of hosted pages", () => {
    expect(
      uncovered(pages.flatMap(({ passed, shown, refresh }) => [passed, shown, refresh?.passed ?? passed])),
    ).toEqual([]);
  });

  it("have every action that changes something, for its own members", () => {
    expect(Object.keys(API_ACTIONS).filter((action) => !actions.has(action))).toEqual([]);
  });

  it.each([
    ["an API action", "user.delete_failed"],
    ["an API action that shows what was asked for", "identity_provider.update_failed"],
    ["a sign-in", "session.start_failed"],
    ["a refresh", "session.refresh_failed"],
    ["a read", "read.get_user_failed"],
    ["an action that nobody knew", "action.admin_merge_users_failed"],
    ["the token endpoint", "token.issue_failed"],
    ["the end of a session", "session.end_failed"],
    ["a page that makes a fact", "user.confirm_failed"],
    ["a page that something was sent to", "hosted_ui.login_submit_failed"],
    ["a page that was looked at", "hosted_ui.login_view_failed"],
    ["a page that nobody knew", "hosted_ui.passkeys_import_submit_failed"],
  ])("have a failure of %s", (_rule, type) => {
    expect(uncovered([type])).toEqual([]);
  });
});
