/**
 * Takes the declared members out of what a record shows. What is hidden, of another type than declared or not declared
 * at all is lost, and never more than that.
 */
import { isObject, type JsonObject, member } from "../core/json.ts";
import type { Member, Members } from "../events/members.ts";
import { cap } from "./extract/attribute-string.ts";
import { HIDDEN, text } from "./extract/text.ts";
import { utcTime } from "./extract/time.ts";

/** Keep an event well within what a broker or sink takes, whatever a caller wrote into a description. */
const MAX_TEXT_LENGTH = 2048;
const MAX_ITEMS = 200;
const MAX_ENTRIES = 100;
const MAX_KEY_LENGTH = 256;

const INTEGER = /^-?\d{1,15}$/;
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/** Undefined where nothing of what is declared is there. */
export function pickMembers(members: Members, source: unknown): object | undefined {
  if (!isObject(source)) return undefined;
  let picked: Record<string, unknown> | undefined;
  // Declarations are plain constants, and this runs for every record: no list of entries is made each time.
  for (const name in members) {
    const declared = members[name];
    if (declared === undefined || !Object.hasOwn(source, name)) continue;
    const value = pickValue(declared, source[name]);
    if (value === undefined) continue;
    picked ??= {};
    picked[name] = value;
  }
  return picked;
}

function pickValue(declared: Member, value: unknown): unknown {
  switch (declared) {
    case "text":
    case "username":
    case "contact":
      return cappedText(value);
    case "boolean":
      return booleanOf(value);
    case "integer":
      return numberOf(value, INTEGER, Number.isSafeInteger);
    case "number":
      return numberOf(value, NUMBER, Number.isFinite);
    case "time":
      return utcTime(value);
    case "texts":
      return items(value, cappedText);
    case "textMap":
      return isObject(value) ? textMap(value) : undefined;
    default:
      if ("object" in declared) return pickMembers(declared.object, value);
      return items(value, (item) => pickMembers(declared.list, item));
  }
}

function cappedText(value: unknown): string | undefined {
  const shown = text(value);
  return shown === undefined ? undefined : cap(shown, MAX_TEXT_LENGTH);
}

/** CloudTrail writes some flags and numbers as strings. */
function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  return value === "true" ? true : value === "false" ? false : undefined;
}

function numberOf(value: unknown, form: RegExp, fits: (number: number) => boolean): number | undefined {
  const number = typeof value === "string" && form.test(value) ? Number(value) : value;
  // Plus zero: JSON has no negative zero to give back.
  return typeof number === "number" && fits(number) ? number + 0 : undefined;
}

function items<T>(value: unknown, pick: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const picked: T[] = [];
  for (const item of value) {
    if (picked.length === MAX_ITEMS) break;
    const one = pick(item);
    if (one !== undefined) picked.push(one);
  }
  return picked.length === 0 ? undefined : picked;
}

/** An empty value stays: a tag may have none. */
function textMap(value: JsonObject): Readonly<Record<string, string>> | undefined {
  const picked: Record<string, string> = {};
  let count = 0;
  for (const key of Object.keys(value)) {
    if (count === MAX_ENTRIES) break;
    const content = member(value, key);
    if (!isKey(key) || typeof content !== "string" || content.includes(HIDDEN)) continue;
    picked[key] = cap(content, MAX_TEXT_LENGTH);
    count++;
  }
  return count === 0 ? undefined : picked;
}

function isKey(key: string): boolean {
  return key !== "" && key !== "__proto__" && key.length <= MAX_KEY_LENGTH && !key.includes(HIDDEN);
}
