/** Which events a subscription wants. */
import type { EventAttributes } from "./event.ts";
import { type AttributeMap, type Filter, matches, matchesAll } from "./filter.ts";

/** Types of what poolcast tells of itself. They go only to subscriptions that ask for them. */
export const OWN_TYPE_PREFIX = "dev.poolcast.";

export function areWanted(filters: readonly Filter[], attributes: EventAttributes): boolean {
  return matchesAll(filters, attributes) && (!isOwn(attributes) || filters.some((one) => asksForType(one, attributes)));
}

/**
 * The same where the type alone is known: what it comes to for every event of that type, or undefined where that
 * depends on the rest of the event.
 */
export function areWantedByType(filters: readonly Filter[], type: string): boolean | undefined {
  const asked = isOwn({ type }) ? or(filters.map((one) => asksByType(one, type))) : true;
  return and([...filters.map((one) => matchesByType(one, type)), asked]);
}

function isOwn({ type }: Pick<EventAttributes, "type">): boolean {
  return type.startsWith(OWN_TYPE_PREFIX);
}

/** True where a condition on the type itself lets the event in: one that says what it is not asks for nothing. */
function asksForType(filter: Filter, attributes: EventAttributes): boolean {
  if ("not" in filter) return false;
  if ("all" in filter) return filter.all.some((one) => asksForType(one, attributes));
  if ("any" in filter) return filter.any.some((one) => matches(one, attributes) && asksForType(one, attributes));
  const wanted = "exact" in filter ? filter.exact : "prefix" in filter ? filter.prefix : filter.suffix;
  return Object.hasOwn(wanted, "type") && wanted.type !== "" && matches(filter, attributes);
}

function asksByType(filter: Filter, type: string): boolean | undefined {
  if ("not" in filter) return false;
  if ("all" in filter) return or(filter.all.map((one) => asksByType(one, type)));
  if ("any" in filter) return or(filter.any.map((one) => and([matchesByType(one, type), asksByType(one, type)])));
  const wanted = "exact" in filter ? filter.exact : "prefix" in filter ? filter.prefix : filter.suffix;
  return Object.hasOwn(wanted, "type") && wanted.type !== "" ? matchesByType(filter, type) : false;
}

/** `matches`, where all but the type is unknown. */
function matchesByType(filter: Filter, type: string): boolean | undefined {
  if ("exact" in filter) return everyKnown(filter.exact, (wanted) => type === wanted);
  if ("prefix" in filter) return everyKnown(filter.prefix, (wanted) => type.startsWith(wanted));
  if ("suffix" in filter) return everyKnown(filter.suffix, (wanted) => type.endsWith(wanted));
  if ("all" in filter) return and(filter.all.map((one) => matchesByType(one, type)));
  if ("any" in filter) return or(filter.any.map((one) => matchesByType(one, type)));
  const matched = matchesByType(filter.not, type);
  return matched === undefined ? undefined : !matched;
}

function everyKnown(wanted: AttributeMap, test: (wanted: string) => boolean): boolean | undefined {
  return and(Object.entries(wanted).map(([name, text]) => (name === "type" ? test(text) : undefined)));
}

function and(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.includes(false)) return false;
  return values.includes(undefined) ? undefined : true;
}

function or(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.includes(true)) return true;
  return values.includes(undefined) ? undefined : false;
}
