/** Taking persons out of a text that somebody wrote freely. */

const MASK = "***";

/** What lies between characters that no unquoted e-mail address has (RFC 5322, atext). */
const WORD = /[^\s()<>[\]:;\\,"]+/g;

const AT = /@|%40/i;

/** Kept: ids that join an event to others. */
const UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}";

const NUMBER = String.raw`\+?\(?\d[\d\s()./\p{Pd}]*\d`;

const UUID_OR_NUMBER = new RegExp(`(${UUID})|${NUMBER}`, "giu");

/** A phone number has more digits (E.164: 7 to 15); verification codes have six. */
const MIN_DIGITS = 6;

/** Without anything that looks like an e-mail address, a phone number or a code. Rather too much than too little. */
export function maskPersons(text: string): string {
  return text
    .replace(WORD, (word) => (AT.test(word) ? MASK : word))
    .replace(UUID_OR_NUMBER, (found, uuid) => (uuid === undefined && digitsOf(found) >= MIN_DIGITS ? MASK : found));
}

function digitsOf(text: string): number {
  let digits = 0;
  for (const character of text) if (character >= "0" && character <= "9") digits += 1;
  return digits;
}
