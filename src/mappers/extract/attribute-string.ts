/**
 * What a CloudEvents attribute of type String may hold: no control characters, lone surrogates or noncharacters.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system
 */

/** More than any name in Cognito is long; keeps binary-mode headers within what HTTP servers take. */
export const MAX_ATTRIBUTE_LENGTH = 512;

/** The value without the characters that an attribute may not hold; possibly empty. */
export function attributeString(value: string): string {
  return isPlain(value) ? value : cap(value.slice(0, MAX_ATTRIBUTE_LENGTH * 2).replace(FORBIDDEN, ""));
}

/** Cut to the greatest length, never through the middle of a character. */
export function cap(value: string, length: number = MAX_ATTRIBUTE_LENGTH): string {
  if (value.length <= length) return value;
  const last = value.charCodeAt(length - 1);
  return value.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

// Cc: C0, DEL and C1. Cs: with the flag u only a surrogate that stands alone.
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** Nearly every value is short printable ASCII, and this loop is cheaper than the pattern. */
function isPlain(value: string): boolean {
  if (value.length > MAX_ATTRIBUTE_LENGTH) return false;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
