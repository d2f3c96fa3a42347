/** Which events a subscription wants. */
import { decodeAttributes, type EncodedEvent, type EventAttributes } from "./event.ts";
import { type Filter, matches, matchesAll } from "./filter.ts";

/** Types of what poolcast tells of itself. They go only to subscriptions that ask for them. */
export const OWN_TYPE_PREFIX = "dev.poolcast.";

export function isWanted(filters: readonly Filter[], event: EncodedEvent): boolean {
  return areWanted(filters, decodeAttributes(event));
}

/** The same where the attributes are known already. */
export function areWanted(filters: readonly Filter[], attributes: EventAttributes): boolean {
  return matchesAll(filters, attributes) && (!isOwn(attributes) || filters.some((one) => asksForType(one, attributes)));
}

function isOwn({ type }: EventAttributes): boolean {
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
