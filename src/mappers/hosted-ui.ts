/**
 * Pages of the hosted UI and of managed login, and the OAuth, OIDC and SAML endpoints.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-info-in-cloudtrail.html
 */
import { member } from "../core/json.ts";
import {
  HOSTED_UI_PAGES,
  HOSTED_UI_REQUEST,
  HOSTED_UI_RESPONSE,
  type HostedUiRow,
  submit,
  view,
} from "../events/catalog/hosted-ui.ts";
import { snakeCase } from "../events/snake-case.ts";
import { type Classification, type Exchange, TYPE_PREFIX } from "./classification.ts";
import { pageFields } from "./extract/page-fields.ts";
import { firstValue } from "./extract/text.ts";
import type { Outcome } from "./mapping.ts";
import { pickMembers } from "./pick-members.ts";
import type { RecordParts } from "./record-parts.ts";

/** A map, so that a page called `constructor` finds nothing. */
const ROWS: ReadonlyMap<string, HostedUiRow> = new Map<string, HostedUiRow>(Object.entries(HOSTED_UI_PAGES));

export function classifyHostedUi(action: string, parts: RecordParts): Classification {
  const row = ROWS.get(action) ?? unlistedPage(action);
  const outcome = outcomeOf(row, statusOf(parts));
  const { passed, failed, shown } = row.refresh !== undefined && isRefresh(parts) ? refreshed(row.refresh) : row;
  const name = outcome === "failure" ? failed : outcome === "success" ? passed : shown;
  return { type: TYPE_PREFIX + name, outcome, read: row.read };
}

/** Whatever AWS adds after this was built: by GET a look, else an attempt. */
function unlistedPage(action: string): HostedUiRow {
  return action.endsWith("_GET")
    ? view(pageOf(action), isUserInfo(action))
    : { ...submit(pageOf(action)), okIsSuccess: isUserInfo(action) };
}

function isUserInfo(action: string): boolean {
  return action.startsWith("UserInfo_");
}

/** `Beta_Authorize_GET` -> `authorize`. */
function pageOf(action: string): string {
  const start = action.startsWith("Beta_") ? "Beta_".length : 0;
  const end = action.endsWith("_GET") ? -"_GET".length : action.endsWith("_POST") ? -"_POST".length : undefined;
  return snakeCase(action.slice(start, end));
}

function isRefresh({ form }: RecordParts): boolean {
  return firstValue(member(form, "grant_type")) === "refresh_token";
}

function refreshed({ passed, failed }: NonNullable<HostedUiRow["refresh"]>) {
  return { passed, failed, shown: passed };
}

/** A page that was accepted redirects; 200 shows it again, with or without a complaint. An endpoint answers 200. */
function outcomeOf({ okIsSuccess }: HostedUiRow, status: number | undefined): Outcome {
  if (status === undefined) return "unknown";
  if (status >= 400) return "failure";
  if (status >= 300) return "success";
  return status >= 200 && okIsSuccess ? "success" : "unknown";
}

/** CloudTrail writes 302 and 200.0; forwarders that flatten records write "302". */
function statusOf({ additional }: RecordParts): number | undefined {
  const status = member(member(additional, "responseParameters"), "status");
  if (typeof status === "number") return status;
  return typeof status === "string" && /^\d{3}(\.0+)?$/.test(status) ? Number(status) : undefined;
}

/** The same for pages that nobody has documented yet: no field is taken but those known to be safe. */
export function hostedUiExchange(parts: RecordParts): Exchange {
  return {
    request: pickMembers(HOSTED_UI_REQUEST, pageFields(parts.form)),
    response: pickMembers(HOSTED_UI_RESPONSE, { status: statusOf(parts) }),
  };
}
