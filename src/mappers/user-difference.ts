/**
 * Two looks at a user in, the event between them out. What happened in between and has no trace in ListUsers stays
 * unseen; several changes between two looks are one event.
 */
import { USERS_POLL } from "../events/catalog/users-poll.ts";
import type { ChangeData, EventData } from "../events/event-data.ts";
import { TYPE_PREFIX } from "./classification.ts";
import { eventAttributes } from "./event-attributes.ts";
import { configuredPlace } from "./extract/pool-place.ts";
import { utcTime } from "./extract/time.ts";
import type { MappedEvent } from "./mapping.ts";
import type { UserSnapshot } from "./user-snapshot.ts";

export interface UserDifferenceContext {
  /** ARN of the pool looked at. */
  readonly poolArn: string;
  /** When it was looked at last: the time of what has no other. */
  readonly time: string;
  /** Makes the event's id; never empty. */
  readonly hash: (text: string) => string;
  /** What was told of the user by other means since he was looked at last: it is not told again. */
  readonly announced?: ReadonlySet<UserChange> | undefined;
}

export type UserChange = keyof typeof USERS_POLL;

const ACTION = "ListUsers";

/** Undefined stands for a user who is not there; the answer is undefined where nothing differs. */
export function mapUserDifference(
  before: UserSnapshot | undefined,
  after: UserSnapshot | undefined,
  context: UserDifferenceContext,
): MappedEvent | undefined {
  const user = after ?? before;
  if (user === undefined) return undefined;
  // Of a user who came or went every member differs, and the user tells them all.
  const changes = before && after ? changesBetween(before, after) : [];
  const kind = kindOf(before, after, changes, context.announced);
  if (kind === undefined) return undefined;

  const { source, userPool } = configuredPlace(context.poolArn);
  const modifiedAt = after === undefined ? undefined : utcTime(after.modifiedAt);
  const attributes = eventAttributes({
    id: context.hash(JSON.stringify([user.sub, kind, after === undefined ? null : stateOf(after)])),
    source,
    type: TYPE_PREFIX + USERS_POLL[kind].type,
    time: modifiedAt ?? utcTime(context.time),
    action: ACTION,
    outcome: "success",
    road: "users",
    poolId: userPool.id,
    clientId: undefined,
    user: user.sub,
    group: undefined,
    // The user shows what changed, never who changed it.
    auth: { authtype: "unknown" },
  });
  const data: EventData = {
    action: ACTION,
    outcome: "success",
    userPool,
    user,
    ...(changes.length > 0 && { changes }),
    record: { kind: "user", id: user.sub },
  };
  return { kind: "event", attributes, data };
}

const NOTHING: ReadonlySet<UserChange> = new Set();

function kindOf(
  before: UserSnapshot | undefined,
  after: UserSnapshot | undefined,
  changes: readonly ChangeData[],
  announced = NOTHING,
): UserChange | undefined {
  if (before === undefined) return announced.has("created") ? undefined : "created";
  if (after === undefined) return announced.has("deleted") ? undefined : "deleted";
  const facts = changes.map(factOf);
  const news = FACTS.find((fact) => facts.includes(fact) && !announced.has(fact));
  if (news !== undefined) return news;
  const told = facts.some((fact) => fact !== undefined && announced.has(fact));
  // Whatever changes a user moves the time of his modification too.
  const rest = changes.filter(({ path }, at) => facts[at] === undefined && !(told && path === "modifiedAt"));
  return rest.length > 0 ? "updated" : undefined;
}

/** The first that fits is the kind. */
const FACTS = ["disabled", "enabled", "confirmed"] as const;

function factOf({ path, to }: ChangeData): (typeof FACTS)[number] | undefined {
  if (path === "enabled" && typeof to === "boolean") return to ? "enabled" : "disabled";
  return path === "status" && to === "CONFIRMED" ? "confirmed" : undefined;
}

/**
 * The time of the last modification counts too: where it is all that differs, something changed that ListUsers does
 * not show, such as the password.
 */
function changesBetween(before: UserSnapshot, after: UserSnapshot): readonly ChangeData[] {
  const from = new Map(stateOf(before));
  const to = new Map(stateOf(after));
  const paths = new Set([...from.keys(), ...to.keys()]);
  return [...paths].toSorted().flatMap((path) => change(path, from.get(path), to.get(path)));
}

function change(path: string, from: Value | undefined, to: Value | undefined): readonly ChangeData[] {
  if (from === to) return [];
  return [{ path, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
}

type Value = string | boolean;

/** All that can change about a user, by path, in an order that does not depend on how AWS happened to list it. */
function stateOf(user: UserSnapshot): readonly (readonly [path: string, value: Value])[] {
  const { username, status, enabled, attributes, modifiedAt } = user;
  const state: Readonly<Record<string, Value | undefined>> = { username, status, enabled, modifiedAt };
  const named = Object.entries(attributes ?? {}).map(([name, value]) => [`attributes.${name}`, value] as const);
  return [...Object.entries(state), ...named]
    .flatMap(([path, value]) => (value === undefined ? [] : [[path, value] as const]))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}
