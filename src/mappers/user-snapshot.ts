/** A user as one look at the pool shows him. */
import { member } from "../core/json.ts";
import type { UserData } from "../events/event-data.ts";
import { identifier, text } from "./extract/text.ts";
import { utcTime } from "./extract/time.ts";
import { userAttributes } from "./extract/user-attributes.ts";

/** Plain JSON, to be kept until the next look. */
export type UserSnapshot = Omit<UserData, "sub" | "groups"> & { readonly sub: string };

/**
 * Of an item of ListUsers, as the wire or the SDK writes it. Undefined without a sub: a username can be given again to
 * somebody else.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserType.html
 */
export function toUserSnapshot(item: unknown): UserSnapshot | undefined {
  const attributes = userAttributes(member(item, "Attributes"));
  const sub = identifier(attributes?.sub);
  if (sub === undefined) return undefined;
  const username = identifier(member(item, "Username"));
  const status = text(member(item, "UserStatus"));
  const enabled = member(item, "Enabled");
  const createdAt = awsTime(member(item, "UserCreateDate"));
  const modifiedAt = awsTime(member(item, "UserLastModifiedDate"));
  return {
    sub,
    ...(username !== undefined && { username }),
    ...(status !== undefined && { status }),
    ...(typeof enabled === "boolean" && { enabled }),
    ...(attributes && { attributes }),
    ...(createdAt !== undefined && { createdAt }),
    ...(modifiedAt !== undefined && { modifiedAt }),
  };
}

/** RFC 3339, whether it came as the SDK's Date, as the wire's seconds, or as text. */
export function awsTime(value: unknown): string | undefined {
  if (!(value instanceof Date)) return utcTime(value);
  // An invalid date throws when it is written.
  return Number.isNaN(value.getTime()) ? undefined : utcTime(value.toISOString().replace(".000Z", "Z"));
}
