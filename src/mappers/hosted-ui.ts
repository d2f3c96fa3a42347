/**
 * Pages of the hosted UI and of managed login, and the OAuth, OIDC and SAML endpoints.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-info-in-cloudtrail.html
 */
import { member } from "../core/json.ts";
import { type Classification, TYPE_PREFIX } from "./classification.ts";
import { firstValue } from "./extract/text.ts";
import type { Outcome } from "./mapping.ts";
import type { RecordParts } from "./record-parts.ts";
import { snakeCase } from "./snake-case.ts";

type Facts = readonly [fact: string, failed: string];

const SIGNED_UP: Facts = ["user.signed_up", "user.sign_up_failed"];
const CONFIRMED: Facts = ["user.confirmed", "user.confirm_failed"];
const RESET_REQUESTED: Facts = ["password.reset_requested", "password.reset_request_failed"];
const RESET: Facts = ["password.reset", "password.reset_failed"];

/** Submitting these makes a fact; shown again (200) they are pages like any other. The case of the names matters. */
const FACT_PAGES: ReadonlyMap<string, Facts> = new Map([
  ["Signup_POST", SIGNED_UP],
  ["signup_POST", SIGNED_UP],
  ["Confirm_POST", CONFIRMED],
  ["signup_confirm_POST", CONFIRMED],
  ["Confirm_With_Link_GET", CONFIRMED],
  ["confirmUser_GET", CONFIRMED],
  ["ResendCode_POST", ["user.confirmation_code_resent", "user.confirmation_code_resend_failed"]],
  ["ForgotPassword_POST", RESET_REQUESTED],
  ["forgotPassword_POST", RESET_REQUESTED],
  ["ConfirmForgotPassword_POST", RESET],
  ["ResetPassword_POST", RESET],
]);

const SESSION_ENDED: Facts = ["session.ended", "session.end_failed"];

/** Endpoints that have their fact whatever the status. */
const ENDPOINTS: ReadonlyMap<string, Facts> = new Map([
  ["Token_POST", ["token.issued", "token.issue_failed"]],
  ["Logout", SESSION_ENDED],
  ["SAML2Logout_POST", SESSION_ENDED],
]);

const REFRESHED: Facts = ["session.refreshed", "session.refresh_failed"];

/** Requests by GET that do something: the answer of an identity provider, and a link in a mail about a sign-in. */
const ACTING_GETS: ReadonlySet<string> = new Set(["OAuth2Response_GET", "Event_Feedback_GET"]);

const READING_POSTS: ReadonlySet<string> = new Set(["UserInfo_POST", "Login_Error_POST"]);

export function classifyHostedUi(action: string, parts: RecordParts): Classification {
  const outcome = outcomeOf(action, statusOf(parts));
  const facts = ENDPOINTS.get(action);
  if (facts !== undefined) return factual(isRefresh(action, parts) ? REFRESHED : facts, outcome);
  const pageFacts = FACT_PAGES.get(action);
  if (pageFacts !== undefined && outcome !== "unknown") return factual(pageFacts, outcome);
  return pageEvent(action, pageFacts === undefined && isRead(action), outcome);
}

function factual([fact, failed]: Facts, outcome: Outcome): Classification {
  return { type: TYPE_PREFIX + (outcome === "failure" ? failed : fact), outcome, read: false };
}

function pageEvent(action: string, read: boolean, outcome: Outcome): Classification {
  const done = read ? "viewed" : "submitted";
  const failed = read ? "view_failed" : "submit_failed";
  return {
    type: `${TYPE_PREFIX}hosted_ui.${pageOf(action)}_${outcome === "failure" ? failed : done}`,
    outcome,
    read,
  };
}

function isRead(action: string): boolean {
  return READING_POSTS.has(action) || (action.endsWith("_GET") && !ACTING_GETS.has(action));
}

/** `Beta_Authorize_GET` -> `authorize`. */
function pageOf(action: string): string {
  const start = action.startsWith("Beta_") ? "Beta_".length : 0;
  const end = action.endsWith("_GET") ? -"_GET".length : action.endsWith("_POST") ? -"_POST".length : undefined;
  return snakeCase(action.slice(start, end));
}

function isRefresh(action: string, { form }: RecordParts): boolean {
  return action === "Token_POST" && firstValue(member(form, "grant_type")) === "refresh_token";
}

/** A page that was accepted redirects; 200 shows it again, with or without a complaint. An endpoint answers 200. */
function outcomeOf(action: string, status: number | undefined): Outcome {
  if (status === undefined) return "unknown";
  if (status >= 400) return "failure";
  if (status >= 300) return "success";
  return status >= 200 && (ENDPOINTS.has(action) || action.startsWith("UserInfo_")) ? "success" : "unknown";
}

/** CloudTrail writes 302 and 200.0; forwarders that flatten records write "302". */
function statusOf({ additional }: RecordParts): number | undefined {
  const status = member(member(additional, "responseParameters"), "status");
  if (typeof status === "number") return status;
  return typeof status === "string" && /^\d{3}(\.0+)?$/.test(status) ? Number(status) : undefined;
}
