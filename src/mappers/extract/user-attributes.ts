import { isObject, member } from "../../core/json.ts";
import { HIDDEN } from "./text.ts";

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AttributeType.html */
const NAME = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,32}$/u;

/** Would reach into the prototype of whoever copies the attributes member by member. */
const UNSAFE: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** A user's attributes, written as the API's list of name and value or as a map; undefined where none is visible. */
export function userAttributes(value: unknown): Readonly<Record<string, string>> | undefined {
  const attributes: Record<string, string> = {};
  let found = false;
  for (const [name, content] of entries(value)) {
    const string = attributeValue(content);
    if (!isName(name) || string === undefined) continue;
    attributes[name] = string;
    found = true;
  }
  return found ? attributes : undefined;
}

/** Their names alone, also of those whose value is hidden; a name that is hidden itself is not. */
export function userAttributeNames(value: unknown): readonly string[] {
  return entries(value)
    .map(([name]) => name)
    .filter(isName);
}

function entries(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) {
    return value.map((one: unknown) => [
      member(one, "name") ?? member(one, "Name"),
      member(one, "value") ?? member(one, "Value"),
    ]);
  }
  return isObject(value) ? Object.entries(value) : [];
}

function isName(name: unknown): name is string {
  return typeof name === "string" && NAME.test(name) && !UNSAFE.has(name) && !name.includes(HIDDEN);
}

/** Cognito stores strings alone; an empty one is an attribute that was cleared. */
function attributeValue(value: unknown): string | undefined {
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  return typeof value === "string" && !value.includes(HIDDEN) ? value : undefined;
}
