/** Reading strings out of a record: what AWS hid counts as missing. */
import { attributeString } from "./attribute-string.ts";

/**
 * CloudTrail writes this in place of a value, and of a whole map or list.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-info-in-cloudtrail.html
 */
export const HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS";

/** A string that says something. */
export function text(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  return value.length >= HIDDEN.length && value.includes(HIDDEN) ? undefined : value;
}

/** A string that names something, fit to stand in a context attribute too, so that data and attributes agree. */
export function identifier(value: unknown): string | undefined {
  const shown = text(value);
  // Asked again: what cleaning leaves may be empty, or the marker.
  return shown === undefined ? undefined : text(attributeString(shown));
}

/** The first value of a hosted page's field; CloudTrail writes a list even for one. */
export function firstValue(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

/** A member counts as present even where its value is hidden. */
export function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}
