/** E-mail addresses, phone numbers and IP addresses by their form, alone or in a text. */
import { parseAddress } from "../core/ip.ts";

export type ContactKind = "email" | "phone" | "ip";

/** Neither within a word nor within a percent-encoded character, but behind one. */
const BEFORE = String.raw`(?:(?<![\p{L}\p{N}])|(?<=%[\da-f]{2}))`;

/**
 * Of what may stand before the at sign only what is no mark of a URL: rarer addresses are found where a member shows
 * them. A star is none: what is masked already stays.
 */
const EMAIL = String.raw`(?<!%(?=[\da-f]{2})|%[\da-f](?=[\da-f]))(?:[\p{L}\p{N}.!$+_~-]|%2B)+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]*\p{L}`;
/** E.164 as Cognito has it, also with the separators that people write. */
const PHONE = String.raw`${BEFORE}(?:\+|%2B)\(?\d(?:[\s()./-]{0,2}\d){6,14}(?!\d)`;
/** Not behind a slash, where user agents have versions of four parts, but behind that of a URL. */
const IPV4 = String.raw`(?<![\p{L}\p{N}_.-]|(?<!\/)\/)\d{1,3}(?:\.\d{1,3}){3}(?![\p{L}\p{N}_-]|\.\d)`;
const IPV6 = String.raw`(?<![\p{L}\p{N}_:.])(?=[\da-f:.]*:[\da-f.]*:)[\da-f:]+(?:\.\d{1,3}){0,3}(?![\p{L}\p{N}_])`;

interface Form {
  /** Where this is not, the other cannot be. Cheaper than it. */
  readonly trace: RegExp;
  readonly within: RegExp;
  readonly whole: RegExp;
}

function form(trace: RegExp, source: string): Form {
  return { trace, within: new RegExp(source, "giu"), whole: new RegExp(`^(?:${source})$`, "iu") };
}

const FORMS: Readonly<Record<ContactKind, Form>> = {
  email: form(/@|%40/, EMAIL),
  phone: form(/(?:\+|%2B)\(?\d/i, PHONE),
  ip: form(/\d\.\d+\.\d|:[\da-f.]*:/i, `${IPV4}|${IPV6}`),
};

const KINDS: readonly ContactKind[] = ["email", "phone", "ip"];

/** What the whole text is. */
export function contactKindOf(text: string): ContactKind | undefined {
  return KINDS.find((kind) => {
    const { trace, whole } = FORMS[kind];
    return trace.test(text) && whole.test(text) && isReally(kind, text);
  });
}

/** Where in the text, from offset to offset. */
export function findContacts(
  kind: ContactKind,
  text: string,
): readonly { readonly start: number; readonly end: number }[] {
  const { trace, within } = FORMS[kind];
  if (!trace.test(text)) return [];
  const found = [];
  for (const { 0: match, index } of text.matchAll(within)) {
    if (isReally(kind, match)) found.push({ start: index, end: index + match.length });
  }
  return found;
}

/** A time of day has colons too. */
function isReally(kind: ContactKind, text: string): boolean {
  return kind !== "ip" || (text !== "::" && parseAddress(text) !== undefined);
}

/** As Cognito would write what was found in a text: the same value is to become the same hash wherever it stands. */
export function canonical(kind: ContactKind, found: string): string {
  switch (kind) {
    case "email":
      return found.includes("%") ? percentDecoded(found) : found;
    case "phone":
      return `+${found.replace(/^%2B/i, "").replaceAll(/\D/g, "")}`;
    case "ip":
      return found;
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(/%40/g, "@");
  }
}
