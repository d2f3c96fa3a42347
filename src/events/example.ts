/** A valid example of each type, always the same. */
import type { EventData, Outcome } from "./event-data.ts";
import { EXAMPLE_TIME, exampleMembers } from "./example-values.ts";
import type { Members } from "./members.ts";
import { type EventTypeEntry, entryOf } from "./registry.ts";
import { SYNC_TRIGGER, TYPE_PREFIX } from "./type-prefix.ts";

export type ExampleEvent = Readonly<Record<string, unknown>>;

const ACCOUNT = "210987654321";
const POOL_ID = "eu-central-1_Kq3vX9TzP";
const POOL_ARN = `arn:aws:cognito-idp:eu-central-1:${ACCOUNT}:userpool/${POOL_ID}`;
const CLIENT_ID = "7h2v9k4m1q8s3d6f5g0j2l4n8p";
const SUB = "c0a8f5d2-5b1e-4f37-9a6d-2e7b41d09c83";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/shop-backend`;
const GROUP = "customers";
const ID = "d3a90000-7d1f-4c02-8e5a-000000000002";
const REQUEST_ID = "4be10000-7d1f-4c02-8e5a-000000000002";
const RECORDED_TIME = "2026-05-04T12:06:41.512Z";

/** What the acts of these resources are about. */
const OF_USERS = /^(?:user|session|password|mfa|device|passkey|risk|lambda_trigger|activity)\.|^group\.member_/;
const OF_CLIENTS = /^(?:session|token|client|client_secret|hosted_ui|activity)\./;

/** Undefined for a type that poolcast does not make. */
export function exampleOf(type: string, schemas?: string): ExampleEvent | undefined {
  const entry = entryOf(type);
  if (entry === undefined) return undefined;
  const example = usesCommonShape(entry) ? userPoolEvent(type, entry) : otherEvent(entry);
  return schemas === undefined ? example : { ...example, dataschema: schemas + type };
}

function usesCommonShape({ type, data }: EventTypeEntry): boolean {
  return type !== SYNC_TRIGGER && data === undefined;
}

function userPoolEvent(type: string, entry: EventTypeEntry): ExampleEvent {
  const name = type.slice(TYPE_PREFIX.length);
  const { action, request = {}, response = {} } = exemplary(entry);
  const outcome = outcomeOf(name, action);
  const { road, kind } = originOf(name);
  const user = OF_USERS.test(name) && !name.includes("client_credentials");
  const client = OF_CLIENTS.test(name);
  const group = name.startsWith("group.");
  return {
    specversion: "1.0",
    id: ID,
    source: POOL_ARN,
    type,
    subject: user ? `user/${SUB}` : group ? `group/${GROUP}` : client ? `client/${CLIENT_ID}` : `user_pool/${POOL_ID}`,
    time: EXAMPLE_TIME,
    datacontenttype: "application/json",
    action,
    outcome,
    road,
    partitionkey: user ? SUB : client ? CLIENT_ID : POOL_ID,
    userpoolid: POOL_ID,
    ...(client && { clientid: CLIENT_ID }),
    recordedtime: RECORDED_TIME,
    ...authContextOf(name, kind),
    data: {
      action,
      outcome,
      ...(outcome === "failure" && hasError(name) && { error: { code: "LimitExceededException" } }),
      userPool: { id: POOL_ID, arn: POOL_ARN, region: "eu-central-1", accountId: ACCOUNT },
      ...(client && { client: { id: CLIENT_ID } }),
      ...(user && { user: { sub: SUB } }),
      ...(group && { group: { name: GROUP } }),
      ...(kind === "cloudtrail" && { actor: actorOf(name) }),
      ...part("request", request, name),
      ...part("response", response, name),
      record: { kind, id: ID, requestId: REQUEST_ID },
    } satisfies EventData,
  };
}

interface Exemplary {
  readonly action: string;
  readonly request?: Members | undefined;
  readonly response?: Members | undefined;
}

/** Of several actions one that apps use; the members of others would not go together with it. */
function exemplary({ contributions, request, response }: EventTypeEntry): Exemplary {
  const chosen = contributions.find(({ actions }) => actions.includes("InitiateAuth")) ?? contributions[0];
  const [action = "unknown"] = chosen?.actions ?? [];
  return chosen === undefined ? { action, request, response } : { ...chosen, action };
}

/** Declared, and not together with what the type says. */
const ABSENT: Readonly<Record<string, readonly string[]>> = {
  "session.started": ["challengeName", "availableChallenges"],
  "session.refreshed": ["challengeName", "availableChallenges"],
  "session.challenged": ["authenticationResult"],
  "session.attempted": ["authenticationResult", "challengeName", "availableChallenges"],
};

function part(
  side: "request" | "response",
  members: Members,
  name: string,
): Readonly<{ [Side in typeof side]?: object }> {
  const absent = [...(ABSENT[name] ?? []), ...(name.startsWith("hosted_ui.") ? ["grantType", "idpIdentifier"] : [])];
  const values = exampleMembers(members, absent);
  if ("authFlow" in values && name.startsWith("session.refresh")) values.authFlow = "REFRESH_TOKEN_AUTH";
  if ("status" in values && isPage(name) && name.endsWith("_failed")) values.status = 400;
  return Object.keys(values).length === 0 ? {} : { [side]: values };
}

function outcomeOf(name: string, action: string): Outcome {
  if (/failed$/.test(name)) return "failure";
  if (name === "session.challenged") return "challenge";
  if (name === "session.attempted" || name.endsWith("_in_progress")) return "unknown";
  return name.startsWith("lambda_trigger.") && !action.startsWith("Post") ? "unknown" : "success";
}

function originOf(name: string): { readonly road: string; readonly kind: "cloudtrail" | "trigger" | "log" } {
  if (name.startsWith("lambda_trigger.")) return { road: "trigger", kind: "trigger" };
  if (/^(activity|notification)\./.test(name)) return { road: "log", kind: "log" };
  return { road: "eventbridge", kind: "cloudtrail" };
}

/** Pages fail by their status, not with an error. */
function hasError(name: string): boolean {
  return !/^(hosted_ui|activity|notification)\./.test(name);
}

function isPage(name: string): boolean {
  return name.startsWith("hosted_ui.") || name.startsWith("session.end");
}

function authContextOf(name: string, kind: string): { readonly authtype: string; readonly authid?: string } {
  if (/^session\.(started|refreshed)$/.test(name)) return { authtype: "app_user", authid: SUB };
  if (kind !== "cloudtrail" || isPage(name)) return { authtype: "unknown" };
  return isSignIn(name) ? { authtype: "unauthenticated" } : { authtype: "service_account", authid: ROLE };
}

function actorOf(name: string): NonNullable<EventData["actor"]> {
  const from = { sourceIp: "198.51.100.91", userAgent: "okhttp/4.12.0" };
  if (isPage(name)) return { accountId: ACCOUNT, ...from };
  if (isSignIn(name)) return { type: "Unknown", principalId: "Anonymous", ...from };
  return {
    type: "AssumedRole",
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/shop-backend/worker`,
    accountId: ACCOUNT,
    principalId: "AROAEXAMPLEEXAMPLE00:worker",
    ...from,
  };
}

function isSignIn(name: string): boolean {
  return /^(?:session\.(?:start|challenged|attempted|refresh)|user\.sign|token\.)/.test(name);
}

function otherEvent({ type, data }: EventTypeEntry): ExampleEvent {
  const core = { specversion: "1.0", id: ID, type, datacontenttype: "application/json", recordedtime: RECORDED_TIME };
  if (data !== undefined) return { ...core, source: "/poolcast", time: EXAMPLE_TIME, data: exampleMembers(data) };
  return {
    ...core,
    source: POOL_ARN,
    subject: POOL_ID,
    time: RECORDED_TIME,
    data: {
      Attributes: [
        { Name: "sub", Value: SUB },
        { Name: "email", Value: "mia@example.com" },
      ],
      Enabled: true,
      MFAOptions: null,
      UserCreateDate: EXAMPLE_TIME,
      UserLastModifiedDate: EXAMPLE_TIME,
      UserStatus: "CONFIRMED",
      Username: "mia",
    },
  };
}
