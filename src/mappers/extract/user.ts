import { member } from "../../core/json.ts";
import type { UserData } from "../../events/event-data.ts";
import type { Mutable } from "../mutable.ts";
import type { RecordParts } from "../record-parts.ts";
import { firstValue, identifier, text } from "./text.ts";
import { utcTime } from "./time.ts";
import { userAttributes } from "./user-attributes.ts";

/** The user whom the act is about, as far as CloudTrail shows him; undefined where it shows nothing. */
export function userData({ request, response, additional, form }: RecordParts): UserData | undefined {
  const shown = member(response, "user");
  const shownAttributes = userAttributes(member(shown, "attributes"));
  const user: Mutable<UserData> = {};

  const sub =
    identifier(member(additional, "sub")) ??
    identifier(member(response, "userSub")) ??
    identifier(member(shown, "sub")) ??
    identifier(shownAttributes?.sub) ??
    identifier(firstValue(member(form, "sub")));
  if (sub !== undefined) user.sub = sub;

  const username =
    identifier(member(request, "username")) ??
    identifier(member(shown, "username")) ??
    identifier(firstValue(member(form, "username")));
  if (username !== undefined) user.username = username;

  const status = text(member(shown, "userStatus"));
  if (status !== undefined) user.status = status;

  const enabled = member(shown, "enabled");
  if (typeof enabled === "boolean") user.enabled = enabled;

  const asked = userAttributes(member(request, "userAttributes"));
  // What the response shows is what came of it.
  const attributes = asked && shownAttributes ? { ...asked, ...shownAttributes } : (shownAttributes ?? asked);
  if (attributes !== undefined) user.attributes = attributes;

  const createdAt = utcTime(member(shown, "userCreateDate"));
  if (createdAt !== undefined) user.createdAt = createdAt;

  const modifiedAt = utcTime(member(shown, "userLastModifiedDate"));
  if (modifiedAt !== undefined) user.modifiedAt = modifiedAt;

  return Object.keys(user).length === 0 ? undefined : user;
}
