/** A user as the pool shows him, into an event whose record shows him in part. Pure. */
import type { UserData } from "../../events/event-data.ts";
import { TYPE_PREFIX } from "../../events/type-prefix.ts";
import type { MappedEvent, UserSnapshot } from "../../mappers/index.ts";
import type { UserMembers } from "./pool-directory.ts";

/** Whether the pool could tell more than the record does. */
export function lacksMembers(user: UserData, members: UserMembers): boolean {
  if (user.username === undefined) return true;
  if (members === "username") return false;
  const { status, enabled, attributes, createdAt, modifiedAt } = user;
  return [status, enabled, attributes, createdAt, modifiedAt].includes(undefined);
}

/** What the record shows stays. Nothing that a subscription can be ordered or addressed by changes. */
export function fillUser(event: MappedEvent, known: Partial<UserSnapshot>): MappedEvent {
  const shown = event.data.user;
  const attributes = known.attributes && { attributes: { ...known.attributes, ...shown?.attributes } };
  return { ...event, data: { ...event.data, user: { ...known, ...shown, ...attributes } } };
}

/** All that is kept of a user where nobody wants more. */
export function nameOf({ sub, username }: UserSnapshot): UserSnapshot {
  return { sub, ...(username !== undefined && { username }) };
}

/** What is said of a user by these leaves him as he was. */
const HARMLESS: ReadonlySet<string> = new Set(["session", "token", "read", "hosted_ui", "activity", "notification"]);

/** The answer to the challenge NEW_PASSWORD_REQUIRED confirms the user and may set attributes. */
const ANSWERS: ReadonlySet<unknown> = new Set(["RespondToAuthChallenge", "AdminRespondToAuthChallenge"]);

/** Whether what was known of the user before may no longer hold. */
export function changesUser({ data, attributes }: MappedEvent): boolean {
  if (data.outcome === "failure") return false;
  const [resource = ""] = attributes.type.slice(TYPE_PREFIX.length).split(".");
  return !HARMLESS.has(resource) || ANSWERS.has(data.action);
}

export function deletesUser({ data, attributes }: MappedEvent): boolean {
  return attributes.type === `${TYPE_PREFIX}user.deleted` && data.outcome === "success";
}
