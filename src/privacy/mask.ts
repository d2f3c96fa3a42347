/** Values of which a person can still tell roughly what they were. */
import { parseAddress } from "../core/ip.ts";
import { contactKindOf } from "./patterns.ts";

export const STARS = "***";
/** Of a text as short as this, its first character would tell too much. */
const SHORT = 5;
/** The end of a number is shown as AWS does, but never most of it. */
const SHOWN_DIGITS = 4;
const LONG_NUMBER = 9;

/**
 * `m***@example.com`, `+***4567`, `203.0.113.0/24`, `2001:db8:85a3::/48`; of any other text its first character, or
 * nothing where it has five or fewer.
 */
export function mask(value: string): string {
  const kind = contactKindOf(value);
  if (kind === "phone") return maskPhone(value);
  if (kind === "ip") return maskAddress(value);
  const at = value.lastIndexOf("@");
  if (at > 0) return `${firstOf(value)}${STARS}${value.slice(at)}`;
  return value.length > SHORT ? `${firstOf(value)}${STARS}` : STARS;
}

function firstOf(value: string): string {
  return String.fromCodePoint(value.codePointAt(0) ?? 0);
}

function maskPhone(value: string): string {
  const digits = value.replaceAll(/\D/g, "");
  const shown = digits.length >= LONG_NUMBER ? SHOWN_DIGITS : SHOWN_DIGITS / 2;
  return `+${STARS}${digits.slice(-shown)}`;
}

/** The network: a house is not told from its neighbours. */
function maskAddress(value: string): string {
  const bytes = parseAddress(value) ?? [];
  if (bytes.length === 4) return `${bytes.slice(0, 3).join(".")}.0/24`;
  const groups = [0, 2, 4].map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return `${groups.join(":")}::/48`;
}
